"""The section `sync` of `config.yaml`: replicas, waiting times, limits."""

import re
from typing import Literal

from pydantic import Field, field_validator

from validators.schema import FieldKey, Section, TableConfig, TableKey

PLACE_VARIABLE = re.compile(r"^TABLEKEEPER_(SPREADSHEET|AIRTABLE_BASE)_[A-Z0-9_]{1,40}$")


class ReplicaConfig(Section):
    """One base or spreadsheet. Without `tables` it holds every table; without `fields` every field of them.

    What limits it, table by table, makes it a department's: the fields and rows it holds, and the fields it may change. A
    limited table takes new rows and deletions only where `creates` and `deletes` say so.
    """

    name: str = Field(pattern=r"^[\w-]{1,40}$")
    service: Literal["airtable", "sheets"]
    place: str | None = None
    """Base id or spreadsheet id; by default the one the environment names."""
    place_env: str | None = Field(default=None, pattern=PLACE_VARIABLE.pattern)
    """The variable that names the place; while it is not set, the replica is not served."""
    tables: tuple[TableKey, ...] | None = None
    people: tuple[str, ...] = ()
    """Who has this base or spreadsheet, as far as you know: `audit export` names them beside plaintext that stood there."""
    calls_per_s: int = Field(default=5, ge=0)
    """Calls to an Airtable base in a second; past five the real service locks out for 30 s. 0: no limit, for emulators."""
    calls_per_month: int | None = Field(default=None, ge=1)
    """What the Airtable plan allows this daemon: calls are then spread over the month, a fifth of them in reserve."""
    fields: dict[TableKey, tuple[FieldKey, ...]] = Field(default_factory=dict)
    """The fields it holds of a table; the business key is always among them."""
    filter: dict[TableKey, str] = Field(default_factory=dict)
    """The rows it holds of a table: a condition (CEL) over the record's fields, none of them sensitive."""
    edit: dict[TableKey, tuple[FieldKey, ...]] | None = None
    """The only fields that may be changed here; a table that is not named is read-only."""
    read_only: dict[TableKey, tuple[FieldKey, ...]] = Field(default_factory=dict)
    """Fields that may not be changed here; all others may. Not together with `edit`."""
    creates: bool | tuple[TableKey, ...] = ()
    """Limited tables in which new rows become records: a list, or `true` for all."""
    deletes: bool | tuple[TableKey, ...] = ()
    """Limited tables in which deleting a row archives its record: a list, or `true` for all."""

    def holds(self, table: TableKey) -> bool:
        """Whether the replica has this table."""
        return self.tables is None or table in self.tables

    def fields_of(self, table: TableKey, config: TableConfig) -> tuple[FieldKey, ...]:
        """The fields it has of a table, in column order."""
        wanted = self.fields.get(table)
        return tuple(key for key in config.fields if wanted is None or key in wanted or key == config.key)

    def is_limited(self, table: TableKey) -> bool:
        """Whether it holds less than the whole table, or may change less than all of it."""
        return self.edit is not None or any(
            table in part for part in (self.fields, self.filter, self.read_only)
        )

    def may_edit(self, table: TableKey, key: FieldKey) -> bool:
        """Whether an edit of this field counts."""
        if self.edit is not None:
            return key in self.edit.get(table, ())
        return key not in self.read_only.get(table, ())

    def may_create(self, table: TableKey) -> bool:
        """Whether a new row becomes a record."""
        return not self.is_limited(table) or _lists(self.creates, table)

    def may_delete(self, table: TableKey) -> bool:
        """Whether a deleted row archives its record."""
        return not self.is_limited(table) or _lists(self.deletes, table)

    def shows_rows(self, table: TableKey) -> bool:
        """Whether every record of a table has a row here, so that a link can lead to it."""
        return self.holds(table) and table not in self.filter

    @property
    def is_whole(self) -> bool:
        """Whether it holds the whole archive, two-way."""
        return (
            self.tables is None and self.edit is None and not (self.fields or self.filter or self.read_only)
        )


def _lists(granted: bool | tuple[TableKey, ...], table: TableKey) -> bool:
    return granted if isinstance(granted, bool) else table in granted


class SyncConfig(Section):
    """How the engine works. Times in seconds."""

    replicas: tuple[ReplicaConfig, ...] = Field(
        default=(
            ReplicaConfig(name="airtable", service="airtable"),
            ReplicaConfig(name="sheets", service="sheets"),
        ),
        min_length=1,
    )
    interval_s: float = Field(default=5, gt=0)
    google_reads_per_minute: int = Field(default=60, ge=0)
    """What Google allows one account; its spreadsheets share it. 0: no limit, for emulators."""
    settle_s: float = Field(default=5, ge=0)
    """A row must stand still this long before it is read: Airtable saves every keystroke."""
    settle_partial_s: float = Field(default=60, ge=0)
    """The same for a number that is still too short."""
    delete_grace_s: float = Field(default=600, ge=0)
    deletes_max: int = Field(default=20, ge=0)
    """More deletions of one table at once wait for a person."""
    clears_max: int = Field(default=50, ge=0)
    max_lag_s: float = Field(default=60, gt=0)
    full_read_every_s: float = Field(default=900, gt=0)
    status_every_s: float = Field(default=1800, gt=0)
    leaves_at: str = Field(default="06:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """When rows that left a replica's filter leave the replica: at this time of the next morning."""

    @field_validator("replicas")
    @classmethod
    def _names_differ(cls, replicas: tuple[ReplicaConfig, ...]) -> tuple[ReplicaConfig, ...]:
        names = [replica.name for replica in replicas]
        if len(set(names)) < len(names):
            raise ValueError("two replicas have the same name")
        return replicas
