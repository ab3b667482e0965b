"""Brings a vault that came from a backup up to its journal: values, keys, erasures, the audit chain, users and what binds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault.audit import Act
from vault.bulk import NUMBERED, blocks, insert_rows, last_change
from vault.errors import JournalDamaged
from vault.journal import PEOPLE, Frame, Rows, frames_of
from vault.people_tables import plaintext_window
from vault.store import audit, audit_head, key_encryption_key, sealed_value

if TYPE_CHECKING:
    from vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was taken in: frames, rows, and the instant to which the vault stands now (None: there was nothing new)."""

    frames: int
    rows: int
    through: str | None


def replay(
    path: Path, vault: "Vault", *, actor: str, progress: Callable[[int], None] = lambda rows: None
) -> Replayed:
    """Take in what the journal has and the vault has not, all or nothing; repeating it changes nothing.

    Raises JournalDamaged: the journal is of another vault, was edited, or the vault has gone its own way since the backup.
    """
    frames = rows = 0
    through = None
    with vault.store.writing() as connection:
        change = last_change(connection)
        head = connection.execute(sa.select(audit_head)).one()
        for frame in frames_of(path, vault):
            _require_common_past(connection, frame, change, head)
            if frame.change >= change and frame.entry >= head.n:
                _take_in_people(connection, frame)
            if frame.change <= change and frame.entry <= head.n:
                continue
            _take_in(connection, frame, change, head.n)
            frames, rows, through = frames + 1, rows + frame.count, frame.at
            progress(rows)
        if frames:
            vault.chain.append(connection, [Act(actor, "journal_replayed", count=rows)])
            _number_on(connection)
    vault.store.forget()
    return Replayed(frames, rows, through)


def _require_common_past(connection: sa.Connection, frame: Frame, change: int, head: Any) -> None:
    """The last entry and the last values of the vault must be in the journal too, else it went another way."""
    macs = {entry["n"]: entry["mac"] for entry in frame.rows[audit.name]}
    tokens = [row["token"] for row in frame.rows[sealed_value.name] if row["change"] == change]
    same = macs.get(head.n, head.mac.hex()) == head.mac.hex()
    for block in blocks(tokens):
        query = sa.select(sa.func.count()).where(sealed_value.c.token.in_(block))
        same = same and connection.execute(query).scalar_one() == len(block)
    if not same:
        raise JournalDamaged(
            "the vault was worked with since the backup; replay the journal into the backup itself"
        )


def _take_in(connection: sa.Connection, frame: Frame, change: int, entry: int) -> None:
    for table in NUMBERED:
        # A subject has one data key: what stands under it goes, an erasure or a renewed key takes its place.
        name = table.primary_key.columns[0]
        rows = [row for row in frame.rows.get(table.name, ()) if row["change"] > change]
        for block in blocks(sorted({row[name.name] for row in rows})):
            connection.execute(table.delete().where(name.in_(block)))
        insert_rows(connection, table, _tuples(table, rows))
    entries = [row for row in frame.rows[audit.name] if row["n"] > entry]
    insert_rows(connection, audit, _tuples(audit, entries))
    for table in (key_encryption_key, audit_head):
        connection.execute(table.delete())
        insert_rows(connection, table, _tuples(table, frame.rows[table.name]))


def _take_in_people(connection: sa.Connection, frame: Frame) -> None:
    """Users, budgets, alarms and restrictions as they stood: whoever was disabled stays so."""
    for table in PEOPLE:
        if table.name not in frame.rows:
            continue
        # The database numbers rows itself, or it would give the same number again.
        numbered = {column.name for column in table.primary_key if isinstance(column.type, sa.Integer)}
        names = [column.name for column in table.c if column.name not in numbered]
        connection.execute(table.delete())
        rows = [dict(zip(names, row, strict=True)) for row in _tuples(table, frame.rows[table.name], names)]
        if rows:
            connection.execute(table.insert(), rows)


def _number_on(connection: sa.Connection) -> None:
    """A server's own numbering does not see the numbers that came with the rows."""
    if connection.dialect.name == "postgresql":
        number = plaintext_window.c.window_id
        series = sa.func.pg_get_serial_sequence(plaintext_window.name, number.name)
        connection.execute(sa.select(sa.func.setval(series, sa.func.max(number))))


def _tuples(table: sa.Table, rows: Rows, columns: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Rows as the driver takes them, in the order of these columns, or of all."""
    taken = [table.c[name] for name in columns] if columns else list(table.c)
    return [tuple(_driven(column, row[column.name]) for column in taken) for row in rows]


def _driven(column: sa.Column[Any], value: Any) -> Any:
    """A value of the journal's JSON as `insert_rows` takes it."""
    if isinstance(column.type, sa.LargeBinary) and value is not None:
        return bytes.fromhex(value)
    return int(value) if isinstance(column.type, sa.Boolean) else value
