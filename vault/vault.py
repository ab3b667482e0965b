"""The vault: seals sensitive values under tokens, shows what may be shown, opens for a purpose and on record.

It knows no table and no config of tables; fields and subjects are names to it.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypedDict

import sqlalchemy as sa

from vault import purging, rows
from vault.audit import ERASE, Act, AuditChain
from vault.box import RandomBytes
from vault.bulk import blocks, next_change
from vault.clock import Clock, stamp, utc_now
from vault.config import DEFAULTS, VaultConfig
from vault.errors import PurposeUnknown, SubjectUnknown
from vault.index import index_marks
from vault.key_versions import KeyVersions
from vault.keys import Keys, RootKey
from vault.opening import create_store, open_store
from vault.plaintext import Plaintext
from vault.restricting import lift, withheld
from vault.revealing import every_plaintext, find_acts, reveal_batch, reveal_one
from vault.sealing import EMPTIED, Sealing
from vault.store import Store, sealed_value
from vault.subjects import SubjectKeys
from vault.suites import SUITES
from vault.timekeeping import accept_clock
from vault.values import Sealed, Secret, State

__all__ = ["Counts", "Sealed", "Secret", "Vault"]

DAEMON = "daemon"


class Counts(TypedDict):
    """Live tokens per field, and subjects that have any."""

    tokens: dict[str, int]
    subjects: int


class Vault:
    """One open vault. Several processes may hold the same one; each write is one durable transaction."""

    def __init__(
        self, store: Store, keys: Keys, *, config: VaultConfig, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self.store = store
        self.keys = keys
        self.opened_for_check = 0
        self.config = config
        self.clock = clock
        self.random_bytes = random_bytes
        self.versions = KeyVersions(keys, random_bytes=random_bytes)
        self.subject_keys = SubjectKeys(self.versions, random_bytes=random_bytes)
        self._sealing = Sealing(keys, self.subject_keys, clock=clock, random_bytes=random_bytes)
        self.chain = AuditChain(keys, clock=clock, random_bytes=random_bytes)

    @staticmethod
    def create(
        url: str,
        root: RootKey,
        *,
        recovery: RootKey | None = None,
        config: VaultConfig = DEFAULTS,
        clock: Clock = utc_now,
        random_bytes: RandomBytes = os.urandom,
    ) -> "Vault":
        """A new vault at a database URL, in the config's suite. Raises VaultExists, VaultUnavailable.

        Without `recovery` nobody can open it when the root key is lost.
        """
        suite = SUITES[config.suite]
        store, keys = create_store(
            url, root, suite=suite, recovery=recovery, clock=clock, random_bytes=random_bytes
        )
        return Vault(store, keys, config=config, clock=clock, random_bytes=random_bytes)

    @staticmethod
    def open(
        url: str,
        root: RootKey,
        *,
        trust_clock: bool = False,
        config: VaultConfig = DEFAULTS,
        clock: Clock = utc_now,
        random_bytes: RandomBytes = os.urandom,
    ) -> "Vault":
        """An existing vault. Raises VaultMissing, WrongKey, VaultNewer, VaultDamaged, ClockSetBack, VaultUnavailable."""
        store, keys = open_store(url, root, clock=clock, trust_clock=trust_clock)
        return Vault(store, keys, config=config, clock=clock, random_bytes=random_bytes)

    def accept_clock(self, *, actor: str) -> None:
        """A person vouches for the clock, which shows a time before the last write. Audited, under the new clock."""
        with self.store.writing() as connection:
            self.chain.append(connection, [Act(actor, "clock_accepted")])
            accept_clock(connection)

    def close(self) -> None:
        """Give the database back."""
        self.store.close()

    def __repr__(self) -> str:
        return f"<Vault {self.keys.vault_id}>"

    def derived_key(self, use: str) -> bytes:
        """32 bytes for one use outside the vault, such as keyed fingerprints; the same for every opening."""
        return self.keys.for_use(use)

    # Sealing. When these return, the values are on disk and their cells may be overwritten.

    def seal(self, secrets: Sequence[Secret]) -> list[Sealed]:
        """Seal a batch, all or nothing; results in order.

        An equal value of one subject, field and validity keeps its token (and takes the mask given now); a new value gets
        a new one; the token it replaces is the caller's to `clear`. Raises SubjectErased (with the subjects).
        """
        if not secrets:
            return []
        with self.store.writing() as connection:
            return self._sealing.seal(connection, secrets)

    def move(self, tokens: Iterable[str], subject: str, *, actor: str = DAEMON) -> dict[str, Sealed]:
        """The values under another subject, by old token; audited. Repeating it after a crash gives the same answer.

        Raises TokenUnknown, TokenErased, SubjectErased; then nothing was moved.
        """
        wanted = list(tokens)
        with self.store.writing() as connection:
            found = rows.standing(rows.following(connection, wanted), wanted)
            leaving = {row.token: row for row in found.values() if row.subject != subject}
            moved = dict(
                zip(leaving, self._sealing.move(connection, list(leaving.values()), subject), strict=True)
            )
            acts = [self._act("move", actor, sealed, purpose=f"from {old}") for old, sealed in moved.items()]
            self.chain.append(connection, acts)
            return {token: moved.get(row.token) or rows.sealed_of(row) for token, row in found.items()}

    def copy(self, token: str, subject: str, *, actor: str = DAEMON) -> Sealed:
        """The same value sealed anew for another subject; audited. Raises TokenUnknown, TokenErased, SubjectErased."""
        with self.store.writing() as connection:
            row = rows.standing(rows.following(connection, [token]), [token])[token]
            (sealed,) = self._sealing.reseal(connection, [row], subject)
            self.chain.append(connection, [self._act("copy", actor, sealed, purpose=f"from {row.token}")])
            return sealed

    def clear(self, tokens: Iterable[str], *, actor: str = DAEMON) -> int:
        """Take live values out of use; they can be restored for `clear_keep_days`. Other tokens are left as they are."""
        return len(
            self._set_state(
                tokens, "cleared", actor=actor, action="clear", fits=lambda row: row.state == "live"
            )
        )

    def restore(self, tokens: Iterable[str], *, actor: str = DAEMON) -> dict[str, Sealed]:
        """Cleared values live again, by token; what was cleared too long ago or never is absent."""
        kept_since = self._kept_since()
        return self._set_state(
            tokens,
            "live",
            actor=actor,
            action="restore",
            fits=lambda row: row.state == "cleared" and row.state_at >= kept_since,
        )

    def purge(self, *, spare: Collection[str] = (), actor: str = DAEMON) -> int:
        """Destroy the values that were cleared more than `clear_keep_days` ago but for these tokens; how many. See `purging`."""
        return purging.purge(self, spare=spare, actor=actor)

    def erase_subject(self, subject: str, *, actor: str, reason: str) -> int:
        """Destroy a person's data key and all that its rows tell; how many tokens. Final, in this database.

        `reason` enters the audit chain as it is. Raises SubjectUnknown. On PostgreSQL the old row versions go with the next
        VACUUM.
        """
        with self.store.writing() as connection:
            known = self.subject_keys.destroy(connection, subject, at=stamp(self.clock()))
            # A restored vault may have the keys of a later day, from which the person was gone already, and values still.
            mine = (sealed_value.c.subject == subject, sealed_value.c.state != "erased")
            gone = connection.execute(
                sealed_value.update().where(*mine).values(**self.erased_columns(connection))
            ).rowcount
            known = known or gone > 0
            lift(connection, subject)
            action = ERASE if known else "erase_refused"
            self.chain.append(
                connection, [Act(actor, action, subject=subject if known else "", purpose=reason, count=gone)]
            )
        if not known:
            raise SubjectUnknown("the vault holds no key of this subject")
        self.store.forget()
        return gone

    # Looking, without opening.

    def look_up(self, tokens: Iterable[str]) -> dict[str, Sealed]:
        """What is known of each token; tokens that this vault never issued are absent."""
        with self.store.reading() as connection:
            return {token: rows.sealed_of(row) for token, row in rows.by_token(connection, tokens).items()}

    def matches(self, field: str, value: Plaintext[str]) -> list[Sealed]:
        """The live values of a searchable field that equal this one once normalised. For uniqueness; not audited."""
        with self.store.reading() as connection:
            return self._matching(connection, field, value)

    def counts(self) -> Counts:
        """How much the vault holds."""
        live = sealed_value.c.state == "live"
        per_field = (
            sa.select(sealed_value.c.field, sa.func.count()).where(live).group_by(sealed_value.c.field)
        )
        subjects = sa.select(sa.func.count(sealed_value.c.subject.distinct())).where(live)
        with self.store.reading() as connection:
            tokens = {name: count for name, count in connection.execute(per_field)}
            return {"tokens": tokens, "subjects": connection.execute(subjects).scalar_one()}

    # Opening. Every one of these leaves a trace.

    def open_for_check(self, tokens: Iterable[str]) -> dict[str, Plaintext[str]]:
        """Values by token, for validation in memory; counted, and recorded by `close_cycle`. Unknown and erased are absent."""
        with self.store.reading() as connection:
            found = {t: row for t, row in rows.following(connection, tokens).items() if row.state != "erased"}
            values = rows.opened(connection, list(found.values()), self.subject_keys)
        self.opened_for_check += len(values)
        return dict(zip(found, values, strict=True))

    def close_cycle(self, counts: Mapping[str, int] | None = None) -> None:
        """One audit entry for all that the cycle opened, with the caller's own counts beside; none if it opened nothing."""
        if self.opened_for_check:
            self._record(Act(DAEMON, "check", count=self.opened_for_check, counts=counts or {}))
            self.opened_for_check = 0

    def find(
        self, field: str, value: Plaintext[str], *, actor: str, purpose: str, reason: str = ""
    ) -> list[Sealed]:
        """Like `matches`, for whoever holds the root key; for users see Access. On record. Raises PurposeUnknown."""
        self.require_purpose([Act(actor, "find_refused", field=field)], purpose)
        with self.store.writing() as connection:
            found = self._matching(connection, field, value)
            kept_back = withheld(self, connection, {one.subject for one in found}, purpose=purpose)
            found = [one for one in found if one.subject not in kept_back]
            self.chain.append(connection, find_acts(actor, field, purpose, found, reason=reason))
        return found

    def reveal(self, token: str, *, actor: str, purpose: str, reason: str = "") -> Plaintext[str]:
        """The value, for whoever holds the root key; for users see Access. On record before it is opened.

        Raises PurposeUnknown, TokenUnknown, TokenErased.
        """
        return reveal_one(self, token, actor=actor, purpose=purpose, reason=reason)

    def reveal_many(self, tokens: Iterable[str], *, actor: str, purpose: str) -> dict[str, Plaintext[str]]:
        """Values by token, each on record before it is opened; unknown and erased ones are absent. Raises PurposeUnknown."""
        return reveal_batch(self, tokens, actor=actor, purpose=purpose)

    def plaintexts_for_leak_scan(self) -> Iterator[Plaintext[str]]:
        """Every value the vault can still open; for the leak tests alone, and audited as such."""
        return every_plaintext(self, actor=DAEMON)

    # Inside.

    def _matching(self, connection: sa.Connection, field: str, value: Plaintext[str]) -> list[Sealed]:
        found = rows.by_index_mark(connection, index_marks(self.keys, field, value))
        return [rows.sealed_of(row) for row in found]

    def _set_state(
        self, tokens: Iterable[str], state: State, *, actor: str, action: str, fits: Callable[[Any], bool]
    ) -> dict[str, Sealed]:
        at = stamp(self.clock())
        with self.store.writing() as connection:
            found = {token: row for token, row in rows.by_token(connection, tokens).items() if fits(row)}
            fresh = {"state": state, "state_at": at, "change": next_change(connection)}
            for block in blocks(found):
                connection.execute(
                    sealed_value.update().where(sealed_value.c.token.in_(block)).values(**fresh)
                )
            changed = {token: rows.sealed_of(row)._replace(state=state) for token, row in found.items()}
            self.chain.append(connection, [self._act(action, actor, sealed) for sealed in changed.values()])
        return changed

    def require_purpose(self, refused: Sequence[Act], purpose: str) -> None:
        """Raises PurposeUnknown, after putting the refusal on record, when the config does not list the purpose."""
        if purpose not in self.config.purposes:
            self._record(*refused)
            raise PurposeUnknown(f"the purpose must be one of: {', '.join(self.config.purposes)}")

    def _record(self, *acts: Act) -> None:
        with self.store.writing() as connection:
            self.chain.append(connection, acts)

    def _act(self, action: str, actor: str, sealed: Sealed, purpose: str = "") -> Act:
        return Act(
            actor, action, field=sealed.field, subject=sealed.subject, token=sealed.token, purpose=purpose
        )

    def _kept_since(self) -> str:
        return stamp(self.clock() - timedelta(days=self.config.clear_keep_days))

    def erased_columns(self, connection: sa.Connection) -> dict[str, object]:
        """What the row of a destroyed value holds."""
        times = {"state_at": stamp(self.clock()), "change": next_change(connection)}
        return {**EMPTIED, **times, "state": "erased"}
