"""Brings an archive back from its backup: staged, joined with its keys, led on by journal and erasures, then put in place.

Nothing in the home is touched before all of that has gone well; what was there is moved aside, not deleted.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from jobs.backup import CONFIG, HUB, KEYS, VAULT
from jobs.backup_drill import require_whole, verify_file
from jobs.backup_errors import BackupDamaged, BackupRefused, full_disk_told
from jobs.backup_file import Manifest
from jobs.backup_snapshot import keyless, put_keys_in
from jobs.restore_marker import Marker, write_marker
from sync.store.hub import Hub
from sync.store.records import State
from sync.store.tables import record
from vault.errors import SubjectUnknown
from vault.replaying import replay
from vault.store import data_key
from vault.vault import Vault
from vault.verifying import verify_rows

STAGED = "restoring"
ACTOR = "restore"
ERASED = "erased"
"""Where a tombstone says that no replica but an erasure ended the record."""
_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored, and over what."""

    file: Path
    keys: Path
    identity: str
    keys_identity: str
    home: Path
    journal: Path | None
    newest_keys: Path | None = None
    """A later backup of the keys, which knows of later erasures."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What restoring does. `newer` are records of the present archive that changed since the backup: they go back to it."""

    id: str
    backup: str
    made_at: str
    vault_id: str
    records: Mapping[str, int]
    present: Mapping[str, int]
    newer: int
    values: int
    erased_again: int
    journal_rows: int
    journal_through: str | None
    config_differs: bool
    aside: str


OpenVault = Callable[[Path, Path], Vault]
"""Opens the vault of a file under the config of another file."""
OpenHub = Callable[[Path, Path], Hub]
"""The same for a hub."""


def stage(wanted: Wanted, open_vault: OpenVault, open_hub: OpenHub, *, now: datetime, config: Path) -> Plan:
    """Make everything ready below the home, and say what it would do. Raises BackupError, VaultError.

    The journal is replayed and erasures are repeated here, so that nothing ever serves without them.
    """
    folder = _fresh(wanted.home)
    try:
        with full_disk_told(wanted.home):
            manifest = _unpacked(wanted, folder)
            restored = open_vault(folder / VAULT, folder / CONFIG)
            try:
                counts = _led_on(restored, wanted, folder)
            finally:
                restored.close()
            hub = open_hub(folder / HUB, folder / CONFIG)
            try:
                _bury(hub, _erased(folder / VAULT), now)
            finally:
                hub.close()
            return _plan(wanted, manifest, counts, folder, now=now, config=config)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def install(home: Path, plan: Plan) -> None:
    """Put what is staged in place; cut short anywhere, `finish` ends it. The archive then waits for `resume`."""
    marker = Marker(plan.id, "installing", STAGED, plan.aside, asdict(plan))
    write_marker(home, marker)
    finish(home, marker)


def finish(home: Path, marker: Marker) -> None:
    """Do the moves that are not done yet. Repeating it changes nothing."""
    staged, aside = home / marker.staged, home / marker.aside
    aside.mkdir(mode=0o700, exist_ok=True)
    for name in (HUB, VAULT):
        if not (staged / name).exists():
            continue  # It has been moved.
        for suffix in _BESIDE:
            present = home / (name + suffix)
            if present.exists():
                present.replace(aside / present.name)
        (staged / name).replace(home / name)
    if (staged / CONFIG).exists():
        (staged / CONFIG).replace(home / "config.from-backup.yaml")
    write_marker(home, Marker(marker.plan, "waiting", marker.staged, marker.aside, marker.summary))
    shutil.rmtree(staged, ignore_errors=True)


def discard(home: Path) -> None:
    """Remove what is staged, as after a dry run."""
    shutil.rmtree(home / STAGED, ignore_errors=True)


def _fresh(home: Path) -> Path:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    discard(home)
    folder = home / STAGED
    folder.mkdir(mode=0o700)
    return folder


def _unpacked(wanted: Wanted, folder: Path) -> Manifest:
    """The archive of the backup with its keys in it. Raises BackupRefused when the keys are not its own or older."""
    verified = verify_file(wanted.file, wanted.identity, folder)
    require_whole(verified, wanted.file)
    manifest = verified.manifest
    if manifest.kind != "archive":
        raise BackupRefused(
            f"{wanted.file} holds keys", "name the backup of the archive, and this with --keys"
        )
    apart = folder / "keys"
    apart.mkdir(mode=0o700)
    keys = verify_file(wanted.keys, wanted.keys_identity, apart)
    require_whole(keys, wanted.keys)
    if keys.manifest.kind != "keys" or keys.manifest.vault_id != manifest.vault_id:
        raise BackupRefused(
            f"{wanted.keys} does not hold the keys of this archive", "name its keys' backup with --keys"
        )
    put_keys_in(folder / VAULT, apart / KEYS)
    shutil.rmtree(apart)
    if lost := keyless(folder / VAULT):
        raise BackupRefused(
            f"{lost} value(s) of {wanted.file} have no key in {wanted.keys}: these keys are older",
            "name the keys' backup of the same moment, or a later one, with --keys",
        )
    return manifest


def _led_on(restored: Vault, wanted: Wanted, folder: Path) -> tuple[int, int, str | None, int]:
    """Values, erasures repeated, and how far the journal led the vault."""
    rows, through = 0, None
    if wanted.journal and wanted.journal.exists():
        replayed = replay(wanted.journal, restored, actor=ACTOR)
        rows, through = replayed.rows, replayed.through
    erased = _known_erasures(wanted, folder)
    repeated = 0
    for subject in sorted(erased):
        try:
            restored.erase_subject(subject, actor=ACTOR, reason="erased before the backup was restored")
            repeated += 1
        except SubjectUnknown:
            pass  # The backup knows of the erasure, or never knew the person.
    verified = verify_rows(restored, actor=ACTOR)
    if verified.faults:
        fault = verified.faults[0]
        raise BackupDamaged(
            f"{len(verified.faults)} value(s) do not open, the first: {fault.kind} {fault.name}",
            "take another backup",
        )
    return verified.values, repeated, through, rows


def _known_erasures(wanted: Wanted, folder: Path) -> set[str]:
    """Everybody who was erased, as the present vault and the newest backup of its keys know."""
    erased = _erased(wanted.home / VAULT) if (wanted.home / VAULT).exists() else set()
    if wanted.newest_keys and wanted.newest_keys != wanted.keys:
        apart = folder / "newest"
        apart.mkdir(mode=0o700)
        newest = verify_file(wanted.newest_keys, wanted.keys_identity, apart)
        require_whole(newest, wanted.newest_keys)
        erased |= _erased(apart / KEYS)
        shutil.rmtree(apart)
    return erased


def _erased(vault: Path) -> set[str]:
    """The people whose keys a vault no longer has. No key is needed to know that."""
    query = f"SELECT subject FROM {data_key.name} GROUP BY subject HAVING max(body IS NOT NULL) = 0"
    try:
        with closing(sqlite3.connect(f"file:{vault}?mode=ro", uri=True)) as connection:
            return {subject for (subject,) in connection.execute(query)}
    except sqlite3.DatabaseError:
        return set()  # A broken vault is a reason to restore.


def _bury(hub: Hub, erased: Iterable[str], now: datetime) -> None:
    """Records of people who were erased stay ended: what lives of them in the restored hub gets a tombstone."""
    with hub.unit() as unit:
        for subject in erased:
            found = unit.records.find(subject)
            if found and found.state is not State.ARCHIVED:
                unit.records.save(found.table, subject, found.values, state=State.ARCHIVED, now=now)
                unit.records.bury(found.table, subject, replica=ERASED, now=now)


def _plan(
    wanted: Wanted,
    manifest: Manifest,
    counts: tuple[int, int, str | None, int],
    folder: Path,
    *,
    now: datetime,
    config: Path,
) -> Plan:
    values, repeated, through, rows = counts
    hub = wanted.home / HUB
    made = {
        "backup": str(wanted.file),
        "made_at": manifest.at,
        "vault_id": manifest.vault_id,
        "records": _records(folder / HUB),
        "present": _records(hub) if hub.exists() else {},
        "newer": _newer(hub, manifest.at) if hub.exists() else 0,
        "values": values,
        "erased_again": repeated,
        "journal_rows": rows,
        "journal_through": through,
        "config_differs": config.exists() and config.read_bytes() != (folder / CONFIG).read_bytes(),
    }
    name = hashlib.sha256(orjson.dumps([manifest.id, made], option=orjson.OPT_SORT_KEYS)).hexdigest()[:10]
    return Plan(id=name, aside=f"before-restore-{now:%Y%m%dT%H%M%S}", **made)  # type: ignore[arg-type]


def _records(hub: Path) -> dict[str, int]:
    """Records that are not archived, by table."""
    query = f"""SELECT "table", count(*) FROM {record.name} WHERE state != 'archived' GROUP BY 1 ORDER BY 1"""
    with closing(sqlite3.connect(f"file:{hub}?mode=ro", uri=True)) as connection:
        return {table: count for table, count in connection.execute(query)}


def _newer(hub: Path, at: str) -> int:
    """Records that changed after the backup was made."""
    since = datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M:%S")
    query = f"SELECT count(*) FROM {record.name} WHERE changed_at > ?"
    with closing(sqlite3.connect(f"file:{hub}?mode=ro", uri=True)) as connection:
        return int(connection.execute(query, (since,)).fetchone()[0])
