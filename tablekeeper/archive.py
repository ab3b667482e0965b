"""Opens an archive: config, environment, hub, vault and connections, wired into an engine."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jobs.mail import Mailer
from jobs.restore_marker import require_installed, require_resumed
from sync.airtable.connection import AirtableConnection
from sync.config import ReplicaConfig
from sync.connection import Connection
from sync.engine import Engine, Replica
from sync.lease import lease
from sync.retry import Gate
from sync.sheets.connection import SheetsConnection
from sync.store.hub import Hub
from tablekeeper.config import Config
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.environment import Environment, needed, variable
from tablekeeper.stores import stores
from validators.references import Problem
from vault.vault import Vault

GOOGLE = "google"
"""What the account that all spreadsheets share is called in errors."""
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Archive:
    """Everything a command works with."""

    config: Config
    environment: Environment
    hub: Hub
    vault: Vault
    engine: Engine

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Work on the tables alone. Raises LeaseTaken, VaultInUse when another archive's daemon has this vault, ArchivePaused."""
        require_resumed(self.environment.home)
        with lease(self.environment.home), self.vault.store.lease():
            yield

    def link(self, table: str, uid: str) -> str | None:
        """Where a person sees this record: its row in the first replica that has it.

        Reads beside a unit that may be open already, so it must not wait for one.
        """
        with self.hub.reading() as unit:
            for replica in self.engine.replicas:
                state = unit.seen.get_many(replica.name, table, [uid]).get(uid)
                if state and (url := replica.connection.url(table, state.row_id, state.position)):
                    return url
        return None

    def mailer(self) -> Mailer:
        """The mail server of the environment. Raises ConfigProblems when none is named, or not as one."""
        return mailer(self.config, self.environment)


def mailer(config: Config, environment: Environment) -> Mailer:
    """The mail server of the environment. Raises ConfigProblems when none is named, or not as one."""
    environment.require("smtp_url")
    assert environment.smtp_url is not None
    url = environment.smtp_url.get_secret_value()
    try:
        return Mailer(url, sender=config.mail.sender, name=config.archive.name)
    except ValueError as error:
        raise ConfigProblems([Problem(variable("smtp_url"), str(error))]) from None


def vault_url(home: Path) -> str:
    """Where the vault of an archive lies that keeps it in its folder."""
    return stores(home).vault


def hub_url(home: Path) -> str:
    """Where the hub of an archive lies that keeps it in its folder."""
    return stores(home).hub


def private_folder(home: Path) -> Path:
    """The archive's folder, made for its owner alone."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


@contextmanager
def open_archive(
    config: Config,
    environment: Environment,
    *,
    clock: Clock = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    wrap: Callable[[Connection], Connection] = lambda connection: connection,
    home: Path | None = None,
    calling: bool = True,
) -> Iterator[Archive]:
    """Open an archive for the time of the block; unless `calling`, nobody asks its services, and it takes no credentials.

    Raises ConfigProblems, VaultError, ServiceError.
    """
    served = environment.served(config.sync)
    environment.require("passphrase", *(needed(served) if calling else ()))
    folder = private_folder(home or environment.home)
    require_installed(folder)
    lying = stores(folder) if home else environment.stores(config.store)
    vault = Vault.open(lying.vault, environment.root_key(), config=config.vault, clock=clock)
    try:
        hub = Hub(lying.hub, config)
        try:
            gate = Gate(GOOGLE, clock=clock, sleep=sleep)
            replicas = tuple(
                Replica(wrap(connect(config, environment, replica, hub, clock, sleep, gate)), replica, config)
                for replica in served.replicas
            )
            engine = Engine(
                schema=config,
                config=config.sync,
                hub=hub,
                vault=vault,
                masks=config.masks,
                replicas=replicas,
                clock=clock,
                random_bits=secrets.randbits,
                zone=ZoneInfo(config.archive.timezone),
                desk_url=config.archive.desk_url or "",
            )
            yield Archive(config, environment, hub, vault, engine)
        finally:
            hub.close()
    finally:
        vault.close()


def connect(
    config: Config,
    environment: Environment,
    replica: ReplicaConfig,
    hub: Hub,
    clock: Clock = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    gate: Gate | None = None,
) -> Connection:
    """The connection of one replica; calls nobody yet. Before it is to, the environment must have what it needs: see `needed`.

    `gate` stands before all spreadsheets of the one Google account, which share its limits.
    """
    place = environment.place_of(replica) or ""
    bindings = hub.bindings(replica.name)
    if replica.service == "airtable":
        token = environment.airtable_token
        return AirtableConnection(
            name=replica.name,
            schema=config,
            config=replica,
            url=environment.airtable_url,
            token=token.get_secret_value() if token else "",
            base_id=place,
            bindings=bindings,
            clock=clock,
            sleep=sleep,
            archive_name=config.archive.name,
        )
    return SheetsConnection(
        name=replica.name,
        schema=config,
        config=replica,
        url=environment.google_url,
        credentials_file=environment.google_credentials or Path(),
        spreadsheet_id=place,
        bindings=bindings,
        clock=clock,
        sleep=sleep,
        gate=gate,
    )
