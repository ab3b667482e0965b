"""What an auditor asks of the keys: which suite and version, and when they were last renewed and a restore was last tried."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from vault.clock import stamp
from vault.store import key_encryption_key, milestone
from vault.suites import SuiteName

if TYPE_CHECKING:
    from vault.vault import Vault

RESTORE_DRILL = "restore_drill"


@dataclass(frozen=True, slots=True)
class KeyReport:
    """Times are stamps in UTC; None: never."""

    suite: SuiteName
    key_version: int
    key_since: str
    """Since when every value lies under the newest key that is whole."""
    last_rotation: str | None
    last_reencryption: str | None
    unfinished: str | None
    last_restore_drill: str | None


def key_report(vault: "Vault") -> KeyReport:
    """How the keys of a vault stand."""
    with vault.store.reading() as connection:
        newest = vault.versions.newest(connection)
        return KeyReport(
            suite=newest.suite.name,
            key_version=newest.version,
            key_since=connection.execute(
                sa.select(sa.func.max(key_encryption_key.c.finished_at))
            ).scalar_one(),
            last_rotation=_last(connection, "rotate"),
            last_reencryption=_last(connection, "reencrypt"),
            unfinished=None if newest.finished else newest.kind,
            last_restore_drill=connection.execute(
                sa.select(milestone.c.at).where(milestone.c.name == RESTORE_DRILL)
            ).scalar(),
        )


def note(vault: "Vault", name: str) -> None:
    """Remember that something happened to the vault as a whole just now, such as a restore drill."""
    with vault.store.writing() as connection:
        connection.execute(milestone.delete().where(milestone.c.name == name))
        connection.execute(milestone.insert(), {"name": name, "at": stamp(vault.clock())})


def _last(connection: sa.Connection, kind: str) -> str | None:
    finished = sa.select(sa.func.max(key_encryption_key.c.finished_at))
    return connection.execute(finished.where(key_encryption_key.c.kind == kind)).scalar()
