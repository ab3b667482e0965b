"""How files end that are in the archive: held for the law, or destroyed after retention by two people."""

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import orjson

from jobs.archive_candidates import stamp
from jobs.archive_register import Entry
from jobs.archiving import Shelf, note_act
from jobs.backup_errors import BackupRefused
from sync.connection import Uid
from sync.store.records import State
from vault.errors import SubjectUnknown


def may_end(entry: Entry, today: date) -> bool:
    """Whether an archived file may be destroyed: nothing holds it, and the longest rule of keeping has run."""
    kept = entry.retain_until
    return (
        entry.stage == "archived" and not entry.held and kept is not None and date.fromisoformat(kept) < today
    )


def hold(shelf: Shelf, uid: Uid, reason: str, *, by: str) -> None:
    """Keep an archived file from being destroyed; an empty reason ends that. Raises BackupRefused."""
    entry = _archived(shelf, uid)
    shelf.register.put(entry.evolve(held=reason, wanted_by=""))
    note_act(shelf, by, "file_held" if reason else "file_released", uid)


def destroy(shelf: Shelf, uid: Uid, *, by: str, now: datetime, today: date) -> Path | None:
    """The first person wants it, a second one does it: key, values and bundle go; the certificate. None: it waits for the second.

    Whether each may is the caller's to know. Raises BackupRefused.
    """
    entry = _archived(shelf, uid)
    if entry.held:
        raise BackupRefused(f"{entry.number} is held: {entry.held}", "tablekeeper archive release")
    if entry.retain_until is None or date.fromisoformat(entry.retain_until) >= today:
        until = (
            entry.retain_until
            or "an unknown day: a date that a rule of `archiving.keep` counts from is missing"
        )
        raise BackupRefused(f"{entry.number} is kept until {until}")
    if not entry.wanted_by:
        shelf.register.put(entry.evolve(wanted_by=by))
        note_act(shelf, by, "destruction_wanted", uid)
        return None
    if entry.wanted_by == by:
        raise BackupRefused(f"{by} has asked for it already", "another person must confirm it")
    return _destroyed(shelf, entry, by, now)


def _destroyed(shelf: Shelf, entry: Entry, by: str, now: datetime) -> Path:
    try:
        values = shelf.vault.erase_subject(entry.uid, actor=by, reason="retention has ended")
    except SubjectUnknown:
        values = 0
    Path(entry.bundle).unlink(missing_ok=True)
    done = entry.evolve(stage="destroyed", ended_at=stamp(now))
    certificate = {
        "certificate": "destruction of a customer's file",
        **asdict(done),
        "confirmed_by": by,
        "values_destroyed": values,
        "method": "data key and sealed values erased in the vault, bundle removed",
        "not_covered": "backups until their date; version histories of the services",
        "vault_id": shelf.vault.keys.vault_id,
    }
    file = shelf.folder / f"{entry.uid}.certificate.json"
    file.write_bytes(orjson.dumps(certificate, option=orjson.OPT_INDENT_2))
    shelf.register.put(done)
    note_act(shelf, by, "file_destroyed", entry.uid)
    return file


def _archived(shelf: Shelf, uid: Uid) -> Entry:
    entry = shelf.register.get(uid)
    if entry is None or entry.stage != "archived":
        raise BackupRefused(f"{uid} is not in the archive", "tablekeeper archive list")
    with shelf.hub.reading() as unit:
        records = (unit.records.get(table, uid) for table, uid in entry.members)
        if any(one and one.state is not State.ARCHIVED for one in records):
            # Killed while it was restored.
            raise BackupRefused(
                f"{entry.number} is back in the tables", "tablekeeper archive restore ends that"
            )
    return entry
