"""Everything that can be wrong with an archive before it works, found in one go: a fault in one part hides none in another."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from jobs.calendar import Calendar
from jobs.files import Files
from jobs.letters import unread
from jobs.mail import MailUnavailable
from jobs.people import read_people
from sync.config import ReplicaConfig, SyncConfig
from sync.connection import Change
from sync.effects import Effect, effects
from sync.errors import ServiceError
from sync.reconfigure import refusals, remembered
from sync.shape import Shape
from sync.store.hub import Hub
from tablekeeper.archive import mailer
from tablekeeper.cli.explain import explain
from tablekeeper.cli.opening import connections, open_vault
from tablekeeper.config import Config, load
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.environment import Environment
from tablekeeper.stores import is_missing
from tablekeeper.yaml_document import read_yaml
from vault.errors import VaultError
from vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: in which part, what, and how it is mended."""

    part: str
    what: str
    mend: str = ""


@dataclass(slots=True)
class Probe:
    """What was found. `setup` says, by replica, what `tablekeeper setup` would do."""

    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    setup: dict[str, list[Change]] = field(default_factory=dict)
    config: Config | None = None
    environment: Environment | None = None
    openable: bool = True
    """Whether vault and services answered, so that a cycle can be rehearsed."""


def probe(path: Path) -> Probe:
    """Look at config, environment, vault, services and mail server; change nothing."""
    found = Probe()
    with _noting(found, "config"):
        found.config = load(path)
    with _noting(found, "environment"):
        found.environment = Environment.read()
    if found.environment is None:
        return found
    # With a config that cannot be used, the services can still tell whether they let us in.
    config = found.config or stand_in(path)
    _probe_vault(found, config, found.environment)
    for replica in found.environment.served(config.sync).replicas:
        _probe_replica(found, config, found.environment, replica)
    for name, variable in found.environment.unserved(config.sync).items():
        mend = "set it to the id of the spreadsheet or base when the department gets one"
        found.notes.append(Finding(name, f"not served: {variable} is not set", mend))
    _probe_mail(found, config, found.environment)
    found.notes += [*_calendar(config), *_readers(found, found.environment)]
    _probe_change(found, found.environment)
    return found


def config_effects(found: Probe) -> list[Effect]:
    """What the config would do to the archive as it stands, in numbers; nothing where it was never worked with."""
    if found.config is None or found.environment is None:
        return []
    with _hub_of(found.config, found.environment) as hub:
        old = remembered(hub) if hub else None
        if hub is None or old is None:
            return []
        today = datetime.now(ZoneInfo(found.config.archive.timezone)).date()
        with hub.reading() as unit:
            return effects(unit, old, Shape(found.config, found.config.sync.replicas), today)


def _probe_change(found: Probe, environment: Environment) -> None:
    """Whether the daemon would take over this config."""
    if found.config is None:
        return
    with _hub_of(found.config, environment) as hub:
        old = remembered(hub) if hub else None
        if old is None:
            return
        with _vault_of(found.config, environment) as vault:
            refused = refusals(old, found.config, vault)
    found.problems += [Finding("config", refusal) for refusal in refused]
    found.openable = found.openable and not refused


@contextmanager
def _vault_of(config: Config, environment: Environment) -> Iterator[Vault | None]:
    """The vault; None where it does not open, which is a problem of its own."""
    try:
        vault = open_vault(config, environment)
    except (VaultError, ConfigProblems):
        yield None
        return
    try:
        yield vault
    finally:
        vault.close()


@contextmanager
def _hub_of(config: Config, environment: Environment) -> Iterator[Hub | None]:
    """The hub, where there is one already."""
    url = environment.stores(config.store).hub
    if is_missing(url):
        yield None
        return
    hub = Hub(url, config)
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def _noting(found: Probe, part: str) -> Iterator[None]:
    """What is raised inside becomes a finding; every line of a report of the config its own."""
    try:
        yield
    except ConfigProblems as problems:
        found.problems += [Finding(part, problems.describe(each)) for each in problems.problems]
        found.openable = False
    except (VaultError, ServiceError, DBAPIError, OSError) as error:
        told = explain(error)
        found.problems.append(Finding(part, told.message.removeprefix(f"{part}: "), told.advice))
        found.openable = False


def _probe_vault(found: Probe, config: Config, environment: Environment) -> None:
    with _noting(found, "vault"):
        open_vault(config, environment).close()


def _probe_replica(found: Probe, config: Config, environment: Environment, replica: ReplicaConfig) -> None:
    alone = config.model_copy(update={"sync": config.sync.model_copy(update={"replicas": (replica,)})})
    with (
        _noting(found, replica.name),
        connections(alone, environment, looking=True) as (connection,),
    ):
        changes = list(connection.setup(dry_run=True))
        if found.config is not None:
            found.setup[replica.name] = changes
            found.problems += _lacks(replica.name, [change for change in changes if not change.left])
            found.notes += _lacks(replica.name, [change for change in changes if change.left])


def _lacks(replica: str, changes: Sequence[Change]) -> Iterator[Finding]:
    """One finding per table that lacks something, and one for each thing that only a person can mend."""
    missing: dict[str, list[str]] = {}
    for change in changes:
        if change.why:
            yield Finding(replica, f"{change.table}: {change.what}", change.why)
        else:
            missing.setdefault(change.table, []).append(change.what)
    for table, whats in missing.items():
        more = f" and {len(whats) - 1} more" if len(whats) > 1 else ""
        yield Finding(replica, f"{table}: {whats[0]}{more}".removeprefix(": "), "tablekeeper setup")


def _probe_mail(found: Probe, config: Config, environment: Environment) -> None:
    if environment.smtp_url is None:
        if config.digests:
            what = "TABLEKEEPER_SMTP_URL is not set: digests cannot be sent"
            found.notes.append(Finding("mail", what, "set it, or remove the section `digests`"))
        return
    with _noting(found, "mail"):
        try:
            mailer(config, environment).greet()
        except MailUnavailable as error:
            mend = "check TABLEKEEPER_SMTP_URL, the network, and that the server runs"
            found.problems.append(Finding("mail", str(error), mend))


def _calendar(config: Config) -> Iterator[Finding]:
    today = datetime.now(ZoneInfo(config.archive.timezone)).date()
    year = Calendar(config.calendar).unknown_year(today)
    if year is not None:
        what = f"the holidays of {year} are not known: Monday to Friday count as working days"
        yield Finding(
            "calendar", what, "enter them under `calendar` of config.yaml, 1 January among the closed days"
        )


def _readers(found: Probe, environment: Environment) -> Iterator[Finding]:
    """Departments at which no mail would be read, once anybody is known at all."""
    if found.config is None:
        return
    with _hub_of(found.config, environment) as hub:
        for name in _unread(hub, found.config) if hub else ():
            mend = "enter the work address of somebody there among the staff, or name a mailbox under `mail.mailboxes`"
            yield Finding("mail", f"nobody with an address works in the department {name}", mend)


def _unread(hub: Hub, config: Config) -> list[str]:
    today = datetime.now(ZoneInfo(config.archive.timezone)).date()
    with hub.reading() as unit:
        rows = list(Files(unit, config).rows(config.people.table))
    return unread(read_people(rows, config.people, today=today), config) if rows else []


_BARE: dict[str, Any] = {
    "archive": {"name": "-"},
    "tables": {"any": {"name": "-", "key": "any", "fields": {"any": {"name": "-", "type": "text"}}}},
}


def stand_in(path: Path) -> Config:
    """The least that connections need, with the replicas of a config that cannot be used, if those can be read."""
    bare = Config.model_validate(_BARE)
    try:
        raw = read_yaml(path.read_text(encoding="utf-8")).values
        replicas = SyncConfig.model_validate({"replicas": raw["sync"]["replicas"]}).replicas
    except (OSError, UnicodeDecodeError, ValidationError, LookupError, TypeError):
        return bare
    whole = tuple(replica.model_copy(update={"tables": None, "fields": {}}) for replica in replicas)
    return bare.model_copy(update={"sync": SyncConfig(replicas=whole)})
