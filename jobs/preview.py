"""The digests of a day as mails, from what is due to the rendered text. Reads the hub, writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from jobs.calendar import Calendar
from jobs.collect import Collected, Ground, Open, collect
from jobs.config import DigestConfig, JobsConfig
from jobs.digest import Link, Naming, build_digest
from jobs.due import Due, Failure, Today
from jobs.files import Files
from jobs.items import Items, wished
from jobs.letters import Letter, Sorted, sort_letters
from jobs.mail import Mail
from jobs.outbox import mail_id
from jobs.people import People, read_people
from jobs.reminders import ReminderBook
from jobs.rendering import render
from sync.connection import Uid
from sync.store.hub import Hub, Unit
from validators.schema import SchemaConfig
from vault.masks import MasksConfig, mask


@dataclass(frozen=True, slots=True)
class Archive:
    """What digests are made from: the archive's state, and the settings that say what is due, to whom, and how it is named."""

    name: str
    hub: Hub
    schema: SchemaConfig
    config: JobsConfig
    masks: MasksConfig
    link: Link
    open: Open
    """Opens what conditions may read: `Vault.open_for_check`, which counts it."""

    desk_url: str = ""

    def at_the_desk(self, uid: Uid) -> str:
        """Where a record is shown inside the company's network."""
        return f"{self.desk_url}/r/{uid}" if self.desk_url else ""

    def masked(self, name: str) -> str:
        """A name as mails show it."""
        return mask("name", name, masks=self.masks)

    def ground(self, unit: Unit, book: ReminderBook, today: Today) -> Ground:
        """What collecting what is due works on."""
        return Ground(unit, Files(unit, self.schema), self.schema, book, today, self.open)


@dataclass(frozen=True, slots=True)
class Preview:
    """The mails of a day, and what did not get into any: `unaddressed` counts, by digest, due items without a reader."""

    mails: tuple[Mail, ...]
    unaddressed: Mapping[str, int]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the mails of a day are made of, read from the hub."""

    collected: Collected
    """As staff wished it."""
    all_dues: tuple[Due, ...]
    people: People
    naming: Naming


def preview(archive: Archive, *, today: date, only: str | None = None) -> Preview:
    """The mails that a run on this day would store; `only` names one digest. Raises ReminderProblems."""
    book = ReminderBook(archive.schema, archive.config)
    with archive.hub.unit() as unit:
        found = find(unit, archive, book, Today.of(today, Calendar(archive.config.calendar)))
    return write_mails(found, archive, today, only)


def find(unit: Unit, archive: Archive, book: ReminderBook, today: Today) -> Findings:
    """What is due, and how it is called, read in one transaction. Reads only."""
    ground = archive.ground(unit, book, today)
    config, files = archive.config.people, ground.files
    collected = collect(ground)
    items = Items(unit.connection).open()
    all_dues = collected.dues
    collected = replace(collected, dues=tuple(wished(all_dues, items, today.day)))
    places = {(due.table, due.uid) for due in collected.dues}
    return Findings(
        collected,
        all_dues,
        people=read_people(files.rows(config.table), config, today=today.day),
        naming=Naming(
            numbers={place: files.number(*place) for place in places},
            names={place: files.name(*place, archive.masked) for place in places},
            link=archive.link,
        ),
    )


def write_mails(found: Findings, archive: Archive, today: date, only: str | None) -> Preview:
    """The mails about what was found. Outside any transaction: links may have to be looked up in the hub."""
    sorted_letters: dict[DigestConfig, Sorted] = {
        digest: sort_letters(
            found.collected.dues, found.people, digest, no_owner=archive.config.mail.no_owner
        )
        for digest in archive.config.digests
        if only in (None, digest.id)
    }
    return Preview(
        mails=tuple(
            _mail(letter, digest, archive, today, found.naming)
            for digest, each in sorted_letters.items()
            for letter in each.letters
        ),
        unaddressed={digest.id: len(each.unaddressed) for digest, each in sorted_letters.items()},
        failures=found.collected.failures,
    )


def _mail(letter: Letter, config: DigestConfig, archive: Archive, today: date, naming: Naming) -> Mail:
    digest = build_digest(
        letter, config, archive=archive.name, schema=archive.schema, today=today, naming=naming
    )
    return render(
        digest,
        id_=mail_id(config.id, letter.address, today.isoformat()),
        kind=config.id,
        recipient=letter.address,
        sender=archive.config.mail.sender,
    )
