"""What people do, by what they are bent on."""

from collections.abc import Mapping

from tests.simulation.deed import Deed
from tests.simulation.headers import drag_column, insert_column, spoil_headers
from tests.simulation.meetings import answer, calculate, duplicate
from tests.simulation.mishaps import INTERRUPTING, MISHAPS, elsewhere
from tests.simulation.staff import EVERYDAY, Action, change_what_just_changed, delete_row, edit_cells

ACTIONS: Mapping[Deed, Mapping[Action, int]] = {
    Deed.WORK: EVERYDAY,
    Deed.MISHAP: MISHAPS,
    Deed.INTERRUPT: INTERRUPTING,
    Deed.LEAVE: {delete_row: 1},
    Deed.CALCULATE: {calculate: 1},
    Deed.ANSWER: {answer: 1},
    Deed.DUPLICATE: {duplicate: 1},
    Deed.REVISE: {elsewhere(edit_cells): 1},
    Deed.RIVAL: {change_what_just_changed: 1},
    Deed.SPOIL_HEADERS: {spoil_headers: 1},
    Deed.DRAG_COLUMNS: {drag_column: 3, insert_column: 1},
}
"""Actions and how often each is chosen."""
