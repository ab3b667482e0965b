"""Finding our columns in a tab: by the metadata that `setup` left on them, else by header, else by alias. Pure.

A column is only ever read and written where it was found for certain; what is in doubt is frozen.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from sync.connection import SystemColumn
from validators.schema import TableKey

from .grid import Json
from .layout import Column, ColumnKey, Layout

Marks = Mapping[ColumnKey, int]
"""Column index by key, as developer metadata of one tab says it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the columns are, and which are not to be found."""

    at: Mapping[ColumnKey, int]
    missing: frozenset[ColumnKey]


def find_columns(
    columns: Iterable[Column],
    headers: Sequence[str],
    marks: Marks,
    *,
    proven: Set[ColumnKey] = frozenset(),
    left: Set[int] = frozenset(),
) -> Found:
    """Match the wanted columns with a tab's header row. The marks of `proven` ones are right, whatever headers say; columns that
    are `left` of fields which the config no longer has are known for what they are, too."""
    wanted = list(columns)
    at: dict[ColumnKey, int] = {}
    marked = set(marks.values())
    for column in wanted:
        taken = set(at.values()) | marked
        if column.key not in marks:
            place = _by_header(column, headers, taken)
        elif column.key in proven or not _is_contested(column, headers, marks, taken | left):
            place = marks[column.key]
        else:
            place = None
        if place is not None:
            at[column.key] = place
    return Found(at, frozenset(column.key for column in wanted if column.key not in at))


def _is_contested(column: Column, headers: Sequence[str], marks: Marks, known: Set[int]) -> bool:
    """Whether another column claims the name of a marked one: metadata stays behind when cells are cut and pasted elsewhere."""
    mark = marks.get(column.key)
    if mark is None or _header(headers, mark) == column.header:
        return False
    return any(header == column.header for index, header in enumerate(headers) if index not in known)


def _by_header(column: Column, headers: Sequence[str], taken: Set[int]) -> int | None:
    """Where a column stands that bears no mark, if that is certain."""
    free = [index for index, header in enumerate(headers) if header == column.header and index not in taken]
    known_as = [
        index for index, header in enumerate(headers) if header in column.aliases and index not in taken
    ]
    found = free or known_as
    return found[0] if len(found) == 1 else None


def misnamed_columns(
    layout: Layout, headers: Sequence[str], at: Mapping[ColumnKey, int]
) -> frozenset[ColumnKey]:
    """The columns under no header or under another one's: staff would type into the wrong column.

    Any other header of a field is a rename, and staff's own business; the daemon's columns keep their names.
    """
    names = {name for field in layout.config.fields.values() for name in (field.name, *field.aliases)}
    names |= {system.value for system in SystemColumn}
    return frozenset(
        column.key
        for column in layout.columns
        if column.key in at and _is_misnamed(column, _header(headers, at[column.key]), names)
    )


def _is_misnamed(column: Column, shown: str, names: Set[str]) -> bool:
    if shown in (column.header, *column.aliases):
        return False
    return column.field is None or not shown or shown in names


def _header(headers: Sequence[str], index: int) -> str:
    return headers[index] if index < len(headers) else ""


def marks_of(metadata: Iterable[Json], gid: int, table: TableKey, columns: Iterable[Column]) -> Marks:
    """The columns of one tab that bear our metadata. Of two marks with one value the left one counts."""
    marked = columns_marked(metadata, gid, table)
    keys = {str(column.key): column.key for column in columns}
    return {keys[key]: index for key, index in marked.items() if key in keys}


def columns_marked(metadata: Iterable[Json], gid: int, table: TableKey) -> dict[str, int]:
    """Every column of one tab that bears our metadata, by the key in it, those that the config no longer has among them."""
    marked: dict[str, int] = {}
    for entry in metadata:
        place = entry.get("location", {}).get("dimensionRange")
        owner, _, key = entry.get("metadataValue", "").partition(":")
        # Google leaves zeros out of its answers: tab 0, column 0.
        if (
            place is None
            or owner != table
            or place.get("sheetId", 0) != gid
            or place.get("dimension") != "COLUMNS"
        ):
            continue
        index = place.get("startIndex", 0)
        marked[key] = min(index, marked.get(key, index))
    return marked


def left_columns(metadata: Iterable[Json], gid: int, table: TableKey, marks: Marks) -> Set[int]:
    """The marked columns of one tab that are of no field which the config still has."""
    return set(columns_marked(metadata, gid, table).values()) - set(marks.values())


def mark_value(table: TableKey, key: ColumnKey) -> str:
    """What stands in the metadata of a column."""
    return f"{table}:{key}"


def tabs_marked(metadata: Iterable[Json]) -> dict[str, list[int]]:
    """Ids of tabs by the name in their metadata. A copied tab may have brought its mark along: then there are two."""
    found: dict[str, list[int]] = {}
    for entry in metadata:
        location = entry.get("location", {})
        if location.get("locationType") == "SHEET":
            found.setdefault(entry.get("metadataValue", ""), []).append(location.get("sheetId", 0))
    return found
