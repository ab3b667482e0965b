"""What one row is between the steps of a cycle. Plaintext of sensitive fields lives in `Decoded` and `Checked` only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from validators.issues import Issue, Rejection
from validators.raw import Raw
from validators.schema import FieldKey
from validators.values import Value
from vault.plaintext import Plaintext

from .connection import SeenRow, Uid
from .store.records import Record, State
from .store.seen import Held, SeenState

NOTHING: Mapping[FieldKey, Value | None] = {}
Typed = Value | Plaintext[Value] | None
"""What a cell holds: plaintext where its field is sensitive, None where it is blank."""


@dataclass(frozen=True, slots=True)
class Known:
    """A row that was given its uid: what the replica shows, what it showed last, what the hub has."""

    uid: Uid
    row: SeenRow
    state: SeenState
    record: Record | None
    fresh: bool = False
    """Whether the row does not show its uid yet."""
    sent: Mapping[FieldKey, Value | None] = field(default_factory=dict, repr=False)
    """What a write of ours that had no answer may have left in its cells."""

    def waiting(self, key: FieldKey) -> Raw:
        """What waits to be mended in a cell: its text, or its token. None where nothing does, or only until it is written anew."""
        held = self.state.held.get(key)
        return None if held is None or held.mended else held.shown


@dataclass(frozen=True, slots=True)
class Decoded:
    """A row whose cells were read. Every field of the replica is in exactly one of the mappings, or frozen."""

    known: Known
    typed: Mapping[FieldKey, Typed] = field(repr=False)
    """Canonical values; those of sensitive fields are `Plaintext`."""
    tokens: Mapping[FieldKey, str]
    """Sensitive fields whose cell shows a token that is theirs."""
    bad: Mapping[FieldKey, Rejection]
    bad_text: Mapping[FieldKey, Plaintext[str]]
    """The text of rejected sensitive cells; it goes to the vault like a valid value."""
    restore: Mapping[FieldKey, Issue]
    """Cells that were damaged: their last value is put back, and why."""
    copied: Mapping[FieldKey, str]
    """Sensitive fields of a fresh row that show another person's token and may be copied."""
    rewrite: frozenset[FieldKey]
    """Cells whose text has to be written again whatever the merge decides."""
    frozen: frozenset[FieldKey]
    """Formula cells and columns that cannot be found."""
    withdrawn: Mapping[FieldKey, Value] = field(default_factory=dict, repr=False)
    """Plain values that were typed where the replica's people may only look."""
    taken_out: frozenset[str] = frozenset()
    """Tokens of values that were taken out of the row while its table was torn, and are judged now."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A decoded row with everything that is wrong with it."""

    decoded: Decoded
    issues: tuple[Issue, ...]
    held: Mapping[FieldKey, Issue]
    """Fields that wait where they were typed, with the finding that holds them."""
    fill: Mapping[FieldKey, Value | None] = field(repr=False)
    """What the daemon itself adds: numbers, defaults, computed fields. Never sensitive."""
    state: State
    waits_for: str = ""
    """For a waiting row: which link, and the record's key, in the words of staff."""
    hints: tuple[Issue, ...] = ()
    """What every replica should say of the record: nothing about a value that is held here."""


@dataclass(frozen=True, slots=True)
class Protected:
    """A row without plaintext of sensitive fields."""

    known: Known
    seen: Mapping[FieldKey, Value | None]
    """What the row counts as showing, for the merge."""
    shown: Mapping[FieldKey, Value | None]
    """What its cells really show, for the plan."""
    held: Mapping[FieldKey, Held]
    rewrite: frozenset[FieldKey]
    frozen: frozenset[FieldKey]
    fill: Mapping[FieldKey, Value | None]
    issues: tuple[Issue, ...]
    restored: tuple[Issue, ...]
    state: State
    waits_for: str = ""
    hints: tuple[Issue, ...] = ()
    withdrawn: Mapping[FieldKey, Value] = field(default_factory=dict, repr=False)
    mended: Mapping[FieldKey, Held] = field(default_factory=dict)
    """What was held here and was mended elsewhere: its cells show the old text until they are written."""

    @property
    def is_news(self) -> bool:
        """Whether people changed something in the row. A service also tells of our own writes, and rows are looked at again."""
        before = self.known.state
        held = {key: one.shown for key, one in self.held.items()}
        return (
            bool(self.restored)
            or held != {key: one.shown for key, one in before.held.items()}
            or any(
                self.shown.get(key) != before.base.get(key)
                for key in self.shown.keys() - self.held.keys() - self.frozen
            )
        )
