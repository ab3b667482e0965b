"""The restore drill: a backup is made, opened again in a scratch place, and every row and every value of it is looked at."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyrage

from jobs.backup import HUB, KEYS, VAULT, Copies, Places, snapshot
from jobs.backup_errors import BackupDamaged
from jobs.backup_file import CUT, Kind, Manifest, Progress, read_backup, write_backup
from jobs.backup_scratch import may_hold_scratch, restored_beside
from jobs.backup_server import HUB_FORM, VAULT_FORM, copy_out
from jobs.backup_snapshot import differences, faults, keyless, put_keys_in, row_counts
from vault.sqlite import sqlite_path
from vault.vault import Vault
from vault.verifying import verify_rows

ACTOR = "restore drill"
Place = Literal["files", "server", "refused"]


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill looked at, and what was not as it should be: by file and table, rows that differ."""

    rows: int
    values: int
    different: Mapping[str, Mapping[str, int]]
    faults: tuple[str, ...]
    place: Place
    """Where it was restored: files, or a schema of the archive's own server; `refused` where the server lets nobody make one."""

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
    open_vault: Callable[[str], Vault],
    *,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> Drilled:
    """Make a backup for an identity made for the occasion, restore it, compare every row, open every value. Raises DiskFull, VaultError.

    What lies on a server is restored there, into a schema that goes again. The operator's own identity is not on this machine: `backup verify` tries that.
    """
    identity = pyrage.x25519.Identity.generate()
    with snapshot(places, now=now) as copies:
        scratch = copies.keys.parent
        archive = _there_and_back("archive", copies.files, identity, scratch, progress)
        keys = _there_and_back("keys", {KEYS: copies.keys}, identity, scratch, progress)
        different = _different(copies, archive, keys)
        put_keys_in(archive / VAULT, keys / KEYS)
        with _put_back(places, archive) as restored:
            different |= restored.different
            with closing(open_vault(restored.vault)) as vault:
                verified = verify_rows(vault, actor=ACTOR)
        found = [f"{fault.kind} {fault.name}" for fault in verified.faults]
        rows = sum(sum(row_counts(archive / name).values()) for name in (HUB, VAULT))
        if lost := keyless(archive / VAULT):
            found.append(f"{lost} value(s) without a key")
    return Drilled(rows, verified.values, different, tuple(found), restored.place)


@dataclass(frozen=True, slots=True)
class _Restored:
    """An archive that stands again: where, its vault by URL, and rows that differ from what was to be restored."""

    place: Place
    vault: str
    different: Mapping[str, Mapping[str, int]]


@contextmanager
def _put_back(places: Places, archive: Path) -> Iterator[_Restored]:
    """Restore what was decrypted to where the archive itself lies: files are in place already."""
    served = [url for url in (places.hub, places.vault) if sqlite_path(url) is None]
    if not served or not all(may_hold_scratch(url) for url in served):
        yield _Restored("refused" if served else "files", f"sqlite:///{archive / VAULT}", {})
        return
    with ExitStack() as held:
        different, vault = {}, f"sqlite:///{archive / VAULT}"
        for name, url, form in ((HUB, places.hub, HUB_FORM), (VAULT, places.vault, VAULT_FORM)):
            if url in served:
                there = held.enter_context(restored_beside(url, archive / name, form))
                again = archive / f"again-{name}"
                copy_out(there, again, form)
                different[name] = differences(archive / name, again)
                vault = there if name == VAULT else vault
        yield _Restored("server", vault, {name: found for name, found in different.items() if found})


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
