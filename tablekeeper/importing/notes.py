"""What an import tells beside its rows: counts per table, and remarks that name rows of the file but never a value."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from validators.schema import TableKey


@dataclass(frozen=True, slots=True)
class Remark:
    """Something staff should know, and the rows that it is about."""

    text: str
    origins: tuple[str, ...]


@dataclass(slots=True)
class Notes:
    """Gathered while rows are split."""

    found: Counter[TableKey] = field(default_factory=Counter)
    """Records that the file holds, new or not."""
    present: Counter[TableKey] = field(default_factory=Counter)
    """Those that the archive already has: left as they are."""
    repeated: Counter[TableKey] = field(default_factory=Counter)
    """Rows that say nothing that an earlier row did not say."""
    _remarks: dict[str, list[str]] = field(default_factory=dict)

    def remark(self, text: str, origins: Iterable[str]) -> None:
        """Note `text` of these rows too."""
        self._remarks.setdefault(text, []).extend(origins)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """All remarks, in the order in which each was first made."""
        return tuple(Remark(text, tuple(origins)) for text, origins in self._remarks.items())
