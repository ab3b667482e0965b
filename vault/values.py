"""What goes into the vault and what comes out, as values: Secret, Sealed."""

import dataclasses
from dataclasses import dataclass
from typing import Literal, NamedTuple

from vault.plaintext import Plaintext

State = Literal["live", "cleared", "moved", "erased"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A sensitive value on its way into the vault; its repr shows neither value nor mask.

    `field` is `table.field`, `subject` the person's uid, `value` the canonical text, `mask` the readable part as
    computed by the caller (stored, so that showing a cell opens nothing), `searchable` whether it enters the index.
    """

    field: str
    subject: str
    value: Plaintext[str]
    mask: str = dataclasses.field(repr=False)
    valid: bool = True
    searchable: bool = False


class Sealed(NamedTuple):
    """What may be known of a value without opening it. `moved`: it stands under another token of another subject now.

    A tuple, because one is made for every value of a batch, and a frozen dataclass takes three times as long to make.
    """

    token: str
    field: str
    subject: str
    mask: str
    valid: bool
    state: State

    @property
    def waits(self) -> bool:
        """Whether somebody still has to correct it."""
        return not self.valid and self.state == "live"
