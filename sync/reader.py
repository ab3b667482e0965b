"""What reading the cells of a row needs beside the row."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from validators.raw import Raw
from validators.schema import FieldConfig, FieldKey, SchemaConfig
from vault.plaintext import Plaintext
from vault.vault import Sealed

from .connection import Uid


class Links(Protocol):
    """Finds the records that a link cell names."""

    def resolve(self, field_config: FieldConfig, raw: Raw) -> tuple[frozenset[Uid], list[str]]:
        """The uids found, and what was not found."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """What decoding needs beside the row: schema, vault look-ups, links, and the day."""

    schema: SchemaConfig
    look_up: Callable[[str], Sealed | None]
    opened: Callable[[str], Plaintext[str] | None]
    """Plaintext of a held token that was opened for this cycle's checks."""
    links: Links
    today: date
    fields: Set[FieldKey]
    taken_out: Mapping[str, Uid] = field(default_factory=dict)
    """The rows that values were taken out of while their table was torn, by token: copied, such a token is another's."""
    missing: Set[FieldKey] = frozenset()
    lost_options: Mapping[FieldKey, frozenset[str]] = field(default_factory=dict)
    """Options that were deleted from a column, and so from its cells."""
    read_only: Set[FieldKey] = frozenset()
    """Fields that the replica shows and that may not be changed there."""
    kept_by: Callable[[FieldKey], Sequence[str]] = lambda key: ()
    """The departments that may change a field."""
