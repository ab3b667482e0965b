"""The sections `reminders`, `digests`, `mail`, `calendar` and `people` of `config.yaml`.

Models only describe; that what they name exists is `reminders.py`.
"""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from jobs.figure_config import FigureConfig
from jobs.reminder_config import ReminderConfig
from jobs.todo_config import TodoConfig
from validators.schema import FieldKey, Key, Section, TableKey

ADDRESS_PATTERN = r"^[!-;=?A-~]+@[A-Za-z0-9.\-]+$"
Address = Annotated[str, Field(pattern=ADDRESS_PATTERN)]


OWNERS, MANAGERS = "owners", "managers"
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class DigestConfig(Section):
    """One kind of summary. Those that reach one address in one run are one mail."""

    id: Key
    to: str = Field(min_length=1, max_length=40)
    """`owners`: each person gets what concerns them. `managers`: each manager gets what concerns their people. A department
    by name: its mailbox, or everybody who works there."""
    every: Literal["day", "week", "month"] = "day"
    """Weekly and monthly ones go out on the first working day of theirs."""
    at: Clock = "08:30"
    """When it is sent on a working day, in the archive's time zone; in quotes, like '08:30'."""
    content: Literal["items", "operations", "figures"] = "items"
    """What is due; how the archive runs; or numbers about the whole archive, without persons."""
    kinds: tuple[str, ...] = ()
    """Only these kinds of reminders; without any, all."""
    skip_if_empty: bool = True
    """Whether a reader with nothing due gets no mail; otherwise managers and departments are told that there is nothing."""
    on_days_off: bool = False
    max_rows_per_group: int = Field(default=15, ge=1, le=200)


class UrgentConfig(Section):
    """Mails about what is 紧急, at once, to its owner and their manager."""

    first: Clock = "08:00"
    last: Clock = "20:00"
    max_per_day: int = Field(default=3, ge=0, le=50)
    """More of a day wait, and go out together."""
    together_at: Clock = "17:00"


class MailConfig(Section):
    """Who the mails come from, and who gets what concerns nobody."""

    sender: Address = "tablekeeper@localhost"
    no_owner: Address | None = None
    """A mailbox for what has no owner, or an owner without address. Without it such items are only counted."""
    mailboxes: dict[str, Address] = Field(default_factory=dict)
    """By department, its mailbox; without one, mails for a department go to everybody who works there."""
    readers: dict[TableKey, tuple[str, ...]] = Field(default_factory=dict)
    """By table, the departments that may open it; other readers of a mail get a link to the desk."""
    first_days: int = Field(default=0, ge=0, le=90)
    """For so many days after the first import only legal time limits are listed; everything else is counted."""
    english: dict[str, str] = Field(default_factory=dict)
    """What mails of an archive whose `locale` is not Chinese call what this file names in Chinese: figures, kinds, titles, tables, options."""
    urgent: UrgentConfig | None = None
    alive_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Called in the evening of each day on which everything went well: a service there raises the alarm when it is not."""
    alive_at: Clock = "20:00"


def _each_day(given: object) -> object:
    """Days, with spans like 2027-10-01/2027-10-07 as their days; what is none is left for pydantic to refuse."""
    if not isinstance(given, list | tuple):
        return given
    return [day for one in given for day in _span(one)]


def _span(given: object) -> list[object]:
    first, slash, last = str(given).partition("/")
    if not slash:
        return [given]
    try:
        start, end = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
    except ValueError:
        return [given]
    if not 0 <= (end - start).days < SPAN_DAYS_MAX:
        raise ValueError(f"{given}: a span ends after it begins, and within {SPAN_DAYS_MAX} days")
    return [start + timedelta(days=place) for place in range((end - start).days + 1)]


SPAN_DAYS_MAX = 60
Days = Annotated[frozenset[date], BeforeValidator(_each_day, json_schema_input_type=list[str | date])]
"""Days, one by one or as spans like 2027-10-01/2027-10-07."""


class CalendarConfig(Section):
    """The company's own days, over the national calendar of working days (调休 included).

    A year that the national calendar does not know yet stands here in full, 1 January among its closed days.
    """

    closed: Days = frozenset()
    open: Days = frozenset()

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if both := sorted(self.closed & self.open):
            raise ValueError(f"{both[0]} is both closed and open")
        return self


class PeopleConfig(Section):
    """Where the archive keeps its staff, and what of it the mails go by."""

    table: TableKey = "staff"
    name: FieldKey = "name"
    email: FieldKey = "email"
    manager: FieldKey = "manager_no"
    backup: FieldKey = "backup_no"
    away_from: FieldKey = "away_from"
    away_to: FieldKey = "away_to"
    active: FieldKey = "active"
    left_on: FieldKey | None = None
    """The day on which somebody left: from then on they get no mail, whether `active` is still ticked or not."""
    department: FieldKey | None = None
    """The select of the department. Without it, nothing can be sent or escalated to departments."""
    responsible: dict[TableKey, str] = Field(default_factory=dict)
    """By table, the department that gets what has no owner."""

    @property
    def fields(self) -> tuple[FieldKey, ...]:
        """Every field it names."""
        named = (self.name, self.email, self.manager, self.backup, self.away_from, self.away_to, self.active)
        return (*named, *filter(None, (self.left_on, self.department)))


class JobsConfig(Section):
    """The sections of this package, as they stand at the top of `config.yaml`."""

    reminders: tuple[ReminderConfig, ...] = ()
    laws: dict[str, str] = Field(default_factory=dict)
    """Articles that reminders may name, beside those that are known, and what each says in a line."""
    digests: tuple[DigestConfig, ...] = ()
    mail: MailConfig = Field(default_factory=MailConfig)
    calendar: CalendarConfig = Field(default_factory=CalendarConfig)
    people: PeopleConfig = Field(default_factory=PeopleConfig)
    figures: tuple[FigureConfig, ...] = ()
    """What leaders read about the whole archive, beside the counts of records and open items."""
    todo: TodoConfig = Field(default_factory=TodoConfig)

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        for section, given in (("reminders", self.reminders), ("digests", self.digests)):
            ids = [each.id for each in given]
            if repeated := sorted({each for each in ids if ids.count(each) > 1}):
                raise ValueError(f"{section}: the id {repeated[0]} is given twice")
        return self
