"""The people who may use the vault: each has a role, an approver, an expiry, and a key that is kept as a hash."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault.audit import Act
from vault.clock import stamp
from vault.errors import SignInRefused, UserDisabled, UserExpired, UserInvalid, UserUnknown, VaultDamaged
from vault.keys import Argon2Cost
from vault.people_tables import vault_user
from vault.sign_in import Attempts
from vault.timekeeping import check_clock
from vault.user_keys import DEFAULT_COST, KeyHashes, require_fit

if TYPE_CHECKING:
    from vault.vault import Vault

ADD, ENABLE, DISABLE, RENEW, KEY = "user_add", "user_enable", "user_disable", "user_renew", "user_key"
USER_ACTS = (ADD, ENABLE, DISABLE, RENEW, KEY)
"""What changes of users are called on record."""
RESERVED_NAMES = frozenset({"daemon", "root"})
# No blanks, no marks that mean something in a spreadsheet or a shell.
_NAME = re.compile(r"\w[\w.@·-]{0,39}")
_TITLE_MAX = 40


@dataclass(frozen=True, slots=True)
class User:
    """A person with rights. `expires_on` is the last day on which they may act."""

    name: str
    title: str
    role: str
    approved_by: str
    expires_on: date
    disabled: bool


def told(user: Any) -> str:
    """What the audit chain says of a user, or of the stored row, with every change; `vault verify` holds the row against it."""
    return f"{user.name}, {user.role}, approved by {user.approved_by} until {user.expires_on}"


class Users:
    """Adds people, changes and names them, and lets them in; each of these is in the audit chain."""

    def __init__(self, vault: "Vault", *, cost: Argon2Cost = DEFAULT_COST) -> None:
        self._vault = vault
        secret = vault.derived_key("user keys")
        self._hashes = KeyHashes(secret, cost=cost, random_bytes=vault.random_bytes)
        self._attempts = Attempts(vault)

    def all(self) -> list[User]:
        """Everybody who was ever added, by name; disabled and expired ones too."""
        with self._vault.store.reading() as connection:
            return [
                _user(row) for row in connection.execute(sa.select(vault_user).order_by(vault_user.c.name))
            ]

    def any(self) -> bool:
        """Whether anybody was ever added. Until then the holder of the root key acts."""
        with self._vault.store.reading() as connection:
            return connection.execute(sa.select(vault_user.c.name).limit(1)).first() is not None

    def add(
        self,
        name: str,
        *,
        title: str,
        role: str,
        approved_by: str,
        key: str,
        actor: str,
        expires_on: date | None = None,
    ) -> User:
        """A new user. Raises UserInvalid, on record, when name, role, key or expiry do not fit, or a person approves themselves."""
        name, approved_by = _normal(name), _normal(approved_by)
        expires_on = expires_on or self._today() + timedelta(days=self._vault.config.user_days)
        user = User(name, title.strip(), role, approved_by, expires_on, disabled=False)
        with self._on_record(actor, ADD):
            self._require_valid(user, key, actor)
        row = {
            **_row(user),
            "key_hash": self._hashes.of(key, name=name),
            "added_by": actor,
            "added_at": stamp(self._vault.clock()),
        }
        with self._vault.store.writing() as connection:
            free = _stored(connection, name) is None
            if free:
                connection.execute(vault_user.insert(), row)
                self._record(connection, ADD, user, actor)
        if not free:
            raise UserInvalid(f"{name} is a user already")
        return user

    def disable(self, name: str, *, actor: str) -> User:
        """From now on the person is refused, in open sessions too. Raises UserUnknown."""
        return self._change(name, DISABLE, actor, disabled=True)

    def enable(self, name: str, *, approved_by: str, actor: str) -> User:
        """The person may act again. Raises UserUnknown, UserInvalid."""
        with self._on_record(actor, ENABLE):
            approver = self._other_people(name, approved_by, actor)
        return self._change(name, ENABLE, actor, disabled=False, approved_by=approver)

    def renew(self, name: str, *, approved_by: str, actor: str, expires_on: date | None = None) -> User:
        """Approve a person for another term. Raises UserUnknown, UserInvalid."""
        expires_on = expires_on or self._today() + timedelta(days=self._vault.config.user_days)
        with self._on_record(actor, RENEW):
            approver = self._other_people(name, approved_by, actor)
            self._require_term(expires_on)
        expiry = expires_on.isoformat()
        return self._change(name, RENEW, actor, expires_on=expiry, approved_by=approver)

    def set_key(self, name: str, key: str, *, actor: str) -> User:
        """A new key in place of the old one. Raises UserUnknown, UserInvalid."""
        require_fit(key, name=_normal(name))
        return self._change(name, KEY, actor, key_hash=self._hashes.of(key, name=_normal(name)))

    def sign_in(self, name: str, key: str) -> User:
        """The user whose name and key these are.

        Raises SignInRefused, or its kinds SignInClosed, UserDisabled, UserExpired, whose `words` are for people. Each refusal is
        on record; that a user is disabled or expired is told only to who has the right key. Raises ClockSetBack.
        """
        name = _normal(name)
        with self._vault.store.reading() as connection:
            check_clock(connection, self._vault.clock())
            row = _stored(connection, name)
        self._attempts.begin(name, known=row is not None)
        fits = self._hashes.fits(key, row.key_hash if row else None, name=name)
        with self._vault.store.writing() as connection:
            refusal = self._refusal(row) if row and fits else SignInRefused("the name or the key is wrong")
            if row and fits:
                self._attempts.succeeded(connection, name)
            # An unknown name stays out of the chain: it may be a key, typed into the wrong box.
            actor, action = name if row else "", "sign_in_refused" if refusal else "sign_in"
            act = Act(actor, action, reason=refusal.reason if refusal else "")
            self._vault.chain.append(connection, [act])
        if refusal:
            raise refusal
        return _user(row)

    def admit(self, name: str) -> User:
        """The user of this name, whom the company's identity provider vouches for.

        Raises SignInRefused, or its kinds UserDisabled, UserExpired. Each refusal is on record. Raises ClockSetBack.
        """
        name = _normal(name)
        with self._vault.store.writing() as connection:
            row = _stored(connection, name)
            refusal = self.standing(connection, name)
            action, why = ("sign_in_refused", refusal.reason) if refusal else ("sign_in", "identity provider")
            self._vault.chain.append(connection, [Act(name if row else "", action, reason=why)])
        if refusal:
            raise refusal
        return _user(row)

    def standing(self, connection: sa.Connection, name: str) -> SignInRefused | None:
        """Why this user may not act now; None when they may. Raises ClockSetBack: yesterday has budgets and terms of its own."""
        check_clock(connection, self._vault.clock())
        row = _stored(connection, name)
        return self._refusal(row) if row else SignInRefused("there is no such user")

    def _refusal(self, row: Any) -> SignInRefused | None:
        if row.disabled:
            return UserDisabled(f"{row.name} is disabled")
        if _expiry(row) < self._today():
            return UserExpired(f"the approval of {row.name} ran out on {row.expires_on}")
        return None

    def _change(self, name: str, action: str, actor: str, **values: object) -> User:
        name = _normal(name)
        with self._vault.store.writing() as connection:
            connection.execute(vault_user.update().where(vault_user.c.name == name).values(**values))
            row = _stored(connection, name)
            if row is not None:
                self._record(connection, action, _user(row), actor)
        if row is None:
            raise UserUnknown("no user goes by this name")
        return _user(row)

    @contextmanager
    def _on_record(self, actor: str, action: str) -> Iterator[None]:
        try:
            yield
        except UserInvalid as error:
            with self._vault.store.writing() as connection:
                self._vault.chain.append(connection, [Act(actor, f"{action}_refused", reason=error.reason)])
            raise

    def _record(self, connection: sa.Connection, action: str, user: User, actor: str) -> None:
        self._vault.chain.append(connection, [Act(actor, action, reason=told(user))])

    def _require_valid(self, user: User, key: str, actor: str) -> None:
        if not _NAME.fullmatch(user.name) or user.name.casefold() in RESERVED_NAMES:
            raise UserInvalid("a name has up to 40 letters, digits and . @ · - without blanks")
        if not 1 <= len(user.title) <= _TITLE_MAX or not user.title.isprintable():
            raise UserInvalid(f"a title has 1 to {_TITLE_MAX} characters")
        if user.role not in self._vault.config.roles:
            known = "、".join(self._vault.config.roles) or "none: `vault.roles` in config.yaml is empty"
            raise UserInvalid(f"no role is called {user.role}; the roles are {known}")
        self._other_people(user.name, user.approved_by, actor)
        self._require_term(user.expires_on)
        require_fit(key, name=user.name)

    def _other_people(self, name: str, approved_by: str, actor: str) -> str:
        """The approver. Nobody approves or adds themselves."""
        name, approver = _normal(name), _normal(approved_by)
        if not _NAME.fullmatch(approver):
            raise UserInvalid("the approver needs a name")
        if name.casefold() in (approver.casefold(), _normal(actor).casefold()):
            raise UserInvalid("nobody approves or adds themselves: another person has to")
        return approver

    def _require_term(self, expires_on: date) -> None:
        last = self._today() + timedelta(days=366)
        if not self._today() <= expires_on <= last:
            raise UserInvalid(f"an approval ends between today and {last}")

    def _today(self) -> date:
        return self._vault.config.day(self._vault.clock())


def _normal(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def _stored(connection: sa.Connection, name: str) -> Any:
    return connection.execute(sa.select(vault_user).where(vault_user.c.name == name)).first()


def _row(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "title": user.title,
        "role": user.role,
        "approved_by": user.approved_by,
        "expires_on": user.expires_on.isoformat(),
        "disabled": user.disabled,
    }


def _user(row: Any) -> User:
    return User(row.name, row.title, row.role, row.approved_by, _expiry(row), row.disabled)


def _expiry(row: Any) -> date:
    try:
        return date.fromisoformat(row.expires_on)
    except ValueError:
        raise VaultDamaged(
            f"the row of the user {row.name} was edited: `vault user renew` sets a new term"
        ) from None
