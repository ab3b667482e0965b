"""Merges webhook payloads into listings: what changed in each record, the later payload over the earlier; and tells
whether columns changed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sync.connection import Listing, RowId, SeenRow
from validators.schema import TableKey

from .bound import BoundTable
from .cells import partial_row, whole_row
from .client import Json

FIELD_CHANGES = ("createdFieldsById", "changedFieldsById", "destroyedFieldIds")


def fields_changed(payloads: Iterable[Json], tables: Iterable[BoundTable]) -> bool:
    """Whether somebody added, changed or deleted a column of our tables: cells cannot be read by the schema we know."""
    ours = {table.id for table in tables}
    return any(
        changes.get(kind)
        for payload in payloads
        for table_id, changes in payload.get("changedTablesById", {}).items()
        if table_id in ours
        for kind in FIELD_CHANGES
    )


def merge_payloads(payloads: Iterable[Json], tables: Iterable[BoundTable]) -> dict[TableKey, Listing]:
    """One listing per table in which something of ours changed. `payloads` oldest first."""
    by_id = {table.id: _TableChanges(table) for table in tables}
    for payload in payloads:
        for table_id, changes in payload.get("changedTablesById", {}).items():
            if table_id in by_id:
                by_id[table_id].take(changes, _actor(payload))
    listings = (changes.listing() for changes in by_id.values())
    return {listing.table: listing for listing in listings if listing.rows or listing.destroyed}


@dataclass(slots=True)
class _TableChanges:
    table: BoundTable
    created: set[RowId] = field(default_factory=set)
    """Records whose cells are all known, because the payloads begin with their creation."""
    cells: dict[RowId, Json] = field(default_factory=dict, repr=False)
    actors: dict[RowId, str | None] = field(default_factory=dict)
    authors: dict[RowId, dict[str, str | None]] = field(default_factory=dict)
    """By column id: our own writes and several people's may come in one answer."""
    destroyed: dict[RowId, None] = field(default_factory=dict)

    def take(self, changes: Json, actor: str | None) -> None:
        """Lay one payload's changes over the earlier ones."""
        for row_id, creation in changes.get("createdRecordsById", {}).items():
            self.created.add(row_id)
            # A record that comes back from the trash has its old id.
            self.destroyed.pop(row_id, None)
            self._lay(row_id, creation.get("cellValuesByFieldId", {}), actor)
        for row_id, change in changes.get("changedRecordsById", {}).items():
            self._lay(row_id, change.get("current", {}).get("cellValuesByFieldId", {}), actor)
        for row_id in changes.get("destroyedRecordIds", ()):
            self.cells.pop(row_id, None)
            self.created.discard(row_id)
            self.destroyed[row_id] = None

    def _lay(self, row_id: RowId, cells: Json, actor: str | None) -> None:
        ours = {key: value for key, value in cells.items() if key in self.table.by_id}
        if ours or row_id in self.created:
            self.cells[row_id] = {**self.cells.get(row_id, {}), **ours}
            self.actors[row_id] = actor
            self.authors.setdefault(row_id, {}).update(dict.fromkeys(ours, actor))

    def listing(self) -> Listing:
        """The rows as they are after the last payload."""
        rows = [self._row(row_id, cells) for row_id, cells in self.cells.items()]
        return Listing(self.table.key, rows, destroyed=tuple(self.destroyed), missing=self.table.missing)

    def _row(self, row_id: RowId, cells: Json) -> SeenRow:
        form = whole_row if row_id in self.created else partial_row
        row = form(self.table, row_id, cells, self.actors[row_id])
        authors = {self.table.by_id[key].key: actor for key, actor in self.authors[row_id].items()}
        return replace(row, authors=authors) if len({*authors.values(), row.actor}) > 1 else row


def _actor(payload: Json) -> str | None:
    user = (payload.get("actionMetadata", {}).get("sourceMetadata") or {}).get("user") or {}
    return user.get("name") or user.get("email") or user.get("id")
