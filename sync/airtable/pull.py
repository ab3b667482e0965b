"""What may have changed in the base: from the webhook where it can be trusted, else by listing every table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sync.connection import Listing, RowId
from sync.errors import NotFound, ServiceError
from validators.schema import TableKey

from .bound import Base, BoundTable
from .client import AirtableClient
from .listing import list_table, rows_by_id
from .payloads import fields_changed, merge_payloads
from .testimony import Testimony
from .webhook import Stream, Webhook

Wanted = Mapping[TableKey, frozenset[RowId]]


@dataclass(slots=True)
class Puller:
    """Pulls from one base. The webhook's cursor stays where it is until `acknowledge`."""

    client: AirtableClient
    base: Base
    webhook: Webhook
    testimony: Testimony
    problems: list[ServiceError] = field(default_factory=list)
    """The tables that the last pull could not show, and why."""
    _cursor: int | None = None

    def pull(self, reread: Wanted, *, full: bool) -> Iterator[Listing]:
        """See `Connection.pull`."""
        self._cursor = None
        self.problems.clear()
        # Before a full reading too: only the stream tells what our own writes replaced.
        stream = self.webhook.changes()
        if full or stream is None or fields_changed(stream.payloads, self.base.tables().values()):
            yield from self._everything(stream)
        else:
            yield from self._changes(stream, reread)

    def acknowledge(self) -> None:
        """What was pulled is safe."""
        if self._cursor is not None:
            self.testimony.acknowledge()
            self.webhook.remember(self._cursor)
            self._cursor = None

    def _everything(self, stream: Stream | None) -> Iterator[Listing]:
        self.base.forget()
        tables = self.base.tables()
        self.problems += self.base.absences()
        # The stream starts before the listing does, so that nothing falls between the two.
        cursor = stream.cursor if stream else self.webhook.renew()
        lost = self.testimony.hear(stream.payloads if stream else (), tables.values())
        for table in tables.values():
            try:
                listing = list_table(self.client, table)
                yield replace(listing, overwritten=lost.get(table.key, ()))
            except NotFound:
                self.problems.append(self.base.absence(table.key))
        self._cursor = cursor

    def _changes(self, stream: Stream, reread: Wanted) -> Iterator[Listing]:
        tables = self.base.tables()
        self.problems += self.base.absences()
        changed = merge_payloads(stream.payloads, tables.values())
        lost = self.testimony.hear(stream.payloads, tables.values())
        for key, table in tables.items():
            listing = changed.get(key, Listing(key, missing=table.missing))
            listing = self._read_again(table, listing, reread.get(key, frozenset()))
            if listing.rows or listing.destroyed or key in lost:
                yield replace(listing, overwritten=lost.get(key, ()))
        self._cursor = stream.cursor

    def _read_again(self, table: BoundTable, listing: Listing, row_ids: frozenset[RowId]) -> Listing:
        """The listing with these rows in full. They are read later than the payloads, so they replace what those say."""
        if not row_ids:
            return listing
        shown = rows_by_id(self.client, table, row_ids)
        for row in listing.rows:
            if row.row_id in shown:
                # Only the stream tells who it was.
                shown[row.row_id] = replace(shown[row.row_id], actor=row.actor, authors=row.authors)
        rows = [row for row in listing.rows if row.row_id not in row_ids]
        # A row that was asked for by its id and is not there has been deleted.
        gone = row_ids - shown.keys()
        destroyed = dict.fromkeys((*listing.destroyed, *sorted(gone)))
        return replace(listing, rows=[*rows, *shown.values()], destroyed=tuple(destroyed))
