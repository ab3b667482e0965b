"""What one person may do with the vault: by role, for a purpose, within budgets. Everything asked is on record, granted or not."""

import hmac
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault import restricting, rows
from vault.alarms import BUDGET, TRIES, raise_alarm
from vault.audit import Act
from vault.box import encoded
from vault.config import Action, FieldClass
from vault.errors import (
    BudgetReached,
    PurposeUnknown,
    Refused,
    RoleRefuses,
    TokenErased,
    TokenUnknown,
    TriesReached,
)
from vault.index import index_marks
from vault.masks import MasksConfig, mask
from vault.plaintext import Plaintext
from vault.revealing import find_acts, opened_values
from vault.tokens import is_token
from vault.usage import use, used
from vault.users import User, Users
from vault.values import Sealed

if TYPE_CHECKING:
    from vault.vault import Vault

# Identity numbers, phones and accounts, as the parser writes them: the last four of these may be asked for alone.
_NUMBER = re.compile(r"\+?[0-9-]{6,}[0-9X]")
_LAST_FOUR = re.compile(r"[0-9]{3}[0-9X]")


class Access:
    """One user's way into one vault. Whether the user still may act is looked up each time, so disabling works at once."""

    def __init__(self, vault: "Vault", user: User) -> None:
        self._vault = vault
        self._users = Users(vault)
        self.user = user

    def may(self, action: Action, field: str = "") -> bool:
        """Whether the role allows it: reveal, compare, find, correct on a field (`table.field`); enter, approve, operate."""
        return self._vault.config.allows(self.user.role, action, field)

    def left(self, field_class: FieldClass) -> int:
        """How many values of a class (reveals and searches together) the user may still open today."""
        with self._vault.store.reading() as connection:
            return self._left(connection, field_class)

    def reveal(self, token: str, purpose: str) -> Plaintext[str]:
        """The value; on record and counted before it is opened. Raises kinds of Refused, whose `words` are for people."""
        with self._vault.store.writing() as connection:
            row = rows.following(connection, [token]).get(token)
            refusal = self._refusal(connection, self._takes(row), _field(row), purpose=purpose)
            refusal = (
                refusal or _gone(row) or restricting.refusal(self._vault, connection, row, purpose=purpose)
            )
            refusal = refusal or self._over_budget(connection, _field(row))
            if refusal is None:
                use(self._vault, connection, actor=self.user.name, what=self._class_of(_field(row)))
            self._record(connection, "reveal", refusal, row=row, token=token, purpose=purpose)
        if refusal:
            raise refusal
        return self._opened(token, row)

    def masks(self, tokens: Iterable[str], rules: MasksConfig) -> dict[str, str]:
        """What the role reads of these values where `vault.roles` gives it another mask than the cells', by token.

        On record before anything is opened. Values that are held, gone or of a restricted person are absent.
        """
        with self._vault.store.writing() as connection:
            unfit = self._users.standing(connection, self.user.name)
            found = {} if unfit else rows.following(connection, tokens)
            kept_back = restricting.withheld(
                self._vault, connection, {row.subject for row in found.values()}, purpose=""
            )
            chosen = {
                token: (row, kind)
                for token, row in found.items()
                if row.state == "live" and row.valid and row.subject not in kept_back
                if (kind := self._vault.config.mask_for(self.user.role, row.field))
            }
            acts = [
                Act(self.user.name, "mask", field=row.field, subject=row.subject, token=row.token)
                for row, _ in chosen.values()
            ]
            self._vault.chain.append(connection, acts)
        opened = opened_values(self._vault, {token: row.token for token, (row, _) in chosen.items()})
        return {token: mask(chosen[token][1], value.expose(), masks=rules) for token, value in opened.items()}

    def mask_for(self, field: str) -> str | None:
        """The mask of the role for this field where it is another than the cell's."""
        return self._vault.config.mask_for(self.user.role, field)

    def compare(self, token: str, typed: Plaintext[str], *, purpose: str = "") -> bool:
        """Whether `typed`, in canonical text, equals the value, or its last four where it is a number.

        Costs no budget, but there are `compare_tries` per field, person and day, whoever asks. Raises kinds of Refused.
        """
        with self._vault.store.writing() as connection:
            row = rows.following(connection, [token]).get(token)
            refusal = self._refusal(connection, "compare", _field(row), purpose=purpose or None)
            refusal = (
                refusal or _gone(row) or restricting.refusal(self._vault, connection, row, purpose=purpose)
            )
            refusal = refusal or self._tried_too_often(connection, row)
            # The value is opened before the entry is written, so that the entry can say how the comparison ended.
            equal = refusal is None and _agrees(
                typed, rows.opened(connection, [row], self._vault.subject_keys)[0]
            )
            self._record(connection, "compare", refusal, row=row, token=token, purpose=purpose, equal=equal)
        if refusal:
            raise refusal
        return equal

    def find(self, field: str, value: Plaintext[str], purpose: str) -> list[Sealed]:
        """Who has this value, in canonical text; on record and counted, found or not. Raises kinds of Refused."""
        with self._vault.store.writing() as connection:
            refusal = self._refusal(connection, "find", field, purpose=purpose)
            refusal = refusal or self._over_budget(connection, field)
            found: list[Any] = []
            if refusal is None:
                use(self._vault, connection, actor=self.user.name, what=self._class_of(field))
                found = rows.by_index_mark(connection, index_marks(self._vault.keys, field, value))
                found = restricting.lookable(self._vault, connection, found, purpose=purpose)
            self._record_find(connection, refusal, field=field, purpose=purpose, found=found)
        if refusal:
            raise refusal
        return [rows.sealed_of(row) for row in found]

    def _takes(self, row: Any) -> Action:
        """The right that seeing a value takes: one that is held, and so nobody's yet, is seen by who has to mend it, too."""
        held = row is not None and not row.valid and not self.may("reveal", row.field)
        return "correct" if held else "reveal"

    def _refusal(
        self, connection: sa.Connection, action: Action, field: str, *, purpose: str | None
    ) -> Refused | None:
        """Why nothing of this kind is done at all: the user, the purpose (None: it needs none), the role."""
        unfit = self._users.standing(connection, self.user.name)
        if unfit:
            return unfit
        if purpose is not None and purpose not in self._vault.config.purposes:
            known = "、".join(self._vault.config.purposes)
            return PurposeUnknown(f"the purpose must be one of: {known}")
        if field and not self.may(action, field):
            return RoleRefuses(f"the role {self.user.role} may not {action} {field}")
        return None

    def _over_budget(self, connection: sa.Connection, field: str) -> Refused | None:
        field_class = self._class_of(field)
        if self._left(connection, field_class) > 0:
            return None
        raise_alarm(self._vault, connection, kind=BUDGET, actor=self.user.name, what=field_class)
        limit = self._vault.config.budgets[field_class]
        return BudgetReached(
            f"{self.user.name} has used the day's budget of {limit} for {field_class} fields"
        )

    def _tried_too_often(self, connection: sa.Connection, row: Any) -> Refused | None:
        """Counted per field and person for all users together: five clerks would have five times the guesses."""
        what = f"{row.field} {row.subject}"
        if used(self._vault, connection, actor="", what=what) < self._vault.config.compare_tries:
            use(self._vault, connection, actor="", what=what)
            return None
        raise_alarm(self._vault, connection, kind=TRIES, actor=self.user.name, what=what)
        limit = self._vault.config.compare_tries
        return TriesReached(f"this field of this person was compared {limit} times today")

    def _left(self, connection: sa.Connection, field_class: FieldClass) -> int:
        spent = used(self._vault, connection, actor=self.user.name, what=field_class)
        return max(0, self._vault.config.budgets[field_class] - spent)

    def _class_of(self, field: str) -> FieldClass:
        # A number that was found in prose stands under a field that is not sensitive by itself.
        return self._vault.config.class_of(field) or "other"

    def _opened(self, token: str, row: Any) -> Plaintext[str]:
        opened = opened_values(self._vault, {token: row.token})
        if token not in opened:
            raise TokenErased("the value was destroyed")
        return opened[token]

    def _record(
        self,
        connection: sa.Connection,
        action: str,
        refusal: Refused | None,
        *,
        row: Any,
        token: str,
        purpose: str,
        equal: bool | None = None,
    ) -> None:
        known = row is not None
        act = Act(
            self.user.name,
            f"{action}_refused" if refusal else action,
            field=_field(row),
            subject=row.subject if known else "",
            # What was given as a token may be a value pasted by mistake; only a token's form goes on record.
            token=row.token if known else token if is_token(token) else "",
            purpose=self._listed(purpose),
            reason=refusal.reason if refusal else "" if equal is None else "equal" if equal else "different",
        )
        self._vault.chain.append(connection, [act])

    def _record_find(
        self,
        connection: sa.Connection,
        refusal: Refused | None,
        *,
        field: str,
        purpose: str,
        found: list[Any],
    ) -> None:
        known, listed = field if self._vault.config.class_of(field) else "", self._listed(purpose)
        acts = find_acts(self.user.name, known, listed, found)
        if refusal:
            reason = refusal.reason
            acts = [Act(self.user.name, "find_refused", field=known, purpose=listed, reason=reason)]
        self._vault.chain.append(connection, acts)

    def _listed(self, purpose: str) -> str:
        """The purpose as it may go on record: free text may hold anything."""
        return purpose if purpose in self._vault.config.purposes else ""


def _field(row: Any) -> str:
    return row.field if row is not None else ""


def _gone(row: Any) -> Refused | None:
    if row is None:
        return TokenUnknown("no such token")
    return TokenErased("the value was destroyed") if row.state == "erased" else None


def _agrees(typed: Plaintext[str], value: Plaintext[str]) -> bool:
    said, stored = _normal(typed.expose()), _normal(value.expose())
    if _LAST_FOUR.fullmatch(said) and _NUMBER.fullmatch(stored):
        stored = stored[-4:]
    return hmac.compare_digest(encoded(said), encoded(stored))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().strip()
