"""Every error of the vault. No message carries a value, a mask or a text that a person typed.

VaultError
├── VaultMissing          there is no vault at this address
├── VaultExists           `create` found one there already
├── VaultNewer            written by a later release
├── WrongKey              the root key does not open this vault
├── KeyUnreadable         what was given as an age key is none
├── VaultInUse            another daemon works on this vault
├── ClockSetBack          the clock shows a time before the vault's last write
├── VaultUnavailable      locked, unreachable or full; the same call may succeed later
├── JournalAhead          the vault is an earlier copy than its journal
├── VaultDamaged          a stored row is not what was written
│   ├── Unopenable        a ciphertext does not open under its key and row
│   ├── JournalDamaged     the journal is not what was written, or of another vault
│   └── SuiteUnknown      a ciphertext names a cipher suite that this release does not know
├── MaskUnknown           the config names a mask that `masks` does not define
├── WorkUnfinished        another rotation was killed and has to be ended first
├── SubjectErased         a value was to be sealed for an erased person
└── Refused               asked for by a person, refused, and in the audit chain
    ├── TokenUnknown
    ├── TokenErased
    ├── Restricted        the person is kept for the law alone
    ├── SubjectUnknown
    ├── PurposeUnknown
    ├── RoleRefuses       the user's role does not allow it
    ├── BudgetReached     the user's budget of the day is used up
    ├── TriesReached      the field of this person was compared too often today
    ├── UserInvalid       a user cannot be added or changed like this
    ├── UserUnknown       no user goes by this name
    └── SignInRefused     name or key are wrong
        ├── SignInClosed  too many wrong keys; closed for a while
        ├── UserDisabled
        └── UserExpired
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


class VaultInUse(VaultError):
    """Another daemon, perhaps on another machine, works on this vault."""


class ClockSetBack(VaultError):
    """The clock shows a time before the vault's last write; with it deadlines and budgets would be wrong. Nothing was touched."""

    def __init__(self, now: str, last: str) -> None:
        super().__init__(f"the clock shows {now}, but the vault was last written at {last}")


class VaultUnavailable(VaultError):
    """The database is locked, unreachable or full."""

    retryable = True


class VaultDamaged(VaultError):
    """A stored row is not what was written."""


class Unopenable(VaultDamaged):
    """A ciphertext does not open under the key and the row it stands in."""


class SuiteUnknown(VaultDamaged):
    """A ciphertext's first byte names no suite of this release."""


class JournalAhead(VaultError):
    """The journal leads further than the vault, which is an earlier copy; nothing was written."""


class JournalDamaged(VaultDamaged):
    """The journal is not what was written, or of another vault."""


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
    """A person's request was refused; the refusal stands in the audit chain.

    `reason` is the word for it there, `words` are for staff.
    """

    reason = ""
    words = "没有这样的内容"


class TokenUnknown(Refused):
    """This vault never issued the token, or its check characters are wrong."""

    reason = "token"
    words = "没有这个代号,请核对后重试"


class Restricted(Refused):
    """The person's values are kept for the law alone."""

    reason = "restricted"
    words = "此人的资料仅依法保存,不再使用"


class TokenErased(Refused):
    """The value behind the token was destroyed."""

    reason = "erased"
    words = "内容已依法删除,不再保存"


class SubjectUnknown(Refused):
    """The vault holds nothing of this subject."""


class PurposeUnknown(Refused):
    """The purpose is not in the config's list."""

    reason = "purpose"
    words = "请从列表中选择用途"


class RoleRefuses(Refused):
    """The user's role does not allow this action on this field."""

    reason = "role"
    words = "您的岗位没有这项权限,如有需要请联系主管"


class BudgetReached(Refused):
    """The user's budget of the day for this class of fields is used up."""

    reason = "budget"
    words = "今天的查看次数已用完,明天恢复;急用请联系主管"


class TriesReached(Refused):
    """This field of this person was compared too often today."""

    reason = "tries"
    words = "这一项今天核对的次数已用完,明天恢复"


class UserInvalid(Refused):
    """A user cannot be added or changed like this; the message says why."""

    reason = "invalid"
    words = "用户资料不符合要求"


class UserUnknown(Refused):
    """No user goes by this name."""

    reason = "unknown"
    words = "没有这个用户"


class SignInRefused(Refused):
    """Name or key are wrong; which of them is not told."""

    reason = "key"
    words = "用户名或密码不正确"


class SignInClosed(SignInRefused):
    """Too many wrong keys were given for this name; it is closed for a while."""

    reason = "closed"
    words = "密码多次不正确,请稍后再试"


class UserDisabled(SignInRefused):
    """The user was disabled."""

    reason = "disabled"
    words = "您的账户已停用,请联系系统运维"


class UserExpired(SignInRefused):
    """The user's approval has run out."""

    reason = "expired"
    words = "您的授权已到期,请联系主管续期"
