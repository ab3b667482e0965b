"""Checks every row of the vault: values authenticate, marks agree, wrapped keys open, nothing points nowhere. Shows no value."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from vault import rows
from vault.audit import Act
from vault.box import box_suite, key_version
from vault.errors import VaultDamaged
from vault.key_versions import KeyVersions
from vault.on_record import OnRecord, edited_restrictions, edited_users, on_record
from vault.store import data_key, key_encryption_key, sealed_value
from vault.subjects import SubjectKey

if TYPE_CHECKING:
    from vault.vault import Vault

Progress = Callable[[int, int], None]
FaultKind = Literal[
    "value",
    "equality",
    "index",
    "state",
    "moved_to",
    "data_key",
    "tombstone",
    "key_encryption_key",
    "user",
    "restriction",
    "file",
]
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RowFault:
    """One row that is not what was written: a token, subject, key version or user, and what is wrong with it."""

    kind: FaultKind
    name: str


@dataclass(slots=True)
class Verified:
    """What was found. `suites` counts values by suite, `versions` data keys by the key version that wraps them.

    `erased` are the subjects whose data key was destroyed: a tombstone, and no damage.
    """

    values: int = 0
    erased: set[str] = field(default_factory=set)
    suites: Counter[str] = field(default_factory=Counter)
    versions: Counter[int] = field(default_factory=Counter)
    faults: list[RowFault] = field(default_factory=list)


def verify_rows(vault: "Vault", *, actor: str, progress: Progress = lambda done, total: None) -> Verified:
    """Check every row, a block at a time, beside a daemon that works; audited, because it opens every value."""
    found = Verified()
    # In a file whose pages or kinds of values are wrong, rows cannot even be read one by one.
    found.faults += [RowFault("file", words) for words in vault.store.flaws()]
    if not found.faults:
        _check_rows(vault, found, progress)
    with vault.store.writing() as connection:
        counts = {"faults": len(found.faults)}
        vault.chain.append(connection, [Act(actor, "verify", count=found.values, counts=counts)])
    return found


def _check_rows(vault: "Vault", found: Verified, progress: Progress) -> None:
    _check_versions(vault, found)
    _check_data_keys(vault, found)
    _check_on_record(vault, found)
    with vault.store.reading() as connection:
        total = connection.execute(sa.select(sa.func.count()).select_from(sealed_value)).scalar_one()
    done = 0
    for number in _value_blocks(vault, found):
        done += number
        progress(done, total)


def _check_versions(vault: "Vault", found: Verified) -> None:
    # Of its own, because the vault's remembers what it once opened.
    versions = KeyVersions(vault.keys, random_bytes=vault.random_bytes)
    with vault.store.reading() as connection:
        for row in connection.execute(sa.select(key_encryption_key)):
            _noting(found, "key_encryption_key", str(row.version), partial(versions.opened_row, row))


def _check_data_keys(vault: "Vault", found: Verified) -> None:
    last = ("", 0)
    place = sa.tuple_(data_key.c.subject, data_key.c.version)
    while True:
        with vault.store.reading() as connection:
            query = sa.select(data_key).where(place > last).order_by(data_key.c.subject, data_key.c.version)
            block = connection.execute(query.limit(AT_ONCE)).all()
            for row in block:
                if row.body is not None:
                    found.versions[row.wrapped_by] += 1
                elif row.erased_at is not None:
                    found.erased.add(row.subject)
                _noting(found, "data_key", row.subject, partial(_check_data_key, vault, connection, row))
        if not block:
            return
        last = (block[-1].subject, block[-1].version)


def _check_data_key(vault: "Vault", connection: sa.Connection, row: Any) -> None:
    if (row.body is None) != (row.erased_at is not None):
        raise VaultDamaged("a data key is neither there nor erased")
    if row.body is not None:
        vault.subject_keys.unwrapped(connection, row)
        if key_version(row.body) != row.wrapped_by:
            raise VaultDamaged("a data key is not wrapped under the version that its row names")


def _check_on_record(vault: "Vault", found: Verified) -> None:
    """Every erasure, user and restriction is on record; a key that went without one was lost, whatever its row says."""
    said: OnRecord = on_record(vault)
    found.faults += [RowFault("tombstone", subject) for subject in sorted(found.erased - said.erased)]
    found.faults += [RowFault("user", name) for name in edited_users(vault, said)]
    found.faults += [RowFault("restriction", subject) for subject in edited_restrictions(vault, said)]


def _value_blocks(vault: "Vault", found: Verified) -> Iterator[int]:
    """Check block after block; how many rows each had."""
    last = ""
    while True:
        with vault.store.reading() as connection:
            query = sa.select(sealed_value).where(sealed_value.c.token > last)
            block = connection.execute(query.order_by(sealed_value.c.token).limit(AT_ONCE)).all()
            targets = rows.by_token(connection, (row.moved_to for row in block if row.moved_to))
            keys = _keys(vault, connection, block)
        if not block:
            return
        for row in block:
            _check_value(vault, found, row, keys, targets)
        yield len(block)
        last = block[-1].token


def _keys(vault: "Vault", connection: sa.Connection, block: Any) -> Mapping[tuple[str, int], SubjectKey]:
    """The keys of the block's subjects; those that do not open are absent, and were told already."""
    subjects = sorted({row.subject for row in block if row.body is not None})
    try:
        return vault.subject_keys.stored(connection, subjects)
    except VaultDamaged:
        return _keys_one_by_one(vault, connection, subjects)


def _keys_one_by_one(
    vault: "Vault", connection: sa.Connection, subjects: list[str]
) -> dict[tuple[str, int], SubjectKey]:
    keys: dict[tuple[str, int], SubjectKey] = {}
    for subject in subjects:
        try:
            keys |= vault.subject_keys.stored(connection, [subject])
        except VaultDamaged:
            continue
    return keys


def _check_value(
    vault: "Vault",
    found: Verified,
    row: Any,
    keys: Mapping[tuple[str, int], SubjectKey],
    targets: Mapping[str, Any],
) -> None:
    if (row.state in ("live", "cleared")) != (row.body is not None):
        found.faults.append(RowFault("state", row.token))
    if row.state == "moved" and targets.get(row.moved_to) is None:
        found.faults.append(RowFault("moved_to", row.token))
    if row.body is None:
        return
    found.values += 1
    try:
        key = keys.get((row.subject, key_version(row.body)))
        value = rows.open_row(row, key)
        found.suites[box_suite(row.body).name] += 1
    except VaultDamaged:
        found.faults.append(RowFault("value", row.token))
        return
    assert key is not None, "open_row has seen to it"
    secret = rows.as_secret(row, value, subject=row.subject)
    if rows.equality_mark(key, secret) != row.equality:
        found.faults.append(RowFault("equality", row.token))
    if rows.index_of(secret, key, vault.keys) != row.index_mark:
        found.faults.append(RowFault("index", row.token))


def _noting(found: Verified, kind: FaultKind, name: str, check: Callable[[], object]) -> None:
    try:
        check()
    except VaultDamaged:
        found.faults.append(RowFault(kind, name))
