"""Reading records: whole tables, or the ones that are named by id or uid."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sync.connection import Listing, RowId, SeenRow, Uid
from sync.errors import Unavailable

from .bound import BoundTable
from .cells import whole_row
from .client import AirtableClient, Record
from .faults import Rejected

T = TypeVar("T")

ITERATOR_LOST = frozenset({"LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "INVALID_OFFSET_VALUE"})
RESTARTS_MAX = 3
LOOKUP_MAX = 100
"""Records looked up by one call: what fits in one page."""


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`items` in lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def list_table(client: AirtableClient, table: BoundTable) -> Listing:
    """Every record of a table."""
    rows = [whole_row(table, record.id, record.fields) for record in _all_records(client, table)]
    return Listing(table.key, rows, complete=True, missing=table.missing, lost_options=table.lost_options)


def _all_records(client: AirtableClient, table: BoundTable) -> Iterable[Record]:
    for _ in range(RESTARTS_MAX + 1):
        try:
            return _records(client, table, "")
        except Rejected as error:
            # The service forgets where a reader stands after some idle minutes; what was read so far is stale by then.
            if error.kind not in ITERATOR_LOST:
                raise
    raise Unavailable(client.service, f"the listing broke off {RESTARTS_MAX + 1} times")


def rows_by_id(client: AirtableClient, table: BoundTable, row_ids: Iterable[RowId]) -> dict[RowId, SeenRow]:
    """These records as they are now; one that does not exist is absent."""
    found: dict[RowId, SeenRow] = {}
    for block in chunks(sorted(row_ids), LOOKUP_MAX):
        formula = "OR({})".format(",".join(f"RECORD_ID()='{row_id}'" for row_id in block))
        records = _records(client, table, formula)
        found |= {record.id: whole_row(table, record.id, record.fields) for record in records}
    return found


def rows_by_uid(client: AirtableClient, table: BoundTable, uids: Sequence[Uid]) -> dict[Uid, list[SeenRow]]:
    """The records that carry these uids, at most `LOOKUP_MAX`; of each the oldest first."""
    assert all(uid.isalnum() for uid in uids), "a uid needs no quoting in a formula"
    formula = "OR({})".format(",".join(f"{{{table.uid_column}}}='{uid}'" for uid in uids))
    found: dict[Uid, list[SeenRow]] = {}
    for record in sorted(_records(client, table, formula), key=lambda one: one.id):
        row = whole_row(table, record.id, record.fields)
        found.setdefault(row.uid, []).append(row)
    return found


def _records(client: AirtableClient, table: BoundTable, formula: str) -> Iterable[Record]:
    """Records of all pages. Pages are no snapshot: a record may come twice, and the later reading counts."""
    pages = client.pages(table.id, fields=list(table.by_id), formula=formula)
    return {record.id: record for page in pages for record in page}.values()
