"""What a cycle works with: the archive's parts, wired once, and what one cycle reports."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from validators.rows import RowParser
from validators.rules import RuleBook
from validators.schema import FieldKey, SchemaConfig, TableKey
from vault.masks import MasksConfig
from vault.vault import Vault

from .config import ReplicaConfig, SyncConfig
from .connection import Connection
from .filters import Filters
from .fingerprint import Fingerprint, fingerprints
from .merge import Policy
from .settle import Settling
from .store.agreement import Stamp
from .store.hub import Hub
from .troubles import Troubles


@dataclass(frozen=True, slots=True)
class Replica:
    """One connection as the engine sees it: which tables it holds, and which fields of them."""

    connection: Connection
    config: ReplicaConfig
    schema: SchemaConfig

    @property
    def name(self) -> str:
        """The name in config, hub and log."""
        return self.connection.name

    def holds(self, table: TableKey) -> bool:
        """Whether the replica has this table."""
        return self.config.holds(table)

    def fields(self, table: TableKey) -> frozenset[FieldKey]:
        """The fields it has of a table."""
        return frozenset(self.config.fields_of(table, self.schema.tables[table]))

    def read_only(self, table: TableKey) -> frozenset[FieldKey]:
        """The fields it shows and may not change. A link that leads out of the replica is text, and nothing to choose from."""
        links = self.schema.tables[table].links
        return frozenset(
            key
            for key in self.fields(table)
            if not self.config.may_edit(table, key)
            or (key in links and not self.config.holds(links[key].to or ""))
        )

    def link_form(self, target: TableKey) -> Literal["row_id", "key"]:
        """How a cell shows a link to a table: where not every record has a row to lead to, by business key."""
        return self.connection.link_form if self.config.shows_rows(target) else "key"


@dataclass(frozen=True, slots=True)
class FrozenPart:
    """A table or column that is neither read nor written: what to do about it in the words of staff, and since when."""

    table: str
    what: str
    since: datetime
    unmasked: bool
    """Whether sensitive values that are typed there stay as they were typed."""


@dataclass(slots=True)
class Engine:
    """The parts of an archive. `clock` gives aware UTC times; `random_bits(k)` k random bits."""

    schema: SchemaConfig
    config: SyncConfig
    hub: Hub
    vault: Vault
    masks: MasksConfig
    replicas: tuple[Replica, ...]
    clock: Callable[[], datetime]
    random_bits: Callable[[int], int]
    zone: ZoneInfo
    desk_url: str = ""
    parser: RowParser = field(init=False)
    rules: RuleBook = field(init=False)
    settling: Settling = field(init=False)
    fingerprint: Fingerprint = field(init=False)
    filters: Filters = field(init=False)
    order: tuple[TableKey, ...] = field(init=False)
    last_full: dict[str, datetime] = field(default_factory=dict)
    last_day: date | None = None
    torn: set[tuple[str, TableKey]] = field(default_factory=set)
    frozen: dict[str, tuple[FrozenPart, ...]] = field(default_factory=dict)
    """By replica that was read: what of it is left alone."""
    missing: dict[tuple[str, TableKey], frozenset[FieldKey]] = field(default_factory=dict)
    """Columns that the last listing of a replica's table could not find: frozen until they are back."""
    configured: bool = False
    """Whether the hub is in the shape of this configuration."""
    troubles: Troubles = field(default_factory=Troubles)
    agreed: dict[tuple[str, TableKey], Stamp] = field(default_factory=dict)
    """The hub's stamp when a table of a replica last showed everything as the hub has it."""

    def __post_init__(self) -> None:
        self.parser, self.rules = RowParser(self.schema), RuleBook(self.schema)
        self.settling = Settling(settle_s=self.config.settle_s, settle_partial_s=self.config.settle_partial_s)
        self.fingerprint = fingerprints(self.vault.derived_key("row fingerprint"))
        self.filters = Filters(self.schema, [replica.config for replica in self.replicas])
        self.order = dependency_order(self.schema)

    def full_read_due(self, replica: Replica) -> bool:
        """Whether a replica should be listed completely: at the start, and sparsely afterwards."""
        last = self.last_full.get(replica.name)
        return last is None or self.clock() - last >= timedelta(seconds=self.config.full_read_every_s)

    def policy(self, table: TableKey, replica: str) -> Policy:
        """Who wins conflicts over the table's fields, where it is not the first who came."""
        return {
            key: "hold" if config.conflict == "hold" else "replica"
            for key, config in self.schema.tables[table].fields.items()
            if config.conflict in ("hold", replica)
        }

    def today(self) -> date:
        """The day in the archive's time zone."""
        return self.clock().astimezone(self.zone).date()


def dependency_order(schema: SchemaConfig) -> tuple[TableKey, ...]:
    """The tables, those that others link to first; a circle of links is broken at the table named first in the config."""
    done: list[TableKey] = []

    def visit(table: TableKey, above: frozenset[TableKey]) -> None:
        if table in done or table in above:
            return
        for config in schema.tables[table].links.values():
            visit(config.to or table, above | {table})
        if table not in done:
            done.append(table)

    for table in schema.tables:
        visit(table, frozenset())
    return tuple(done)


@dataclass(slots=True)
class CycleReport:
    """What one cycle did, in counts; no values."""

    pulled: dict[str, int] = field(default_factory=dict)
    """Changed rows per replica."""
    written: dict[str, int] = field(default_factory=dict)
    """Rows created, changed or removed per replica."""
    refused: dict[str, int] = field(default_factory=dict)
    held: int = 0
    conflicts: int = 0
    archived: int = 0
    put_back: int = 0
    failed: int = 0
    """Rows that a fault of ours keeps from being judged; the log names the kind of error."""
    waiting_deletions: int = 0
    settling: int = 0
    rechecks: int = 0
    torn: list[str] = field(default_factory=list)
    down: dict[str, str] = field(default_factory=dict)
    """Replicas that could not be worked with, and the kind of error."""

    problems: list[str] = field(default_factory=list)
    """What a person should read: which service or table failed, and what to do."""

    @property
    def busy(self) -> bool:
        """Whether another cycle may find something to do."""
        return bool(sum(self.pulled.values()) or sum(self.written.values()) or self.settling or self.rechecks)

    def figures(self) -> dict[str, object]:
        """What is worth a place in the log: everything that is not zero."""
        return {name: value for name, value in asdict(self).items() if value}

    def add(self, counts: dict[str, int], replica: str, number: int) -> None:
        """Raise one of the counts."""
        if number:
            counts[replica] = counts.get(replica, 0) + number
