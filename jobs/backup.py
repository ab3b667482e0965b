"""Makes a backup of a running archive: hub, vault and config in one file, the keys in another; and puts old ones away."""

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs.backup_config import BackupConfig
from jobs.backup_errors import BackupUnset, full_disk_told, require_room
from jobs.backup_file import Kind, Manifest, Progress, write_backup
from jobs.backup_rotation import at_of, file_name, superfluous
from jobs.backup_server import HUB_FORM, VAULT_FORM, copy_state, one_state, size_of
from jobs.backup_snapshot import copy_keys, row_counts, take_keys_out
from vault.sqlite import sqlite_path

HUB, VAULT, CONFIG, KEYS = "hub.sqlite3", "vault.sqlite3", "config.yaml", "keys.sqlite3"
SCRATCH = "copying-"
LEFT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of an archive lie: `hub` and `vault` by URL, which may hold a password."""

    home: Path
    hub: str = field(repr=False)
    vault: str = field(repr=False)
    config: Path
    vault_id: str


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that stands: a file, its size in bytes, and the older ones that went."""

    kind: Kind
    file: Path
    size: int
    removed: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Copies:
    """One state of an archive: files that are good until the block ends, the hub's own perhaps among them."""

    files: dict[str, Path]
    keys: Path


def folder_of(config: BackupConfig, home: Path) -> Path:
    """Where backups go."""
    return config.to or home / "backups"


def keys_folder_of(config: BackupConfig, home: Path) -> Path:
    """Where backups of the keys go."""
    return config.keys_to or folder_of(config, home) / "keys"


def back_up(
    places: Places,
    config: BackupConfig,
    *,
    now: datetime,
    folder: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Made]:
    """The archive's backup and its keys' backup, of one moment. Raises BackupUnset, DiskFull, OSError."""
    _require_recipients(config)
    with snapshot(places, now=now) as copies:
        common = now.isoformat(timespec="seconds"), secrets.token_hex(8)
        archive = _made(
            "archive",
            copies.files,
            config.recipients,
            folder or folder_of(config, places.home),
            places,
            config,
            common,
            progress,
        )
        keys = _keys_made(copies.keys, places, config, common)
    return [archive, keys]


def back_up_keys(
    places: Places, config: BackupConfig, *, now: datetime, folder: Path | None = None
) -> list[Made]:
    """The keys alone, as after a rotation. Raises BackupUnset, DiskFull, OSError."""
    _require_recipients(config)
    common = now.isoformat(timespec="seconds"), secrets.token_hex(8)
    with snapshot(places, now=now, keys_only=True) as copies:
        return [_keys_made(copies.keys, places, config, common, folder)]


def _keys_made(
    keys: Path, places: Places, config: BackupConfig, common: tuple[str, str], folder: Path | None = None
) -> Made:
    return _made(
        "keys",
        {KEYS: keys},
        config.key_recipients or config.recipients,
        folder or keys_folder_of(config, places.home),
        places,
        config,
        common,
        lambda done, total: None,
    )


def _require_recipients(config: BackupConfig) -> None:
    if not config.recipients:
        raise BackupUnset(
            "nobody could open a backup: `backup.recipients` in config.yaml is empty",
            "`age-keygen` makes an identity and prints its recipient; keep the identity away from this machine",
        )


def _made(
    kind: Kind,
    files: dict[str, Path],
    recipients: Sequence[str],
    folder: Path,
    places: Places,
    config: BackupConfig,
    common: tuple[str, str],
    progress: Progress,
) -> Made:
    at, name = common
    manifest = Manifest(
        kind=kind,
        id=name,
        at=at,
        release=_release(),
        vault_id=places.vault_id,
        files={name: path.stat().st_size for name, path in files.items()},
        rows={name: row_counts(path) for name, path in files.items() if name != CONFIG},
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / file_name(kind, datetime.fromisoformat(at))
    size = write_backup(file, manifest, files, recipients, progress)
    return Made(kind, file, size, tuple(rotate(folder, kind, config)))


def rotate(folder: Path, kind: Kind, config: BackupConfig) -> list[Path]:
    """Remove what is neither the newest of a day, a week or a month that is kept; what went."""
    found = {path: at for path in folder.iterdir() if (at := at_of(path.name, kind))}
    gone = superfluous(found, daily=config.keep_daily, weekly=config.keep_weekly, monthly=config.keep_monthly)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


@contextmanager
def snapshot(places: Places, *, now: datetime, keys_only: bool = False) -> Iterator[Copies]:
    """One state of the archive while others work on it; what is copied lies in the home until the end. Raises DiskFull."""
    _require_room(places)
    _clear_leftovers(places.home, now)
    with (
        TemporaryDirectory(prefix=SCRATCH, dir=places.home) as made,
        full_disk_told(places.home),
        ExitStack() as held,
    ):
        folder, files = Path(made), {}
        if not keys_only:
            shutil.copyfile(places.config, folder / CONFIG)
            # The hub first: whatever token it names, the later copy of the vault has it.
            hub = held.enter_context(one_state(places.hub, folder / HUB, HUB_FORM))
            files = {CONFIG: folder / CONFIG, HUB: hub, VAULT: folder / VAULT}
        copy_state(places.vault, folder / VAULT, VAULT_FORM)
        copy_keys(folder / VAULT, folder / KEYS)
        take_keys_out(folder / VAULT)
        yield Copies(files, folder / KEYS)


def _size(url: str) -> int:
    path = sqlite_path(url)
    return path.stat().st_size if path else size_of(url)


def _require_room(places: Places) -> None:
    require_room(places.home, _size(places.hub) + _size(places.vault), "the copy")


def _clear_leftovers(home: Path, now: datetime) -> None:
    """What a killed run left. One that still works is never a day old."""
    for left in home.glob(f"{SCRATCH}*"):
        if left.stat().st_mtime < (now - LEFT_FOR).timestamp():
            shutil.rmtree(left, ignore_errors=True)


def _release() -> str:
    try:
        return version("tablekeeper")
    except PackageNotFoundError:
        return "unreleased"
