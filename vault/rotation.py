"""Moving every subject to a new key-encryption key while others read and write: `rotate` wraps data keys anew, `reencrypt` renews them.

Each block is one transaction, and what is left to do is read from the rows, so a run that was killed goes on where it was.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault import rows
from vault.audit import Act
from vault.bulk import as_stored, blocks, next_change, update_rows
from vault.clock import stamp
from vault.errors import VaultDamaged, WorkUnfinished
from vault.key_versions import KeyVersion, Kind
from vault.plaintext import Plaintext
from vault.store import data_key, sealed_value
from vault.suites import SUITES, Suite, SuiteName

if TYPE_CHECKING:
    from vault.vault import Vault

Progress = Callable[[int, int], None]
"""Called with how many subjects are done, and how many there are to do in this run."""
Move = Callable[["Vault", sa.Connection, Sequence[Any], KeyVersion], list[str]]

REWRAPPED_AT_ONCE = 2_000
RENEWED_AT_ONCE = 100
PAUSE_S = 0.002
"""Between blocks, so that another writer gets its turn."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a run did. `left` are subjects whose keys or values do not open; they stay as they were."""

    version: int
    suite: SuiteName
    subjects: int
    left: tuple[str, ...]
    resumed: bool


def rotate(
    vault: "Vault",
    *,
    actor: str,
    progress: Progress = lambda done, total: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Moved:
    """A new key-encryption key, and every data key wrapped under it. Raises WorkUnfinished."""
    version, resumed = _begin(vault, "rotate", None, actor)
    run = _Run(vault, version, progress, sleep)
    run.through(REWRAPPED_AT_ONCE, _rewrap)
    return run.finish(actor, resumed=resumed)


def reencrypt(
    vault: "Vault",
    *,
    actor: str,
    suite: SuiteName | None = None,
    progress: Progress = lambda done, total: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Moved:
    """A new data key for every subject, and every value under it, in this suite or the config's. Raises WorkUnfinished."""
    version, resumed = _begin(vault, "reencrypt", suite and SUITES[suite], actor)
    run = _Run(vault, version, progress, sleep)
    run.through(RENEWED_AT_ONCE, _renew)
    return run.finish(actor, resumed=resumed)


def _begin(vault: "Vault", kind: Kind, suite: Suite | None, actor: str) -> tuple[KeyVersion, bool]:
    """The version to move to: the one that an earlier run left unfinished, or a new one."""
    with vault.store.writing() as connection:
        newest = vault.versions.newest(connection)
        if not newest.finished:
            if newest.kind != kind or suite not in (None, newest.suite):
                raise WorkUnfinished(newest.kind, newest.suite.name)
            return newest, True
        number = newest.version + 1
        if kind == "reencrypt":
            suite = suite or SUITES[vault.config.suite]
        vault.versions.add(connection, number, suite or newest.suite, kind, at=stamp(vault.clock()))
        made = vault.versions.newest(connection)
        vault.chain.append(connection, [Act(actor, f"{kind}_begin", purpose=_told(made))])
        return made, False


class _Run:
    """One run over all subjects that are not under the new version yet."""

    def __init__(
        self, vault: "Vault", version: KeyVersion, progress: Progress, sleep: Callable[[float], None]
    ) -> None:
        self._vault, self._version = vault, version
        self._progress, self._sleep = progress, sleep
        self._done, self._left = 0, list[str]()

    def through(self, size: int, move: Move) -> None:
        """Block after block, in the order of subjects; each is durable before the next begins."""
        with self._vault.store.reading() as connection:
            counting = sa.select(sa.func.count()).select_from(data_key).where(*self._behind())
            total = connection.execute(counting).scalar_one()
        last = ""
        self._progress(0, total)
        more = total > 0
        while more:
            last, more = self._block(last, size, move)
            self._progress(self._done + len(self._left), total)
            self._sleep(PAUSE_S)

    def finish(self, actor: str, *, resumed: bool) -> Moved:
        """Put the end on record."""
        act = Act(actor, self._version.kind, count=self._done, purpose=_told(self._version))
        with self._vault.store.writing() as connection:
            self._vault.versions.finish(connection, self._version.version, at=stamp(self._vault.clock()))
            self._vault.chain.append(connection, [act])
        self._vault.store.forget()
        return Moved(self._version.version, self._version.suite.name, self._done, tuple(self._left), resumed)

    def _block(self, last: str, size: int, move: Move) -> tuple[str, bool]:
        """Move one block; its last subject, and whether there may be more."""
        with self._vault.store.writing() as connection:
            wanted = data_key.c.subject, data_key.c.version, data_key.c.body
            query = sa.select(*wanted).where(*self._behind(), data_key.c.subject > last)
            found = as_stored(connection, query.order_by(data_key.c.subject).limit(size))
            if not found:
                return last, False
            left = move(self._vault, connection, found, self._version)
        self._left += left
        self._done += len(found) - len(left)
        return str(found[-1][0]), len(found) == size

    def _behind(self) -> tuple[sa.ColumnElement[bool], ...]:
        return data_key.c.body.is_not(None), data_key.c.wrapped_by < self._version.version


def _rewrap(
    vault: "Vault", connection: sa.Connection, found: Sequence[Any], version: KeyVersion
) -> list[str]:
    """Wrap the data keys anew; the subjects of those that cannot be."""
    return vault.subject_keys.rewrap(connection, found, version)


def _renew(vault: "Vault", connection: sa.Connection, found: Sequence[Any], version: KeyVersion) -> list[str]:
    """New data keys, and all values of these subjects under them; the subjects of those that cannot be opened."""
    versions = {subject: version + 1 for subject, version, _ in found}
    values = _values(connection, versions)
    opened = {subject: _opened(vault, connection, subject, values.get(subject, [])) for subject in versions}
    sound = {subject: pairs for subject, pairs in opened.items() if pairs is not None}
    # The old key goes first, because the new one takes its place.
    for block in blocks(sound):
        connection.execute(data_key.delete().where(data_key.c.subject.in_(block)))
    fresh = {subject: versions[subject] for subject in sound}
    made = vault.subject_keys.make(connection, fresh, at=stamp(vault.clock()))
    change = next_change(connection)
    updates = [
        (*rows.renewed(row, value, made[row.subject], vault.keys, vault.random_bytes), change, row.token)
        for pairs in sound.values()
        for row, value in pairs
    ]
    update_rows(connection, _RENEWED, updates)
    return [subject for subject in versions if subject not in sound]


_RENEWED = (sealed_value.c.body, sealed_value.c.equality, sealed_value.c.index_mark, sealed_value.c.change)


def _values(connection: sa.Connection, subjects: Iterable[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for block in blocks(subjects):
        chosen = sealed_value.c.subject.in_(block), sealed_value.c.body.is_not(None)
        for row in connection.execute(sa.select(sealed_value).where(*chosen)):
            found.setdefault(row.subject, []).append(row)
    return found


def _opened(
    vault: "Vault", connection: sa.Connection, subject: str, values: list[Any]
) -> list[tuple[Any, Plaintext[str]]] | None:
    """The rows with their values; None when key or one value is damaged, so that nothing of that subject is touched."""
    try:
        vault.subject_keys.stored(connection, [subject])
        return list(zip(values, rows.opened(connection, values, vault.subject_keys), strict=True))
    except VaultDamaged:
        return None


def _told(version: KeyVersion) -> str:
    return f"version {version.version}, suite {version.suite.name}"
