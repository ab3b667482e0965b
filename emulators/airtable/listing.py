"""Lists of records: filter, sort, view, and pages that are read through an iterator which dies when left alone."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulators.airtable.candidates import candidates
from emulators.airtable.computed import RecordScope, Snapshot, compiled, shown
from emulators.airtable.errors import bad_formula, invalid_request, refuse, unknown_field
from emulators.airtable.formulas.parser import InvalidFormula, Node
from emulators.airtable.formulas.values import FormulaError, truthy
from emulators.airtable.ids import Ids, is_id
from emulators.airtable.model import Field, Record, Table
from emulators.airtable.render import Shape, record_json

PAGE_SIZE_MAX = 100
ITERATOR_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list request asks for, whichever way it was sent."""

    fields: tuple[str, ...] = ()
    formula: str = ""
    sort: tuple[tuple[str, str], ...] = ()
    view: str = ""
    page_size: int = PAGE_SIZE_MAX
    max_records: int | None = None
    offset: str = ""
    by_id: bool = False
    as_text: bool = False
    time_zone: str = ""
    user_locale: str = ""
    comment_counts: bool = False


@dataclass(slots=True)
class Cursor:
    """A server-side iterator. `ids` is the order of a sort or view; without one the ids themselves are the order."""

    ids: Sequence[str] | None
    used: datetime
    given: dict[str, int] = field(default_factory=dict)
    """Per offset handed out, how many records came before it."""
    places: dict[str, int] = field(default_factory=dict)


class Lister:
    """Serves list requests of one service, and keeps the iterators between pages (but not over a restart)."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._cursors: dict[str, Cursor] = {}

    def page(self, snapshot: Snapshot, table: Table, query: Query) -> dict[str, Any]:
        """One page: {"records": […]} and, unless it is the last, "offset". Raises `Refusal`."""
        shape = shape_of(table, query)
        node = _compiled(table, query.formula)
        keep = _filter(snapshot, table, node)
        name, cursor, start = self._resume(snapshot, table, query, node)
        given = cursor.given.get(start, 0)
        room = (
            query.page_size if query.max_records is None else min(query.page_size, query.max_records - given)
        )
        wanted = (record for record in _walk(table, cursor, start) if keep(record))
        found = list(islice(wanted, max(room, 0) + 1))
        page, following = found[:room], found[room:]
        answer: dict[str, Any] = {"records": [record_json(snapshot, table, record, shape) for record in page]}
        if following and (query.max_records is None or given + room < query.max_records):
            answer["offset"] = self._keep(name, cursor, following[0].id, given + room, snapshot.now)
        return answer

    def _resume(
        self, snapshot: Snapshot, table: Table, query: Query, node: Node | None
    ) -> tuple[str, Cursor, str]:
        if not query.offset:
            return self._ids.new("itr"), Cursor(_ordered(snapshot, table, query, node), snapshot.now), ""
        name, _, start = query.offset.partition("/")
        if not is_id(name, "itr") or not is_id(start, "rec"):
            raise refuse(422, "INVALID_OFFSET_VALUE", "The value of offset is invalid")
        cursor = self._cursors.get(name)
        if cursor is None or snapshot.now - cursor.used > ITERATOR_LIFE or start not in cursor.given:
            raise refuse(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
        return name, cursor, start

    def _keep(self, name: str, cursor: Cursor, start: str, given: int, now: datetime) -> str:
        self._cursors = {key: old for key, old in self._cursors.items() if now - old.used <= ITERATOR_LIFE}
        cursor.used = now
        cursor.given[start] = given
        self._cursors[name] = cursor
        return f"{name}/{start}"


def _walk(table: Table, cursor: Cursor, start: str) -> Iterator[Record]:
    """The records from `start` on. Paging is no snapshot: rows that came or went since are found or missed."""
    if cursor.ids is None:
        begin = bisect_left(table.order, start)
        return (table.records[record_id] for record_id in islice(table.order, begin, None))
    if start and not cursor.places:
        cursor.places.update({record_id: place for place, record_id in enumerate(cursor.ids)})
    begin = cursor.places.get(start, 0)
    ids = islice(cursor.ids, begin, None)
    return (table.records[record_id] for record_id in ids if record_id in table.records)


def _ordered(snapshot: Snapshot, table: Table, query: Query, node: Node | None) -> Sequence[str] | None:
    """The ids in the order asked for, as far as the filter can be answered without reading; None is all, by id."""
    if query.view:
        _check_view(table, query.view)
    few = candidates(table, node) if node else None
    if not query.sort and not query.view:
        return None if few is None else sorted(few)
    records = [record for record in table.records.values() if few is None or record.id in few]
    for name, direction in reversed(query.sort):
        column = table.field_named(name)
        if column is None:
            raise unknown_field(name)
        key = _sort_key(snapshot, table, column)
        records.sort(key=key, reverse=direction == "desc")
    return [record.id for record in records]


def _check_view(table: Table, name: str) -> None:
    if not any(name in (view["id"], view["name"]) for view in table.views):
        kind = "VIEW_ID_NOT_FOUND" if is_id(name, "viw") else "VIEW_NAME_NOT_FOUND"
        raise refuse(422, kind, f"View {name} not found")


def _sort_key(snapshot: Snapshot, table: Table, column: Field) -> Callable[[Record], tuple[int, float, str]]:
    """Empty cells first, numbers by size, options in their order, everything else as text without regard to case."""
    places = {choice["name"]: place for place, choice in enumerate(column.option("choices", []))}

    def key(record: Record) -> tuple[int, float, str]:
        value = shown(snapshot, table, record, column)
        if value is None:
            return 0, 0, ""
        if isinstance(value, int | float):
            return 1, value, ""
        if isinstance(value, str) and value in places:
            return 1, places[value], ""
        return 2, 0, str(value).casefold()

    return key


def _compiled(table: Table, formula: str) -> Node | None:
    try:
        return compiled(table, formula) if formula else None
    except InvalidFormula as error:
        raise bad_formula(str(error)) from error


def _filter(snapshot: Snapshot, table: Table, node: Node | None) -> Callable[[Record], bool]:
    if node is None:
        return lambda record: True

    def keep(record: Record) -> bool:
        try:
            return truthy(node(RecordScope(snapshot, table, record)))
        except FormulaError:
            return False

    return keep


def shape_of(table: Table, query: Query) -> Shape:
    """How the records of an answer are to look. Raises `Refusal`."""
    columns = None
    if query.fields:
        columns = [_column(table, name) for name in query.fields]
    return Shape(query.by_id, columns, _text_zone(query), query.comment_counts)


def _column(table: Table, name: str) -> Field:
    column = table.field_named(name)
    if column is None:
        raise unknown_field(name)
    return column


def _text_zone(query: Query) -> tzinfo | None:
    if not query.as_text:
        return None
    if not query.time_zone or not query.user_locale:
        raise invalid_request("timeZone and userLocale are required when cellFormat is string")
    try:
        return UTC if query.time_zone.lower() == "utc" else ZoneInfo(query.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise refuse(422, "INVALID_TIMEZONE", f"Unknown time zone: {query.time_zone}") from error
