"""Moves the files of people out of the tables and back: an encrypted bundle first, then the rows; at the very end their destruction."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from sqlalchemy import select

from jobs.archive_candidates import File, Judge, stamp
from jobs.archive_register import Entry, Register
from jobs.backup_errors import BackupDamaged, BackupRefused, BackupUnset
from jobs.backup_file import Manifest, read_backup, write_backup
from sync.connection import Uid
from sync.store.hub import Hub, Unit
from sync.store.issues import load_issue
from sync.store.records import FINAL, State
from sync.store.tables import history, ledger, record, seen
from validators.schema import SchemaConfig
from validators.values import load_value
from vault.audit import Act, entries
from vault.errors import SubjectUnknown
from vault.vault import Vault

ARCHIVE = "archive"
"""Where a tombstone says that the file was archived, and not deleted in a replica."""
CONTENTS = ("records.json", "history.json", "ledger.json", "audit.json")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files go to and come from."""

    hub: Hub
    vault: Vault
    schema: SchemaConfig
    judge: Judge
    folder: Path
    recipients: tuple[str, ...]

    @property
    def register(self) -> Register:
        """What became of each file."""
        return Register(self.hub)


def candidates(shelf: Shelf, today: date) -> tuple[list[File], list[File]]:
    """The files that may go, and those that are only kept by a hold, an open case or another person's record."""
    with shelf.hub.reading() as unit:
        files = list(shelf.judge.files(unit, today))
    known = {entry.uid for entry in shelf.register.all()}
    free = [one for one in files if not one.blocked and one.person.uid not in known]
    return free, [one for one in files if one.blocked]


def may_end(entry: Entry, today: date) -> bool:
    """Whether an archived file may be destroyed: nothing holds it, and the longest rule of keeping has run."""
    kept = entry.retain_until
    return (
        entry.stage == "archived" and not entry.held and kept is not None and date.fromisoformat(kept) < today
    )


def approve(shelf: Shelf, uids: Sequence[Uid], *, by: str, now: datetime, today: date) -> list[Entry]:
    """Let these files go; all or none. Raises BackupRefused with what blocks one, BackupUnset without a recipient."""
    if not shelf.recipients:
        raise BackupUnset(
            "nobody could open a bundle: `backup.recipients` in config.yaml is empty", "docs/BACKUP.md"
        )
    found = _files(shelf, uids, today)
    made = [
        Entry(
            uid=uid,
            number=found[uid].person.key,
            stage="approved",
            approved_by=by,
            approved_at=stamp(now),
            retain_until=until.isoformat() if (until := found[uid].retain_until) else None,
        )
        for uid in uids
    ]
    for entry in made:
        shelf.register.put(entry)
        _record(shelf, by, "file_approved", entry.uid)
    return made


def _files(shelf: Shelf, uids: Sequence[Uid], today: date) -> dict[Uid, File]:
    with shelf.hub.reading() as unit:
        found = {one.person.uid: one for one in shelf.judge.files(unit, today, uids)}
    for uid in uids:
        if uid not in found:
            raise BackupRefused(f"{uid} is nobody's file in the tables", "tablekeeper archive list")
        if found[uid].blocked:
            raise BackupRefused(
                f"{found[uid].person.key} stays: {'; '.join(found[uid].blocked)}", "end that first"
            )
    return found


def carry_out(shelf: Shelf, *, now: datetime, today: date) -> dict[str, int]:
    """Take every approved file one step further, as far as it goes now; how many took each step. Repeating is safe."""
    steps = {"packed": 0, "moved": 0, "archived": 0, "kept": 0}
    for entry in list(shelf.register.all()):
        if entry.stage == "approved":
            entry = _packed(shelf, entry, now, today)
            steps["packed" if entry.stage == "packed" else "kept"] += 1
        if entry.stage == "packed":
            entry = _moved(shelf, entry, now)
            steps["moved"] += 1
        if entry.stage == "moved" and _emptied(shelf, entry, now):
            steps["archived"] += 1
    return steps


def _packed(shelf: Shelf, entry: Entry, now: datetime, today: date) -> Entry:
    """The bundle stands, durably, before a row goes. A file that something blocks by now stays approved."""
    with shelf.hub.reading() as unit:
        found = next(iter(shelf.judge.files(unit, today, [entry.uid])), None)
        if found is None or found.blocked:
            return entry
        members = tuple((one.table, one.uid) for one in (found.person, *found.members))
        contents = _contents(shelf, unit, entry.uid, [uid for _, uid in members])
    shelf.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    bundle = shelf.folder / f"{entry.uid}.age"
    with TemporaryDirectory(prefix="copying-", dir=shelf.folder) as scratch:
        files = {}
        for name, content in contents.items():
            files[name] = Path(scratch) / name
            files[name].write_bytes(content)
        sizes = {name: len(content) for name, content in contents.items()}
        rows = {"records.json": {table: sum(one == table for one, _ in members) for table, _ in members}}
        manifest = Manifest("file", entry.uid, stamp(now), "", shelf.vault.keys.vault_id, sizes, rows)
        write_backup(bundle, manifest, files, shelf.recipients, lambda done, total: None)
    packed = entry.evolve(stage="packed", members=members, bundle=str(bundle), sha256=_digest(bundle))
    shelf.register.put(packed)
    return packed


def _contents(shelf: Shelf, unit: Unit, person: Uid, uids: Sequence[Uid]) -> dict[str, bytes]:
    """Records, history and ledger as they stand in the hub, and what the audit chain says of the person."""
    found = {
        name: [
            dict(row)
            for row in unit.connection.execute(select(table).where(table.c.uid.in_(uids))).mappings()
        ]
        for name, table in zip(CONTENTS, (record, history, ledger), strict=False)
    }
    found[CONTENTS[-1]] = [one for one in entries(shelf.vault) if one["subject"] == person]
    # Names of columns are a kind of text of their own.
    form = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return {name: orjson.dumps(rows, option=form) for name, rows in found.items()}


def _moved(shelf: Shelf, entry: Entry, now: datetime) -> Entry:
    """The records end as deleted ones do: the next cycles take their rows away, a tombstone keeps them from coming back."""
    with shelf.hub.unit() as unit:
        for table, uid in reversed(entry.members):
            found = unit.records.get(table, uid)
            if found and found.state is not State.ARCHIVED:
                unit.records.save(table, uid, found.values, state=State.ARCHIVED, now=now)
                unit.records.bury(table, uid, replica=ARCHIVE, now=now)
    moved = entry.evolve(stage="moved")
    shelf.register.put(moved)
    _record(shelf, entry.approved_by, "file_archived", entry.uid)
    return moved


def _emptied(shelf: Shelf, entry: Entry, now: datetime) -> bool:
    """Once no table shows a row of the file, the hub forgets its values too: from then on they stand in the bundle alone."""
    with shelf.hub.unit() as unit:
        uids = [uid for _, uid in entry.members]
        if unit.connection.execute(select(seen.c.uid).where(seen.c.uid.in_(uids)).limit(1)).first():
            return False
        for table, uid in entry.members:
            unit.records.save(table, uid, {}, state=State.ARCHIVED, now=now)
    shelf.register.put(entry.evolve(stage="archived"))
    return True


def bring_back(shelf: Shelf, uid: Uid, identity: str, *, by: str, now: datetime) -> int:
    """Every record as it left; how many. Raises BackupRefused, BackupDamaged, IdentityWrong."""
    entry = shelf.register.get(uid)
    if entry is None or entry.stage not in ("packed", "moved", "archived"):
        raise BackupRefused(f"no bundle of {uid} stands", "tablekeeper archive list")
    bundle = Path(entry.bundle)
    if not bundle.exists() or _digest(bundle) != entry.sha256:
        raise BackupDamaged(
            f"{bundle} is not the file that was written", "take it from a backup of that folder"
        )
    with TemporaryDirectory(prefix="copying-", dir=shelf.folder) as scratch:
        read_backup(bundle, identity, Path(scratch))
        rows = orjson.loads((Path(scratch) / CONTENTS[0]).read_bytes())
    with shelf.hub.unit() as unit:
        _require_free(unit, rows)
        for row in rows:
            _revive(shelf, unit, row, now)
    shelf.register.drop(uid)
    bundle.unlink()
    _record(shelf, by, "file_restored", uid)
    return len(rows)


def _require_free(unit: Unit, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        if unit.records.tombstones(row["table"]).get(row["uid"]) in FINAL:
            raise BackupRefused("this person is erased, or kept for the law alone", "docs/ERASURE.md")
        if (
            row["key"]
            and unit.records.by_key(row["table"], [row["key"]]).get(row["key"], row["uid"]) != row["uid"]
        ):
            raise BackupRefused(
                f"{row['key']} is the number of another record by now", "change that one first"
            )


def _revive(shelf: Shelf, unit: Unit, row: dict[str, Any], now: datetime) -> None:
    fields = shelf.schema.tables[row["table"]].fields
    values = {key: load_value(fields[key], json) for key, json in row["values"].items() if key in fields}
    unit.records.exhume(row["table"], row["uid"])
    hints = tuple(load_issue(json) for json in row["hints"])
    unit.records.save(row["table"], row["uid"], values, state=State(row["state"]), now=now, hints=hints)


def hold(shelf: Shelf, uid: Uid, reason: str, *, by: str) -> None:
    """Keep an archived file from being destroyed; an empty reason ends that. Raises BackupRefused."""
    entry = _archived(shelf, uid)
    shelf.register.put(entry.evolve(held=reason, wanted_by=""))
    _record(shelf, by, "file_held" if reason else "file_released", uid)


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
        _record(shelf, by, "destruction_wanted", uid)
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
    _record(shelf, by, "file_destroyed", entry.uid)
    return file


def _archived(shelf: Shelf, uid: Uid) -> Entry:
    entry = shelf.register.get(uid)
    if entry is None or entry.stage != "archived":
        raise BackupRefused(f"{uid} is not in the archive", "tablekeeper archive list")
    return entry


def _record(shelf: Shelf, actor: str, action: str, subject: str) -> None:
    with shelf.vault.store.writing() as connection:
        shelf.vault.chain.append(connection, [Act(actor, action, subject=subject)])


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
