"""What keeps a person's records beside the law's periods: a legal hold, a file in the archive, and cases that are still open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from jobs.archive_candidates import Judge
from jobs.archive_register import Entry
from jobs.backup_errors import BackupRefused
from jobs.files import Files
from sync.connection import Uid
from sync.erasing import Person
from sync.named_tokens import STANDING
from sync.store.hub import Unit
from sync.store.records import RESTRICTED, Record
from tablekeeper.archive import Archive
from tablekeeper.config import Config
from tablekeeper.retention import Duty
from validators.values import refers
from vault.audit import Act


class CannotHold(Exception):
    """The hold of this person cannot be set here; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases that go on though their person is to be erased: what staff call them, their purposes, and the records they need."""

    names: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    needed: frozenset[Uid] = frozenset()


def held(judge: Judge, config: Config, unit: Unit, who: Person) -> Duty | None:
    """The legal hold on the person's file; it ends when a person takes it off."""
    table = config.archiving.table
    found = unit.records.get(table, who.uid) if table else None
    if table is None or found is None or not judge.is_held(found):
        return None
    return Duty(config.tables[table].fields[config.archiving.hold or ""].name, None)


def set_hold(archive: Archive, uid: Uid, *, on: bool, reason: str, actor: str) -> None:
    """Tick or untick the hold of a restricted person, whom no table shows any more. Audited. Raises CannotHold."""
    config, engine = archive.config, archive.engine
    table, field = config.archiving.table, config.archiving.hold
    if table is None or field is None:
        raise CannotHold("no field holds a file for the law: `archiving.hold` in config.yaml")
    with engine.hub.unit() as unit:
        found = unit.records.get(table, uid)
        if found is None or unit.records.tombstones(table).get(uid) != RESTRICTED:
            raise CannotHold(f"{uid} is not restricted; a hold on a live file is ticked in the table")
        kept = {key: value for key, value in found.values.items() if key != field}
        values = {**kept, field: True} if on else kept
        unit.records.save(table, uid, values, state=found.state, now=engine.clock())
    act = Act(actor, "person_held" if on else "person_released", subject=uid, purpose=reason)
    with archive.vault.store.writing() as connection:
        archive.vault.chain.append(connection, [act])


def of_the_archive(entry: Entry | None, today: date) -> Duty | None:
    """What keeps a file that left the tables. Raises BackupRefused when `archive destroy` is what ends it."""
    if entry is None or entry.stage in ("approved", "destroyed"):
        return None
    if entry.stage != "archived":
        raise BackupRefused(f"{entry.number} is on its way into the archive", "tablekeeper archive run")
    if entry.held:
        return Duty(f"archive hold: {entry.held}", None)
    until = date.fromisoformat(entry.retain_until) if entry.retain_until else None
    if until is None or until >= today:
        return Duty("archiving.keep", until)
    raise BackupRefused(
        f"{entry.number} lies in the archive, and nothing keeps it there any more",
        f"tablekeeper archive destroy {entry.uid}",
    )


def open_cases(judge: Judge, config: Config, unit: Unit, who: Person, today: date) -> Cases:
    """The cases of `archiving.open_cases` that are the person's, or lead to a record of theirs, and are not at rest."""
    files = Files(unit, config)
    found = [one for one in _cases(config, unit, who) if judge.is_open(one, files, today)]
    return Cases(
        names=tuple(f"{config.tables[one.table].name} {one.key}" for one in found),
        purposes=tuple(dict.fromkeys(config.archiving.open_cases[one.table] for one in found)),
        needed=frozenset(_needed(config, unit, who, found)),
    )


def _cases(config: Config, unit: Unit, who: Person) -> Iterator[Record]:
    referring = unit.records.referrers(who.uids)
    for table in config.archiving.open_cases:
        uids = {*who.records.get(table, ()), *(uid for place, uid, _ in referring if place == table)}
        yield from (
            one for one in unit.records.get_many(table, sorted(uids)).values() if one.state in STANDING
        )


def _needed(config: Config, unit: Unit, who: Person, cases: list[Record]) -> set[Uid]:
    """The person's records that the cases lead to, and the cases themselves: no link of theirs may end in nothing."""
    mine = {uid: table for table, uids in who.records.items() for uid in uids}
    needed, waiting = {one.uid for one in cases if one.uid in mine}, list(cases)
    while waiting:
        one = waiting.pop()
        fields = config.tables[one.table].fields
        led_to = {uid for key, value in one.values.items() for uid in refers(fields[key], value)}
        for uid in sorted((led_to & mine.keys()) - needed):
            needed.add(uid)
            waiting += unit.records.get_many(mine[uid], [uid]).values()
    return needed
