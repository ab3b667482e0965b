"""What a base holds: tables, fields, views, records, and the people who work on it. Data only.

Cells hold the value as the REST interface writes it (options by name, links as record ids); an empty cell is absent.
Times are ISO strings of one length, so that they compare as text.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from typing import Any

COMPUTED = frozenset(
    {
        "autoNumber", "button", "count", "createdBy", "createdTime", "externalSyncSource", "formula",
        "lastModifiedBy", "lastModifiedTime", "lookup", "multipleLookupValues", "rollup",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class User:
    """A person. Each has a token of their own."""

    id: str
    email: str
    name: str

    def json(self) -> dict[str, str]:
        """As a collaborator cell shows them."""
        return {"id": self.id, "email": self.email, "name": self.name}


@dataclass(slots=True)
class Field:
    """A column. `options` as the metadata interface shows them."""

    id: str
    name: str
    type: str
    options: dict[str, Any] | None = None
    description: str | None = None

    @property
    def computed(self) -> bool:
        """Whether its cells cannot be written."""
        return self.type in COMPUTED

    def option(self, name: str, default: Any = None) -> Any:
        """One of the options, or the default."""
        return (self.options or {}).get(name, default)

    def json(self) -> dict[str, Any]:
        """As the metadata interface shows it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(slots=True)
class Record:
    """A row. `modified` holds, per field changed after creation, when and by whom."""

    id: str
    created_time: str
    created_by: str
    cells: dict[str, Any] = field(default_factory=dict)
    modified: dict[str, tuple[str, str]] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)

    def copy(self) -> "Record":
        """An image of the row as it is now; cell values are replaced, never changed in place, and so can be shared."""
        return Record(
            self.id,
            self.created_time,
            self.created_by,
            dict(self.cells),
            dict(self.modified),
            list(self.comments),
        )

    def last_change(self, field_ids: Iterable[str] | None = None) -> tuple[str, str]:
        """When and by whom the named fields (all, if none are named) changed last; at first, the creation."""
        created = (self.created_time, self.created_by)
        if field_ids is None:
            return max(self.modified.values(), default=created)
        return max((self.modified.get(field_id, created) for field_id in field_ids), default=created)


@dataclass(slots=True)
class Table:
    """A table. `records` keeps the order of creation (a view's order), `order` the ids sorted (the order without a view)."""

    id: str
    name: str
    primary_field_id: str
    fields: dict[str, Field]
    views: list[dict[str, Any]] = field(default_factory=list)
    description: str | None = None
    records: dict[str, Record] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    """The last number given, per autoNumber field."""
    order: list[str] = field(default_factory=list)
    compiled: dict[str, Any] = field(default_factory=dict)
    """Formulas by text, ready to run; emptied when the schema changes."""
    indexes: dict[str, dict[Hashable, set[str]]] = field(default_factory=dict)
    """Per field that was searched, the records by value."""
    recent: dict[str, None] | None = None
    """The ids from the longest unchanged record to the newest change, once somebody has asked."""

    def add(self, record: Record) -> None:
        """Put a record in, or another image in its place."""
        previous = self.records.get(record.id)
        if previous is None:
            insort(self.order, record.id)
        self.records[record.id] = record
        self.touch(record.id)
        for field_id in self.indexes:
            self._reindex(
                field_id,
                record.id,
                previous.cells.get(field_id) if previous else None,
                record.cells.get(field_id),
            )

    def remove(self, record_id: str) -> None:
        """Take a record out."""
        gone = self.records.pop(record_id)
        del self.order[bisect_left(self.order, record_id)]
        if self.recent is not None:
            del self.recent[record_id]
        for field_id in self.indexes:
            self._reindex(field_id, record_id, gone.cells.get(field_id), None)

    def put(self, record: Record, field_id: str, value: Any) -> None:
        """Set a cell; None empties it."""
        old = record.cells.get(field_id)
        if value is None:
            record.cells.pop(field_id, None)
        else:
            record.cells[field_id] = value
        if field_id in self.indexes:
            self._reindex(field_id, record.id, old, value)

    def holding(self, field_id: str, value: Any) -> set[str]:
        """The ids of the records with this value in that field. The first question builds an index, which then stays."""
        if field_id not in self.indexes:
            index: dict[Hashable, set[str]] = defaultdict(set)
            self.indexes[field_id] = index
            for record in self.records.values():
                if (held := record.cells.get(field_id)) is not None:
                    index[_key(held)].add(record.id)
        return self.indexes[field_id].get(_key(value), set())

    def touch(self, record_id: str) -> None:
        """Note that a record is now the one changed last."""
        if self.recent is not None:
            self.recent.pop(record_id, None)
            self.recent[record_id] = None

    def changed_after(self, moment: str) -> set[str]:
        """The ids of the records whose last change is later, found from the newest on."""
        if self.recent is None:
            ages = sorted(self.records.values(), key=lambda record: record.last_change()[0])
            self.recent = dict.fromkeys(record.id for record in ages)
        newest = (self.records[record_id] for record_id in reversed(self.recent))
        return {record.id for record in takewhile(lambda record: record.last_change()[0] > moment, newest)}

    def _reindex(self, field_id: str, record_id: str, old: Any, new: Any) -> None:
        if old is not None:
            self.indexes[field_id][_key(old)].discard(record_id)
        if new is not None:
            self.indexes[field_id][_key(new)].add(record_id)

    def field_named(self, name_or_id: str) -> Field | None:
        """A field by id or by exact name."""
        return self.fields.get(name_or_id) or next(
            (column for column in self.fields.values() if column.name == name_or_id), None
        )

    def json(self) -> dict[str, Any]:
        """As the metadata interface shows it."""
        shown = {
            "id": self.id,
            "name": self.name,
            "primaryFieldId": self.primary_field_id,
            "fields": [column.json() for column in self.fields.values()],
            "views": [{key: view[key] for key in ("id", "name", "type")} for view in self.views],
        }
        return shown if self.description is None else shown | {"description": self.description}


@dataclass(slots=True)
class Base:
    """A base. `transactions` numbers every action; `has_metadata` is false for a token that may not read the schema."""

    id: str
    name: str
    permission_level: str = "create"
    has_metadata: bool = True
    tables: dict[str, Table] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    transactions: int = 0
    webhooks: dict[str, Any] = field(default_factory=dict)

    def json(self) -> dict[str, str]:
        """As the list of bases shows it."""
        return {"id": self.id, "name": self.name, "permissionLevel": self.permission_level}

    def table_named(self, name_or_id: str) -> Table | None:
        """A table by id, or by name without regard to case, as the service matches the names in a path."""
        found = self.tables.get(name_or_id)
        wanted = name_or_id.casefold()
        return found or next(
            (table for table in self.tables.values() if table.name.casefold() == wanted), None
        )


def _key(value: Any) -> Hashable:
    """A stored value as an index key; lists by their members, since the order of a selection says nothing."""
    if isinstance(value, list):
        return tuple(sorted(map(str, value)))
    return str(value) if isinstance(value, dict) else value
