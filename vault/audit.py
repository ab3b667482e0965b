"""The audit chain: who did what to which value, append-only, each entry under a key that then moves forward.

Entry n is signed with key n; key n+1 is HMAC(key n, "next"), and key n is not kept, so who takes the next key cannot
re-sign what stands before it. The first key is kept wrapped, for `verify`. Not detected from inside: the whole database
set back to an earlier copy of itself.
"""

import dataclasses
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson
import sqlalchemy as sa

from vault.box import RandomBytes, bind, open_box, seal_box
from vault.clock import Clock, stamp
from vault.errors import VaultDamaged
from vault.keys import KEY_LENGTH, Keys
from vault.store import audit, audit_head

if TYPE_CHECKING:
    from vault.vault import Vault

FaultKind = Literal["altered", "missing", "reordered", "cut", "added", "head"]
ERASE = "erase"
"""What a person's erasure is called; `vault verify` holds tombstones against it."""
_NOTHING_BEFORE = bytes(32)
# As bytes, whatever kind of value somebody put into the column: the signature judges them.
_IN_ORDER = sa.select(
    audit.c.n,
    *(sa.cast(column, sa.LargeBinary).label(column.name) for column in (audit.c.entry, audit.c.mac)),
).order_by(audit.c.n)
_HEAD_EDITED = "the head of the audit chain is not what was written; nothing can be put on record"


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be recorded. Texts are identifiers of ours, from the config or of a signed-in person, never a value."""

    actor: str
    action: str
    field: str = ""
    subject: str = ""
    token: str = ""
    purpose: str = ""
    reason: str = ""
    count: int = 1
    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the chain, at entry `n`."""

    n: int
    kind: FaultKind


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What `verify` found: entries read, and every fault in order."""

    entries: int
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether the chain is whole."""
        return not self.faults


def start_chain(connection: sa.Connection, keys: Keys, *, random_bytes: RandomBytes) -> None:
    """Write the head of an empty chain."""
    first = random_bytes(KEY_LENGTH)
    sealed = _seal_key(keys, first, _first_context(keys), random_bytes)
    connection.execute(
        audit_head.insert(), {**_head(keys, 0, _NOTHING_BEFORE, first, random_bytes), "first_key": sealed}
    )


class AuditChain:
    """Appends to the chain inside the caller's write transaction, so that act and entry stand or fall together."""

    def __init__(self, keys: Keys, *, clock: Clock, random_bytes: RandomBytes) -> None:
        self._keys = keys
        self._clock = clock
        self._random_bytes = random_bytes

    def append(self, connection: sa.Connection, acts: Sequence[Act]) -> None:
        """Record the acts in order. Raises VaultDamaged when the head was edited."""
        if not acts:
            return
        head = _read_head(connection)
        n, previous = head.n, head.mac
        try:
            key = _open_key(self._keys, head.next_key, _head_context(self._keys, n, previous))
        except VaultDamaged:
            raise VaultDamaged(_HEAD_EDITED) from None
        at, rows = stamp(self._clock()), []
        for act in acts:
            n += 1
            entry = orjson.dumps(
                {"n": n, "at": at, **asdict(act), "previous": previous.hex()}, option=orjson.OPT_SORT_KEYS
            )
            previous = hmac.digest(key, entry, "sha256")
            rows.append({"n": n, "entry": entry, "mac": previous})
            key = _next_key(key)
        connection.execute(audit.insert(), rows)
        connection.execute(audit_head.update(), _head(self._keys, n, previous, key, self._random_bytes))


def entries(vault: "Vault") -> Iterator[dict[str, Any]]:
    """Every entry in order that stands as it was signed: n, at, previous, and the fields of its Act.

    What was altered says nothing here; `verify` tells that it was.
    """
    with vault.store.reading() as connection:
        walk, _ = _walk(vault, connection)
        for row in connection.execute(_IN_ORDER):
            if walk.step(row.n, row.entry, row.mac):
                yield orjson.loads(row.entry)


def verify(vault: "Vault") -> AuditReport:
    """Check the whole chain; finds entries that were altered, dropped, reordered, added or cut off the end."""
    with vault.store.reading() as connection:
        walk, head = _walk(vault, connection)
        for row in connection.execute(_IN_ORDER):
            walk.step(row.n, row.entry, row.mac)
        walk.finish(vault.keys, head)
    return AuditReport(entries=walk.entries, faults=tuple(walk.faults))


def _walk(vault: "Vault", connection: sa.Connection) -> tuple["_Walk", Any]:
    """A verification that has not begun, and the head at which it ends."""
    head = _read_head(connection)
    key = _open_key(vault.keys, head.first_key, _first_context(vault.keys))
    return _Walk(key=key, last=head.n), head


class _Walk:
    """The state of one verification: the key and the mac that the next entry must fit."""

    def __init__(self, *, key: bytes, last: int) -> None:
        self.faults: list[Fault] = []
        self.entries = 0
        self._key = key
        self._last = last
        self._expected = 1
        # None when the entry before is faulty, so that the link to it says nothing.
        self._previous: bytes | None = _NOTHING_BEFORE

    def step(self, n: int, entry: bytes, mac: bytes) -> bool:
        """Whether the entry stands as it was signed."""
        self.entries += 1
        if n < self._expected or n > self._last:
            self.faults.append(Fault(n, "added"))
            return False
        self._skip_to(n, "missing")
        kind = self._judge(n, entry, mac)
        if kind is not None:
            self.faults.append(Fault(n, kind))
        self._previous = mac if kind is None else None
        self._advance()
        return kind is None

    def finish(self, keys: Keys, head: Any) -> None:
        self._skip_to(self._last + 1, "cut")
        try:
            next_key = _open_key(keys, head.next_key, _head_context(keys, head.n, head.mac))
        except VaultDamaged:
            next_key = b""
        if next_key != self._key or (self._previous is not None and self._previous != head.mac):
            self.faults.append(Fault(self._last, "head"))

    def _judge(self, n: int, entry: bytes, mac: bytes) -> FaultKind | None:
        if hmac.compare_digest(hmac.digest(self._key, entry, "sha256"), mac):
            linked = self._previous is None or orjson.loads(entry)["previous"] == self._previous.hex()
            return None if linked else "altered"
        return "reordered" if _claimed(entry) not in (n, None) else "altered"

    def _skip_to(self, n: int, kind: FaultKind) -> None:
        while self._expected < n:
            self.faults.append(Fault(self._expected, kind))
            self._previous = None
            self._advance()

    def _advance(self) -> None:
        self._key = _next_key(self._key)
        self._expected += 1


def _claimed(entry: bytes) -> int | None:
    """The number that an entry gives itself."""
    try:
        return int(orjson.loads(entry)["n"])
    except (ValueError, KeyError, TypeError):
        return None


def _next_key(key: bytes) -> bytes:
    return hmac.digest(key, b"next", "sha256")


def _read_head(connection: sa.Connection) -> Any:
    head = connection.execute(sa.select(audit_head)).all()
    if len(head) != 1:
        raise VaultDamaged(f"the audit chain has {len(head)} heads")
    if not isinstance(head[0].mac, bytes):
        raise VaultDamaged(_HEAD_EDITED)
    return head[0]


def _head(keys: Keys, n: int, mac: bytes, key: bytes, random_bytes: RandomBytes) -> dict[str, object]:
    return {"n": n, "mac": mac, "next_key": _seal_key(keys, key, _head_context(keys, n, mac), random_bytes)}


def _head_context(keys: Keys, n: int, mac: bytes) -> bytes:
    return bind("audit-next-key", keys.vault_id, str(n), mac.hex())


def _first_context(keys: Keys) -> bytes:
    return bind("audit-first-key", keys.vault_id)


def _seal_key(keys: Keys, key: bytes, context: bytes, random_bytes: RandomBytes) -> bytes:
    return seal_box(keys.audit_wrapping, key, key_version=1, context=context, random_bytes=random_bytes)


def _open_key(keys: Keys, box: bytes, context: bytes) -> bytes:
    return open_box(keys.audit_wrapping, box, context=context)
