"""What of an operation can be written to a tab, and the requests for new rows. Pure."""

from collections.abc import Iterator, Sequence

from sync.connection import Insert, Refused, SystemColumn, Update
from validators.schema import FieldKey

from .cells import Entered, encode, entered, same
from .grid import Json, area, copy, insert, runs, write_cells
from .tabs import NO_FORMULAS, Tab


def cells_to_write(tab: Tab, operation: Insert | Update, position: int) -> dict[int, Entered]:
    """What to write, by column. A system column that somebody deleted is left out, as the listing says; so is what is
    protected against the daemon, which would have Google reject everything beside it too."""
    wanted = [*operation.cells.items(), *operation.system.items()]
    return {
        tab.at[key]: encode(value)
        for key, value in wanted
        if key in tab.at and not tab.is_closed(position, key)
    }


def is_closed(tab: Tab, operation: Insert | Update, position: int) -> bool:
    """Whether protected cells keep an operation from being carried out. Status and note may be missing: no row waits for those."""
    filled = operation.cells if isinstance(operation, Update) else _filled(operation)
    wanted = {*filled, *operation.system.keys() & {SystemColumn.UID}}
    return any(tab.is_closed(position, key) for key in wanted if key in tab.at)


def _filled(operation: Insert) -> set[FieldKey]:
    return {key for key, value in operation.cells.items() if encode(value)}


def insertion(tab: Tab, operations: Sequence[Insert], start: int) -> list[Json]:
    """New rows with the drop-downs of a neighbouring row, and the cells of ours. Rows are inserted, not overwritten:
    a person may be typing in the blank row below the last."""
    end = start + len(operations)
    template = start - 1 if start > 1 else end
    cells = [cells_to_write(tab, operation, start) for operation in operations]
    columns = sorted({column for row in cells for column in row})
    return [
        insert(tab.gid, "ROWS", start, len(operations), like_before=start > 1),
        *(
            copy(
                area(tab.gid, (template, template + 1), stretch),
                area(tab.gid, (start, end), stretch),
                "PASTE_DATA_VALIDATION",
            )
            for stretch in _open_columns(tab, start)
        ),
        *(
            write_cells(
                tab.gid,
                start,
                first,
                [[row.get(column, {}) for column in range(first, last)] for row in cells],
            )
            for first, last in runs(columns)
        ),
    ]


def is_as_sent(tab: Tab, operation: Insert, cells: Sequence[Entered]) -> bool:
    """Whether these cells are the new row as it was sent."""
    row = tab.row(0, [entered(cell) for cell in cells])
    shown = all(same(value, row.cells.get(key)) for key, value in operation.cells.items())
    return row.uid == operation.uid and shown


def _open_columns(tab: Tab, position: int) -> Iterator[tuple[int, int] | None]:
    """The stretches of columns into which the daemon may paste; None is the whole row."""
    if not tab.closed:
        yield None
        return
    yield from runs(
        column for column in range(tab.width) if not any(one.covers(position, column) for one in tab.closed)
    )


def is_reachable(tab: Tab, operation: Insert | Update) -> bool:
    return all(key in tab.at for key in operation.cells)


def refusal_to_insert(tab: Tab, operation: Insert, position: int) -> Refused | None:
    """Why a row cannot even be tried to be inserted there."""
    if operation.uid in tab.positions:
        # A lost answer may have left it there; the pull that follows shows it.
        return Refused(operation.uid, "uid_exists")
    if not is_reachable(tab, operation):
        return Refused(operation.uid, "column_missing")
    # Without what was meant for a protected cell the row would look as if somebody had emptied that.
    return Refused(operation.uid, "protected") if is_closed(tab, operation, position) else None


def refusal(tab: Tab, operation: Update) -> Refused | None:
    """Why an update cannot even be tried."""
    if not is_reachable(tab, operation):
        return Refused(operation.uid, "column_missing")
    if not cells_to_write(tab, operation, operation.position):
        return Refused(operation.uid, "protected" if tab.closed else "column_missing")
    if not tab.formulas.get(operation.uid, NO_FORMULAS).isdisjoint(operation.cells):
        # Whoever planned this did not look at the row: it will be read again.
        return Refused(operation.uid, "changed_meanwhile")
    return None if operation.position > 0 else Refused(operation.uid, "row_moved")
