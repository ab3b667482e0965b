"""The digests of a day as mails, from what is due to the rendered text. Reads the hub, writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jobs.calendar import Calendar
from jobs.collect import collect
from jobs.config import DigestConfig, JobsConfig
from jobs.digest import Link, Naming, build_digest
from jobs.due import Failure, Today
from jobs.files import Files
from jobs.letters import Letter, Sorted, sort_letters
from jobs.mail import Mail
from jobs.outbox import mail_id
from jobs.people import read_people
from jobs.reminders import ReminderBook
from jobs.rendering import render
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


@dataclass(frozen=True, slots=True)
class Preview:
    """The mails of a day, and what did not get into any: `unaddressed` counts, by digest, due items without a reader."""

    mails: tuple[Mail, ...]
    unaddressed: Mapping[str, int]
    failures: tuple[Failure, ...]


def preview(archive: Archive, *, today: date, only: str | None = None) -> Preview:
    """The mails that a run on this day would store; `only` names one digest. Raises ReminderProblems."""
    book = ReminderBook(archive.schema, archive.config)
    with archive.hub.unit() as unit:
        return compose_mails(unit, archive, book, Today.of(today, Calendar(archive.config.calendar)), only)


def compose_mails(
    unit: Unit, archive: Archive, book: ReminderBook, today: Today, only: str | None
) -> Preview:
    """As `preview`, within a transaction of the caller."""
    config = archive.config
    files = Files(unit, archive.schema)
    collected = collect(unit, files, archive.schema, book, today=today)
    people = read_people(files.rows(config.people.table), config.people, today=today.day)
    found: dict[DigestConfig, Sorted] = {
        digest: sort_letters(collected.dues, people, digest, no_owner=config.mail.no_owner)
        for digest in config.digests
        if only in (None, digest.id)
    }
    naming = _naming(archive, files)
    return Preview(
        mails=tuple(
            _mail(letter, digest, archive, today.day, naming)
            for digest, sorted_ in found.items()
            for letter in sorted_.letters
        ),
        unaddressed={digest.id: len(sorted_.unaddressed) for digest, sorted_ in found.items()},
        failures=collected.failures,
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


def _naming(archive: Archive, files: Files) -> Naming:
    return Naming(
        number=files.number,
        masked_name=lambda table, uid: files.name(
            table, uid, lambda name: mask("name", name, masks=archive.masks)
        ),
        link=archive.link,
    )
