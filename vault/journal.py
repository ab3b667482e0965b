"""The vault's journal: every change, encrypted, appended to a file in a second place, so that no masked cell is lost with the vault.

One line of JSON says whose journal it is; then frames of a length in four bytes and a box. Each frame is bound to its number
and to the one before, so none can be dropped, reordered or taken from elsewhere; a last one that was cut short by a crash is
written again. A journal that is moved away is begun anew, with everything; so is one that holds what was erased since.
"""

import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson
import sqlalchemy as sa

from vault.box import bind, open_box, seal_box
from vault.bulk import NUMBERED, last_change
from vault.clock import stamp
from vault.errors import JournalAhead, JournalDamaged, VaultDamaged, VaultUnavailable
from vault.people_tables import alarm, guess, restriction, sign_in_attempt, usage, vault_user
from vault.store import audit, audit_head, data_key, key_encryption_key, sealed_value

if TYPE_CHECKING:
    from vault.vault import Vault

FORM = 1
ROWS_AT_ONCE = 5_000
_LENGTH = 4
# Names of tables and columns are a kind of text of their own.
_FORM = orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS
_KEPT_WHOLE = (key_encryption_key, audit_head)
PEOPLE = (vault_user, sign_in_attempt, usage, guess, alarm, restriction)
"""Small tables that stand in a frame as a whole, and only in one since whose forerunner any of them changed."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of the vault: through which change and audit entry it leads, and the rows by table.

    The tables about people are absent while they are as the last frame that has them says.
    """

    change: int
    entry: int
    at: str
    rows: dict[str, Rows]

    @property
    def mac(self) -> str:
        """Of the audit entry through which the frame leads."""
        return str(self.rows[audit_head.name][0]["mac"])

    @property
    def count(self) -> int:
        """Rows of values, data keys, windows and audit entries."""
        # A journal of before has no windows.
        return sum(len(self.rows.get(table.name, ())) for table in (*NUMBERED, audit))

    @property
    def destroys(self) -> bool:
        """Whether a value or a person was erased in this step."""
        keys = any(row["erased_at"] for row in self.rows[data_key.name])
        return keys or any(row["state"] == "erased" for row in self.rows[sealed_value.name])

    @property
    def people(self) -> bytes:
        """A digest of the tables about people; empty when they are absent."""
        return _digest({table.name: self.rows[table.name] for table in PEOPLE if table.name in self.rows})


@dataclass(frozen=True, slots=True)
class End:
    """Where a journal stands: bytes that are whole, the number and hash for the next frame, and how far it leads."""

    size: int
    number: int
    previous: bytes
    change: int = 0
    entry: int = 0
    mac: str = ""
    """Of the last audit entry, which the vault must have as well."""
    people: bytes = b""
    """A digest of the tables about people as the journal knows them."""


NOTHING = End(0, 0, b"")


class Journal:
    """Appends to one file. One writer at a time: the daemon that holds the vault's lease."""

    def __init__(self, vault: "Vault", path: Path) -> None:
        self._vault, self._path = vault, path
        self._end: End | None = None

    def write(self) -> int:
        """Append what is new, durably; how many rows. Raises JournalAhead, JournalDamaged, VaultUnavailable."""
        try:
            return self._write()
        except OSError as error:
            self._end = None
            raise VaultUnavailable(f"the vault's journal {self._path}: {error.strerror}") from None

    def _write(self) -> int:
        end = self._found_end()
        with self._vault.store.reading() as connection:
            if last_change(connection) < end.change or not _has_entry(connection, end):
                raise JournalAhead(
                    f"the journal {self._path} does not fit the vault, which was set back to an earlier copy"
                )
            at = stamp(self._vault.clock())
            frames = list(_new_frames(connection, end, at))
            anew = end.size > 0 and any(frame.destroys for frame in frames)
            if anew:
                frames = list(_new_frames(connection, NOTHING, at))
        if frames:
            self._end = self._begun_anew(frames) if anew else self._appended(self._path, end, frames)
        return sum(frame.count for frame in frames)

    def _begun_anew(self, frames: Sequence[Frame]) -> End:
        """What was erased stood in the journal; a new one takes its place at once, so that no crash leaves none."""
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.unlink(missing_ok=True)
        end = self._appended(fresh, NOTHING, frames)
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return end

    def _found_end(self) -> End:
        """Where the file stands; read only when somebody else may have touched it."""
        if not self._path.exists():
            return NOTHING
        if self._end is None or self._path.stat().st_size != self._end.size:
            self._end = _end_of(self._path, self._vault)
        return self._end

    def _appended(self, path: Path, end: End, frames: Sequence[Frame]) -> End:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            # A frame that a crash cut short goes.
            file.truncate(end.size)
            file.seek(end.size)
            if not end.size:
                end = _begun(file, self._vault)
            for frame in frames:
                end = _put(file, self._vault, end, frame)
            file.flush()
            os.fsync(file.fileno())
        return end


def frames_of(path: Path, vault: "Vault") -> Iterator[Frame]:
    """The whole frames of a journal, in order. Raises JournalDamaged, also for a journal of another vault."""
    yield from (frame for frame, _ in _walk(path, vault))


def _walk(path: Path, vault: "Vault") -> Iterator[tuple[Frame, End]]:
    with path.open("rb") as file:
        header = file.readline()
        _require_own(header, vault)
        end = End(len(header), 1, hashlib.sha256(header).digest())
        while box := _next_box(file):
            frame = _opened(box, vault, end)
            end = _after(end, box, frame)
            yield frame, end


def _end_of(path: Path, vault: "Vault") -> End:
    with path.open("rb") as file:
        header = file.readline()
    if not header.endswith(b"\n"):
        return NOTHING
    _require_own(header, vault)
    end = End(len(header), 1, hashlib.sha256(header).digest())
    for _, after in _walk(path, vault):
        end = after
    return end


def _begun(file: BinaryIO, vault: "Vault") -> End:
    header = orjson.dumps({"vault_journal": FORM, "vault_id": vault.keys.vault_id}) + b"\n"
    file.write(header)
    return End(len(header), 1, hashlib.sha256(header).digest())


def _require_own(header: bytes, vault: "Vault") -> None:
    try:
        told = orjson.loads(header)
        form, vault_id = told["vault_journal"], told["vault_id"]
    except (ValueError, KeyError, TypeError):
        raise JournalDamaged("this file is no journal of a vault") from None
    if form != FORM:
        raise JournalDamaged(f"the journal has form {form}, which this release does not know")
    if vault_id != vault.keys.vault_id:
        raise JournalDamaged("the journal is of another vault")


def _next_box(file: BinaryIO) -> bytes | None:
    """The next frame's box; None at the end, and for a frame that was cut short."""
    length = file.read(_LENGTH)
    if len(length) < _LENGTH:
        return None
    box = file.read(int.from_bytes(length, "big"))
    return box if len(box) == int.from_bytes(length, "big") else None


def _put(file: BinaryIO, vault: "Vault", end: End, frame: Frame) -> End:
    steps = [frame.change, frame.entry, frame.at, frame.rows]
    plain = zlib.compress(orjson.dumps(steps, option=_FORM))
    box = seal_box(
        vault.keys.journal,
        plain,
        key_version=1,
        context=_context(vault, end),
        random_bytes=vault.random_bytes,
    )
    file.write(len(box).to_bytes(_LENGTH, "big") + box)
    return _after(end, box, frame)


def _opened(box: bytes, vault: "Vault", end: End) -> Frame:
    try:
        plain = open_box(vault.keys.journal, box, context=_context(vault, end))
    except VaultDamaged:
        raise JournalDamaged(f"frame {end.number} of the journal is not what was written") from None
    return Frame(*orjson.loads(zlib.decompress(plain)))


def _after(end: End, box: bytes, frame: Frame) -> End:
    size = end.size + _LENGTH + len(box)
    previous, people = hashlib.sha256(box).digest(), frame.people or end.people
    return End(size, end.number + 1, previous, frame.change, frame.entry, frame.mac, people)


def _has_entry(connection: sa.Connection, end: End) -> bool:
    """Whether the vault's audit chain is the one that the journal followed."""
    if not end.entry:
        return True
    mac = connection.execute(sa.select(audit.c.mac).where(audit.c.n == end.entry)).scalar()
    return mac is not None and mac.hex() == end.mac


def _context(vault: "Vault", end: End) -> bytes:
    return bind("journal", vault.keys.vault_id, str(end.number), end.previous.hex())


def _new_frames(connection: sa.Connection, end: End, at: str) -> Iterator[Frame]:
    """What happened since `end`, a limited number of changes at a time, all of one view of the vault."""
    change, entry = end.change, end.entry
    people = {table.name: _stored(connection, sa.select(table)) for table in PEOPLE}
    told = _digest(people) == end.people
    newest = connection.execute(sa.select(audit_head.c.n)).scalar_one()
    while True:
        through = _through(connection, change)
        if through == change and newest == entry and told:
            return
        rows = {table.name: _stored(connection, sa.select(table)) for table in _KEPT_WHOLE}
        rows |= {} if told else people
        told = True
        for table in NUMBERED:
            between = table.c.change > change, table.c.change <= through
            rows[table.name] = _stored(connection, sa.select(table).where(*between).order_by(table.c.change))
        entries = sa.select(audit).where(audit.c.n > entry).order_by(audit.c.n)
        rows[audit.name] = _stored(connection, entries)
        change, entry = through, newest
        yield Frame(change, entry, at, rows)


def _through(connection: sa.Connection, change: int) -> int:
    """The change through which the next frame leads: a whole number of the vault's transactions."""
    query = sa.select(sealed_value.c.change).where(sealed_value.c.change > change)
    beyond = connection.execute(query.order_by(sealed_value.c.change).offset(ROWS_AT_ONCE).limit(1)).scalar()
    return int(beyond) if beyond is not None else last_change(connection)


def _digest(people: dict[str, Rows]) -> bytes:
    """Nothing where no table is, or none has a row: a journal of before says nothing of people."""
    if not any(people.values()):
        return b""
    ordered = {name: sorted(rows, key=repr) for name, rows in people.items()}
    return hashlib.sha256(orjson.dumps(ordered, option=_FORM)).digest()


def _stored(connection: sa.Connection, query: sa.Select[Any]) -> Rows:
    return [
        {str(name): value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
        for row in connection.execute(query).mappings()
    ]
