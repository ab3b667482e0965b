"""The whole daemon on an emulated world without sockets: opens it on its files, runs cycles, kills it, restores backups."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

import orjson
import requests
from google.auth.transport.requests import Request as TokenRequest

import sync.sheets.credentials
from emulators.adapter import IN_PROCESS_URL
from emulators.clock import Clock
from emulators.policy import Policy
from emulators.world import World
from sync import cycle as cycle_module
from sync.airtable.connection import AirtableConnection
from sync.config import ReplicaConfig, SyncConfig
from sync.connection import Connection
from sync.cycle import run_cycle
from sync.engine import CycleReport, Engine, Replica
from sync.errors import Throttled
from sync.setting_up import rehearsed, set_up
from sync.sheets.connection import SheetsConnection
from sync.store.hub import Hub
from tests.simulation import archive
from tests.simulation.door import DaemonAdapter, Interruption, Interruptions, Killed, Moment
from tests.simulation.sizes import sizes_of
from validators.schema import SchemaConfig
from vault.keys import Argon2Cost, RootKey, from_passphrase
from vault.masks import MasksConfig
from vault.vault import Vault

FILES = ("hub.sqlite3", "vault.sqlite3")
STEPS = (
    "settle",
    "mask_torn",
    "absorb_block",
    "know",
    "put_back_clears",
    "check_rows",
    "protect",
    "merge_rows",
    "commit",
    "carry_out_deletions",
    "remember_full",
    "make_plan",
    "confirm",
)
"""Functions that `sync/cycle.py` calls by these names; the daemon may die before and after each."""
PAUSE_S = 120
"""Longer than any service locks a caller out."""
SETTINGS = {"settle_s": 5, "settle_partial_s": 60, "delete_grace_s": 600}


def _positions(policy: Policy, seed: int) -> dict[str, bool]:
    """What nobody knows for sure of the services is as likely in one seed of two; else every switch has a position drawn."""
    drawn = Random(f"policy {seed}")
    if seed % 2:
        return {}
    return {name: drawn.random() < 0.5 for name in policy.dump()}


@dataclass(slots=True)
class Stage:
    """One world, one archive. `seed` decides ids, keys and nonces too, so that a run repeats exactly."""

    seed: int
    folder: Path
    plans: tuple[archive.ReplicaPlan, ...]
    act: Callable[[int, bool], None]
    strict: bool = False
    """Whether the services count calls, and refuse those that are too many."""
    spent: bool = False
    """Whether the month's calls to Airtable are used up."""
    world: World = field(init=False)
    interruptions: Interruptions = field(init=False)
    places: dict[str, str] = field(default_factory=dict)
    engine: Engine | None = None
    random: Random = field(init=False)
    schema: SchemaConfig = field(default_factory=archive.schema)
    joined: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(f"stage {self.seed}")
        self.world = World(clock=Clock(manual=True), seed=self.seed, quotas=self.strict)
        self.world.policy.change(_positions(self.world.policy, self.seed))
        self.world.google._accounts._pem = _private_key()
        account = self.world.google.service_account_file(IN_PROCESS_URL)
        (self.folder / "account.json").write_bytes(orjson.dumps(account))
        self.interruptions = Interruptions(self.world, self.act)
        for plan in self.plans:
            self.places[plan.config.name] = self._place(plan.config)
            if not plan.late:
                self.joined.add(plan.config.name)
        for name in FILES:
            shutil.copy(_templates() / name, self.folder / name)

    def _place(self, config: ReplicaConfig) -> str:
        if config.service == "airtable":
            return self.world.airtable.create_base(config.name)
        return self.world.google.create_spreadsheet(config.name)

    @property
    def replicas(self) -> list[ReplicaConfig]:
        """The replicas that the config names at the moment."""
        return [plan.config for plan in self.plans if plan.config.name in self.joined]

    def open(self) -> Engine:
        """The daemon starts: on the files as they are."""
        vault = Vault.open(
            f"sqlite:///{self.folder}/vault.sqlite3",
            root_key(),
            clock=self.world.clock,
            random_bytes=self.random.randbytes,
        )
        hub = Hub(f"sqlite:///{self.folder}/hub.sqlite3", self.schema)
        self.interruptions.dead = False
        self.engine = Engine(
            schema=self.schema,
            config=SyncConfig.model_validate(
                {**SETTINGS, "replicas": [one.model_dump() for one in self.replicas]}
            ),
            hub=hub,
            vault=vault,
            masks=MasksConfig({}),
            replicas=tuple(
                Replica(self._connect(config, hub), config, self.schema) for config in self.replicas
            ),
            clock=self.world.clock,
            random_bits=self.random.getrandbits,
            zone=ZoneInfo("Asia/Shanghai"),
        )
        return self.engine

    def close(self) -> None:
        """The daemon is gone, whichever way."""
        if self.engine is not None:
            self.engine.hub.close()
            self.engine.vault.close()
            self.engine = None

    def restart(self) -> Engine:
        """A new process on the same files."""
        self.close()
        return self.open()

    def set_up(self) -> None:
        """The operator runs `tablekeeper setup`, undisturbed; where a service asks for a pause, again after it."""
        engine = self.engine or self.open()
        self.interruptions.begin({})
        disturbed, self.interruptions.undisturbed = self.interruptions.undisturbed, True
        self.world.quotas.airtable.monthly_budget = None
        for replica in engine.replicas:
            try:
                set_up(replica.connection, engine.hub)
            except Throttled:
                self.world.clock.advance(PAUSE_S)
                set_up(replica.connection, engine.hub)
            # Tables that held rows before, as after a restore: `run` asks for `sync --dry-run` first.
            rehearsed(engine.hub, replica.name)
        self.interruptions.undisturbed = disturbed

    def cycle(self, due: Mapping[Moment, Interruption] | None = None) -> CycleReport | None:
        """One cycle with what happens in it. None: the daemon was killed, and has been started again."""
        engine = self.engine or self.open()
        self.interruptions.begin(due or {})
        self.world.quotas.airtable.monthly_budget = 0 if self.spent else None
        try:
            with (
                self.tokens_in_process(),
                self._steps(),
                sizes_of(self.seed),
            ):
                report = run_cycle(engine)
        except Killed:
            self.world.faults.order([])
            self.restart()
            return None
        self.world.faults.order([])
        self.interruptions.begin({})
        if report.failed:
            self.failures.append(f"{report.failed} rows failed")
        return report

    def back_up(self, to: Path) -> None:
        """Copy both files while nobody writes."""
        self.close()
        to.mkdir(exist_ok=True)
        for name in FILES:
            shutil.copy(self.folder / name, to / name)
        self.open()

    def restore(self, source: Path) -> None:
        """Start again from copied files."""
        self.close()
        for path in self.folder.glob("*.sqlite3-*"):
            path.unlink()
        for name in FILES:
            shutil.copy(source / name, self.folder / name)
        self.open()

    def _connect(self, config: ReplicaConfig, hub: Hub) -> Connection:
        if config.service == "airtable":
            airtable = AirtableConnection(
                name=config.name,
                schema=self.schema,
                config=config,
                url=IN_PROCESS_URL,
                token=self.world.airtable.token,
                base_id=self.places[config.name],
                bindings=hub.bindings(config.name),
                clock=self.world.clock,
                sleep=self.world.clock.advance,
            )
            self._mount(airtable._client._api.session)
            return airtable
        sheets = SheetsConnection(
            name=config.name,
            schema=self.schema,
            config=config,
            url=IN_PROCESS_URL,
            credentials_file=self.folder / "account.json",
            spreadsheet_id=self.places[config.name],
            bindings=hub.bindings(config.name),
            clock=self.world.clock,
            sleep=self.world.clock.advance,
        )
        self._mount(sheets._client._transport.session)
        return sheets

    def _mount(self, session: requests.Session) -> None:
        session.mount(IN_PROCESS_URL, DaemonAdapter(self.world, self.interruptions))

    @contextmanager
    def tokens_in_process(self) -> Iterator[None]:
        """google-auth fetches tokens through a session of its own; let that one ask the world too."""
        token_request = sync.sheets.credentials.Request  # type: ignore[attr-defined]
        session = requests.Session()
        self._mount(session)
        try:
            sync.sheets.credentials.Request = partial(TokenRequest, session=session)  # type: ignore[attr-defined,assignment]
            yield
        finally:
            sync.sheets.credentials.Request = token_request  # type: ignore[attr-defined]

    @contextmanager
    def _steps(self) -> Iterator[None]:
        """The steps of the cycle report to the interruptions."""
        plain = {name: getattr(cycle_module, name) for name in STEPS}
        try:
            for name, function in plain.items():
                setattr(cycle_module, name, partial(self._step, name, function))
            yield
        finally:
            for name, function in plain.items():
                setattr(cycle_module, name, function)

    def _step(self, name: str, function: object, *args: object, **options: object) -> object:
        with self.interruptions.at("step", name):
            return function(*args, **options)  # type: ignore[operator]


@cache
def root_key() -> RootKey:
    """The passphrase of every simulated vault, cheap to stretch."""
    return from_passphrase("simulation", cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))


@cache
def _templates() -> Path:
    """An empty hub and vault, made once per process."""
    folder = Path(mkdtemp(prefix="simulation-", dir=memory_folder()))
    Hub(f"sqlite:///{folder}/hub.sqlite3", archive.schema()).close()
    Vault.create(f"sqlite:///{folder}/vault.sqlite3", root_key(), random_bytes=Random(0).randbytes).close()
    return folder


def memory_folder() -> str | None:
    """Where files cost nothing, if the machine has such a place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    # Short, for it is loaded anew with every start of the daemon.
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
