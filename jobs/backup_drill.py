"""The restore drill: a backup is made, opened again in a scratch place, and every row and every value of it is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyrage

from jobs.backup import HUB, KEYS, VAULT, Copies, Places, snapshot
from jobs.backup_errors import BackupDamaged
from jobs.backup_file import CUT, Kind, Manifest, Progress, read_backup, write_backup
from jobs.backup_snapshot import differences, faults, keyless, put_keys_in, row_counts
from vault.vault import Vault
from vault.verifying import verify_rows

ACTOR = "restore drill"


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill looked at, and what was not as it should be: by file and table, rows that differ."""

    rows: int
    values: int
    different: Mapping[str, Mapping[str, int]]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came back."""
        return not self.different and not self.faults

    def told(self) -> list[str]:
        """What is wrong, a line each; no value."""
        unlike = [
            f"{file}: {table}: {rows} row(s) differ"
            for file, found in self.different.items()
            for table, rows in found.items()
        ]
        return unlike + list(self.faults)


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """What a stored backup holds."""

    manifest: Manifest
    faults: tuple[str, ...]


def drill(
    places: Places,
    open_vault: Callable[[Path], Vault],
    *,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> Drilled:
    """Make a backup for an identity made for the occasion, restore it, compare every row, open every value. Raises DiskFull, VaultError.

    The operator's own identity is not on this machine: `backup verify` tries that.
    """
    identity = pyrage.x25519.Identity.generate()
    with snapshot(places, now=now) as copies:
        scratch = copies.keys.parent
        archive = _there_and_back("archive", copies.files, identity, scratch, progress)
        keys = _there_and_back("keys", {KEYS: copies.keys}, identity, scratch, progress)
        different = _different(copies, archive, keys)
        put_keys_in(archive / VAULT, keys / KEYS)
        restored = open_vault(archive / VAULT)
        try:
            verified = verify_rows(restored, actor=ACTOR)
        finally:
            restored.close()
        found = [f"{fault.kind} {fault.name}" for fault in verified.faults]
        rows = sum(sum(row_counts(archive / name).values()) for name in (HUB, VAULT))
        if lost := keyless(archive / VAULT):
            found.append(f"{lost} value(s) without a key")
    return Drilled(rows, verified.values, different, tuple(found))


def verify_file(
    file: Path, identity: str, scratch: Path, progress: Progress = lambda done, total: None
) -> VerifiedFile:
    """Decrypt a stored backup and look at all that is in it. Raises IdentityWrong, BackupDamaged, DiskFull."""
    manifest = read_backup(file, identity, scratch, progress)
    found: list[str] = []
    for name, tables in manifest.rows.items():
        found += [f"{name}: {fault}" for fault in faults(scratch / name)]
        if not found and row_counts(scratch / name) != dict(tables):
            found.append(f"{name}: its rows are not those of the manifest")
    return VerifiedFile(manifest, tuple(found))


def require_whole(verified: VerifiedFile, file: Path) -> None:
    """Raises BackupDamaged."""
    if verified.faults:
        raise BackupDamaged(f"{file}: {CUT}: {verified.faults[0]}", "take another backup")


def _there_and_back(
    kind: Kind, files: Mapping[str, Path], identity: pyrage.x25519.Identity, scratch: Path, progress: Progress
) -> Path:
    manifest = Manifest(
        kind, "drill", "", "", "", {name: path.stat().st_size for name, path in files.items()}
    )
    sealed, opened = scratch / f"{kind}.age", scratch / kind
    opened.mkdir(mode=0o700)
    write_backup(sealed, manifest, files, [str(identity.to_public())], progress)
    read_backup(sealed, str(identity), opened)
    return opened


def _different(copies: Copies, archive: Path, keys: Path) -> dict[str, Mapping[str, int]]:
    compared = {name: differences(copies.files[name], archive / name) for name in (HUB, VAULT)}
    compared[KEYS] = differences(copies.keys, keys / KEYS)
    return {name: found for name, found in compared.items() if found}
