"""Moves the files of people out of the tables and back: an encrypted bundle first, then the rows."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
        note_act(shelf, by, "file_approved", entry.uid)
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
            entry = _moved(shelf, entry, now, today)
            steps["moved" if entry.stage == "moved" else "kept"] += 1
        if entry.stage == "moved":
            if _came_back(shelf, entry, now):
                steps["kept"] += 1
            elif _emptied(shelf, entry, now):
                steps["archived"] += 1
    return steps


def _packed(shelf: Shelf, entry: Entry, now: datetime, today: date) -> Entry:
    """The bundle stands, durably, before a row goes. A file that something blocks by now stays approved."""
    with shelf.hub.reading() as unit:
        found = next(iter(shelf.judge.files(unit, today, [entry.uid])), None)
        if found is None or found.blocked:
            return entry
        records = (found.person, *found.members)
        members = tuple((one.table, one.uid) for one in records)
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
    packed = entry.evolve(
        stage="packed",
        members=members,
        revision=max(one.rev for one in records),
        bundle=str(bundle),
        sha256=_digest(bundle),
    )
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


def _moved(shelf: Shelf, entry: Entry, now: datetime, today: date) -> Entry:
    """The records end as deleted ones do: the next cycles take their rows away, a tombstone keeps them from coming back.

    What changed or was held since the bundle was written is packed anew, or stays.
    """
    with shelf.hub.unit() as unit:
        present = [unit.records.get(table, uid) for table, uid in entry.members]
        leaving = [one for one in present if one and one.state is not State.ARCHIVED]
        # When all have left, somebody was killed before it was noted.
        as_packed = not leaving or _is_as_packed(shelf, unit, entry, today)
        for one in reversed(leaving) if as_packed else ():
            unit.records.save(one.table, one.uid, one.values, state=State.ARCHIVED, now=now)
            unit.records.bury(one.table, one.uid, replica=ARCHIVE, now=now)
    if not as_packed:
        return _unpacked(shelf, entry)
    moved = entry.evolve(stage="moved")
    shelf.register.put(moved)
    note_act(shelf, entry.approved_by, "file_archived", entry.uid)
    return moved


def _is_as_packed(shelf: Shelf, unit: Unit, entry: Entry, today: date) -> bool:
    found = next(iter(shelf.judge.files(unit, today, [entry.uid])), None)
    if found is None or found.blocked:
        return False
    records = (found.person, *found.members)
    same = {(one.table, one.uid) for one in records} == set(entry.members)
    return same and max(one.rev for one in records) <= entry.revision


def _unpacked(shelf: Shelf, entry: Entry) -> Entry:
    approved = entry.evolve(stage="approved", members=(), revision=0, bundle="", sha256="")
    shelf.register.put(approved)
    Path(entry.bundle).unlink(missing_ok=True)
    return approved


def _came_back(shelf: Shelf, entry: Entry, now: datetime) -> bool:
    """Whether somebody typed into a row that was to go: an edit beats it, and the whole file stays with that record."""
    with shelf.hub.unit() as unit:
        found = [one for table, uid in entry.members if (one := unit.records.get(table, uid))]
        gone = [one for one in found if one.state is State.ARCHIVED]
        if len(gone) == len(found):
            return False
        for one in gone:
            unit.records.exhume(one.table, one.uid)
            unit.records.save(one.table, one.uid, one.values, state=State.LIVE, now=now, hints=one.hints)
    shelf.register.drop(entry.uid)
    Path(entry.bundle).unlink(missing_ok=True)
    note_act(shelf, entry.approved_by, "file_kept", entry.uid)
    return True


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
    note_act(shelf, by, "file_restored", uid)
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
    present = unit.records.get(row["table"], row["uid"])
    if present and present.state is not State.ARCHIVED:
        return  # It has not left, or is back: what it says now is newer.
    fields = shelf.schema.tables[row["table"]].fields
    values = {key: load_value(fields[key], json) for key, json in row["values"].items() if key in fields}
    unit.records.exhume(row["table"], row["uid"])
    hints = tuple(load_issue(json) for json in row["hints"])
    unit.records.save(row["table"], row["uid"], values, state=State(row["state"]), now=now, hints=hints)


def note_act(shelf: Shelf, actor: str, action: str, subject: str) -> None:
    """Put what was done to a file on the audit chain."""
    with shelf.vault.store.writing() as connection:
        shelf.vault.chain.append(connection, [Act(actor, action, subject=subject)])


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
