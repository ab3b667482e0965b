"""What a batch found whose answer nobody read, because the daemon died or Google kept silent: the scratch tab has it still."""

from dataclasses import replace
from typing import Any

from sync.connection import SeenRow

from .answer import TabAnswer
from .cells import Shown, shown
from .doubtful import is_doubtful
from .scratch import SIGNATURE, TOP
from .tabs import Tab

NOWHERE = -1
"""The position of a row as it stood once."""


def rows_before(tab: Tab, scratch: TabAnswer) -> tuple[SeenRow, ...]:
    """The rows that the last batch copied, as they stood when it wrote, as partial rows. None if it was not of this tab,
    or the columns have moved since."""
    scratch.repair()
    [(_, signature)] = scratch.decode([SIGNATURE]) if len(scratch.rows) > SIGNATURE else [(0, [])]
    if signature[1:] != [tab.gid, tab.digest]:
        return ()
    copied = scratch.decode(range(TOP, len(scratch.rows)))
    rows = (tab.row(NOWHERE, [_value(cell) for cell in cells]) for _, cells in copied)
    return tuple(replace(row, partial=True) for row in rows if row.uid)


def _value(cell: Any) -> Shown:
    """A formula was no value, and nobody can tell it here from a text that looks like one, however a listing shows that."""
    return None if is_doubtful(cell) else shown(cell)
