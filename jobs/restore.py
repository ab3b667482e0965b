"""Brings an archive back from its backup: staged, joined with its keys, led on by journal and erasures, then put in place.

Nothing in the home is touched before all of that has gone well; what was there is moved aside, not deleted.
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import orjson

from jobs.backup import CONFIG, HUB, KEYS, VAULT
from jobs.backup_drill import require_whole, verify_file
from jobs.backup_errors import BackupDamaged, BackupRefused, full_disk_told, require_room
from jobs.backup_file import Manifest, Progress
from jobs.backup_server import HUB_FORM, VAULT_FORM, bring_in, require_restorable
from jobs.backup_snapshot import keyless, put_keys_in
from jobs.restore_marker import Marker, write_marker
from jobs.restore_moves import put_in_place, same_disk
from jobs.restore_present import erased, newer, records
from jobs.restore_standing import ask_for_orphans, bind_again, end_again
from sync.history_chain import note_restored
from sync.queue import ENGINE
from sync.store.hub import Hub
from vault.replaying import replay
from vault.sqlite import sqlite_path
from vault.vault import Vault
from vault.verifying import verify_rows

STAGED = "restoring"
ACTOR = "restore"
Steps = Callable[[str], Progress]
"""Shows how far a step of this name is."""


def _unseen(_step: str) -> Progress:
    return lambda done, total: None


@dataclass(frozen=True, slots=True)
class Present:
    """Where the archive lies that is replaced: hub and vault by URL, which may hold a password."""

    home: Path
    hub: str = field(repr=False)
    vault: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored, and over what."""

    file: Path
    keys: Path
    identity: str
    keys_identity: str
    over: Present
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
    restricted_again: int
    disabled_again: int
    orphans: int
    journal_rows: int
    journal_through: str | None
    config_differs: bool
    aside: str


@dataclass(frozen=True, slots=True)
class Led:
    """How far the restored vault was led on. `orphans` are tokens that the hub names and the vault does not know."""

    values: int
    erased_again: int
    restricted_again: int
    disabled_again: int
    orphans: int
    journal_rows: int
    journal_through: str | None


OpenVault = Callable[[Path, Path], Vault]
"""Opens the vault of a file under the config of another file."""
OpenHub = Callable[[Path, Path], Hub]
"""The same for a hub."""


def stage(
    wanted: Wanted,
    open_vault: OpenVault,
    open_hub: OpenHub,
    *,
    now: datetime,
    config: Path,
    steps: Steps = _unseen,
) -> Plan:
    """Make everything ready below the home, and say what it would do. Raises BackupError, VaultError.

    The journal is replayed and erasures are repeated here, so that nothing ever serves without them.
    """
    for url in (wanted.over.hub, wanted.over.vault):
        if sqlite_path(url) is None:
            require_restorable(url)
    folder = _fresh(wanted.over.home)
    # What is decrypted, and what is unpacked of it, lie there at once.
    require_room(wanted.over.home, 2 * wanted.file.stat().st_size, "unpacking the backup")
    try:
        with full_disk_told(wanted.over.home):
            manifest = _unpacked(wanted, folder, steps)
            _require_room_in_place(wanted.over, folder)
            with (
                closing(open_vault(folder / VAULT, folder / CONFIG)) as restored,
                closing(open_hub(folder / HUB, folder / CONFIG)) as hub,
            ):
                led = _led_on(restored, hub, wanted, manifest, folder, steps, now)
            return _plan(wanted, manifest, led, folder, now=now, config=config)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def install(over: Present, plan: Plan) -> None:
    """Put what is staged in place; cut short anywhere, `finish` ends it. The archive then waits for `resume`."""
    marker = Marker(plan.id, "installing", STAGED, plan.aside, asdict(plan))
    write_marker(over.home, marker)
    finish(over, marker)


def finish(over: Present, marker: Marker) -> None:
    """Do the moves that are not done yet. Repeating it changes nothing."""
    home, staged = over.home, over.home / marker.staged
    for name, url, form in ((HUB, over.hub, HUB_FORM), (VAULT, over.vault, VAULT_FORM)):
        present = sqlite_path(url)
        if present:
            put_in_place(staged / name, present, aside=marker.aside)
        elif (staged / name).exists():
            bring_in(url, staged / name, form, aside=marker.aside)
            (staged / name).unlink()
    if (staged / CONFIG).exists():
        (staged / CONFIG).replace(home / "config.from-backup.yaml")
    write_marker(home, Marker(marker.plan, "waiting", marker.staged, marker.aside, marker.summary))
    shutil.rmtree(staged, ignore_errors=True)


def _require_room_in_place(over: Present, folder: Path) -> None:
    """A file that goes to another disk is copied there; what was there is kept beside it."""
    for name, url in ((HUB, over.hub), (VAULT, over.vault)):
        present = sqlite_path(url)
        if present is None:
            continue
        present.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not same_disk(folder, present.parent):
            require_room(present.parent, (folder / name).stat().st_size, "what is restored")


def discard(home: Path) -> None:
    """Remove what is staged, as after a dry run."""
    shutil.rmtree(home / STAGED, ignore_errors=True)


def _fresh(home: Path) -> Path:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    discard(home)
    folder = home / STAGED
    folder.mkdir(mode=0o700)
    return folder


def _unpacked(wanted: Wanted, folder: Path, steps: Steps) -> Manifest:
    """The archive of the backup with its keys in it. Raises BackupRefused when the keys are not its own or older."""
    verified = verify_file(wanted.file, wanted.identity, folder, steps("decrypting the archive"))
    require_whole(verified, wanted.file)
    manifest = verified.manifest
    if manifest.kind != "archive":
        raise BackupRefused(
            f"{wanted.file} holds keys", "name the backup of the archive, and this with --keys"
        )
    apart = folder / "keys"
    apart.mkdir(mode=0o700)
    keys = verify_file(wanted.keys, wanted.keys_identity, apart, steps("decrypting its keys"))
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


def _led_on(
    restored: Vault,
    hub: Hub,
    wanted: Wanted,
    manifest: Manifest,
    folder: Path,
    steps: Steps,
    now: datetime,
) -> Led:
    """Journal, erasures, restrictions and disabled users; then every value is opened, and what is lost is counted."""
    rows, through = 0, None
    if wanted.journal and wanted.journal.exists():
        journal = steps("replaying the vault's journal")
        replayed = replay(wanted.journal, restored, actor=ACTOR, progress=lambda rows: journal(rows, 0))
        rows, through = replayed.rows, replayed.through
    known = _known_erasures(wanted, folder)
    bound = bind_again(restored, wanted.over.vault, erased=known, actor=ACTOR)
    verified = verify_rows(restored, actor=ACTOR, progress=steps("opening every value"))
    if verified.faults:
        fault = verified.faults[0]
        raise BackupDamaged(
            f"{len(verified.faults)} value(s) do not open, the first: {fault.kind} {fault.name}",
            "take another backup",
        )
    note_restored(hub, restored, ENGINE, actor=ACTOR, backup_at=datetime.fromisoformat(manifest.at))
    end_again(hub, restored, erased=verified.erased, now=now)
    return Led(
        values=verified.values,
        erased_again=bound.erased,
        restricted_again=bound.restricted,
        disabled_again=bound.disabled,
        orphans=ask_for_orphans(hub, restored),
        journal_rows=rows,
        journal_through=through,
    )


def _known_erasures(wanted: Wanted, folder: Path) -> set[str]:
    """Everybody who was erased, as the present vault and the newest backup of its keys know."""
    known = erased(wanted.over.vault)
    if wanted.newest_keys and wanted.newest_keys != wanted.keys:
        apart = folder / "newest"
        apart.mkdir(mode=0o700)
        newest = verify_file(wanted.newest_keys, wanted.keys_identity, apart)
        require_whole(newest, wanted.newest_keys)
        known |= erased(_url(apart / KEYS))
        shutil.rmtree(apart)
    return known


def _plan(
    wanted: Wanted,
    manifest: Manifest,
    led: Led,
    folder: Path,
    *,
    now: datetime,
    config: Path,
) -> Plan:
    made = {
        "backup": str(wanted.file),
        "made_at": manifest.at,
        "vault_id": manifest.vault_id,
        "records": records(_url(folder / HUB)),
        "present": records(wanted.over.hub),
        "newer": newer(wanted.over.hub, datetime.fromisoformat(manifest.at)),
        **asdict(led),
        "config_differs": config.exists() and config.read_bytes() != (folder / CONFIG).read_bytes(),
    }
    name = hashlib.sha256(orjson.dumps([manifest.id, made], option=orjson.OPT_SORT_KEYS)).hexdigest()[:10]
    return Plan(id=name, aside=f"before-restore-{now:%Y%m%dT%H%M%S}", **made)


def _url(file: Path) -> str:
    return f"sqlite:///{file}"
