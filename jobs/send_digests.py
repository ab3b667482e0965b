"""The daily job: writes each reader's mail, stores it, delivers. Doing it twice on a day sends once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from jobs.calendar import Calendar
from jobs.due import Failure, Today
from jobs.mail import Mailer
from jobs.outbox import Delivery, Outbox
from jobs.preview import Archive, digests_named, find, write_mails
from jobs.reminders import ReminderBook


@dataclass(frozen=True, slots=True)
class DigestReport:
    """What a run did. `stored` and `skipped` are ids of this day's mails; `delivery` also speaks of older ones."""

    day: date
    working: bool
    """False: a day off. Nothing was done, unless on request."""
    calendar_unknown: int | None = None
    """A year whose working days are to be entered: Monday to Friday is taken for them."""
    stored: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    """In the outbox already."""
    delivery: Delivery = field(default_factory=Delivery)
    unaddressed: Mapping[str, int] = field(default_factory=dict)
    """Due items without a reader, by digest."""
    failures: tuple[Failure, ...] = ()


def send_digests(
    archive: Archive,
    *,
    today: date,
    outbox: Outbox,
    mailer: Mailer,
    only: Iterable[str] | None = None,
    on_any_day: bool = False,
) -> DigestReport:
    """Store this day's mails and deliver all that wait; on a day off only when told `on_any_day`.

    Which items are open is remembered by the pass over them (tend.py), not here: it closes their rows, too.
    `only` names digests. Raises ReminderProblems; what goes wrong with single records or mails is in the report.
    """
    calendar = Calendar(archive.config.calendar)
    report = DigestReport(today, calendar.is_working(today), calendar.unknown_year(today))
    if not (report.working or on_any_day):
        return report
    book = ReminderBook(archive.schema, archive.config)
    with archive.hub.reading() as unit:
        found = find(unit, archive, book, Today.of(today, calendar))
    written = write_mails(found, archive, digests_named(archive.config, only))
    stored = {mail.id: outbox.put(mail) for mail in written.mails}
    return replace(
        report,
        stored=tuple(id_ for id_, new in stored.items() if new),
        skipped=tuple(id_ for id_, new in stored.items() if not new),
        delivery=outbox.deliver(mailer),
        unaddressed=written.unaddressed,
        failures=written.failures,
    )
