"""What can be wrong with a row, as data. An issue never carries the offending value."""

from dataclasses import dataclass

from .schema import FieldKey, Level


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding about a row.

    `fields` are the fields it speaks of: for an error, the fields it holds. `message` says what is wrong,
    `mend` what to do, both in the words of staff.
    """

    code: str
    level: Level
    fields: tuple[FieldKey, ...]
    message: str
    mend: str

    @property
    def holds(self) -> bool:
        """Whether the fields wait where they were typed."""
        return self.level is Level.ERROR


@dataclass(frozen=True, slots=True)
class Rejection:
    """A cell that is no value of its field. `partial` marks text that looks like a value still being typed."""

    issue: Issue
    partial: bool = False
