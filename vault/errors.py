"""Every error of the vault. No message carries a value, a mask or a text that a person typed.

VaultError
├── VaultMissing          there is no vault at this address
├── VaultExists           `create` found one there already
├── VaultNewer            written by a later release
├── WrongKey              the root key does not open this vault
├── KeyUnreadable         what was given as an age key is none
├── VaultUnavailable      locked, unreachable or full; the same call may succeed later
├── VaultDamaged          a stored row is not what was written
│   ├── Unopenable        a ciphertext does not open under its key and row
│   └── SuiteUnknown      a ciphertext names a cipher suite that this release does not know
├── MaskUnknown           the config names a mask that `masks` does not define
├── WorkUnfinished        another rotation was killed and has to be ended first
├── SubjectErased         a value was to be sealed for an erased person
└── Refused               asked for by a person, refused, and in the audit chain
    ├── TokenUnknown
    ├── TokenErased
    ├── SubjectUnknown
    └── PurposeUnknown
"""

from collections.abc import Iterable


class VaultError(Exception):
    """Base of all errors of this package."""

    retryable = False


class VaultMissing(VaultError):
    """There is no vault at this address; nothing was created."""


class VaultExists(VaultError):
    """`create` found a vault there; it was not touched."""


class VaultNewer(VaultError):
    """The schema is of a later release; nothing was touched."""


class WrongKey(VaultError):
    """The root key does not open this vault; nothing was touched."""


class KeyUnreadable(VaultError):
    """What was given as an age identity or recipient is none; nothing was touched."""


class VaultUnavailable(VaultError):
    """The database is locked, unreachable or full."""

    retryable = True


class VaultDamaged(VaultError):
    """A stored row is not what was written."""


class Unopenable(VaultDamaged):
    """A ciphertext does not open under the key and the row it stands in."""


class SuiteUnknown(VaultDamaged):
    """A ciphertext's first byte names no suite of this release."""


class MaskUnknown(VaultError):
    """The config names a mask that the section `masks` does not define."""


class WorkUnfinished(VaultError):
    """A rotation of another kind was begun and not ended; nothing was touched."""

    def __init__(self, kind: str, suite: str) -> None:
        self.command = f"vault {kind}" + (f" --suite {suite}" if kind == "reencrypt" else "")
        super().__init__(f"`{self.command}` was begun and is not ended yet")


class SubjectErased(VaultError):
    """Nothing is sealed for an erased person. `subjects` lets the caller leave those rows out and try again."""

    def __init__(self, subjects: Iterable[str]) -> None:
        self.subjects = tuple(sorted(subjects))
        super().__init__(f"{len(self.subjects)} erased subject(s): {', '.join(self.subjects[:5])}")


class Refused(VaultError):
    """A person's request was refused; the refusal stands in the audit chain."""


class TokenUnknown(Refused):
    """This vault never issued the token, or its check characters are wrong."""


class TokenErased(Refused):
    """The value behind the token was destroyed."""


class SubjectUnknown(Refused):
    """The vault holds nothing of this subject."""


class PurposeUnknown(Refused):
    """The purpose is not in the config's list."""
