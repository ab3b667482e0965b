"""The kinds of things that people do in a run."""

from enum import Enum, auto


class Deed(Enum):
    """What somebody is bent on; a seed decides what comes of it. `actions.py` says what it may be."""

    WORK = auto()
    """Something everyday."""
    MISHAP = auto()
    """Something that spreadsheets allow and engines fear."""
    INTERRUPT = auto()
    """Something that may happen between two requests of one cycle."""
    LEAVE = auto()
    """A row is deleted."""
    CALCULATE = auto()
    """A formula is put where a number or a date belongs."""
    ANSWER = auto()
    """Somebody types elsewhere into a cell that a formula fills."""
    DUPLICATE = auto()
    """A row is copied, and both are typed into."""
    REVISE = auto()
    """A row is changed at a spreadsheet."""
    RIVAL = auto()
    """Somebody types into a cell that was just typed into elsewhere."""
    SPOIL_HEADERS = auto()
    """Headers of a spreadsheet are cleared, shifted or exchanged."""
    DRAG_COLUMNS = auto()
    """Columns of a spreadsheet are dragged elsewhere, or an empty one is put between them."""
