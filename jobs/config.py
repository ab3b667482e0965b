"""The sections `reminders`, `digests`, `mail`, `calendar` and `people` of `config.yaml`.

Models only describe; that what they name exists is `references.py`.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from validators.schema import FieldKey, Key, Section, TableKey

EVERY_TABLE = "*"
HELD = "held"

ADDRESS_PATTERN = r"^[!-;=?A-~]+@[A-Za-z0-9.\-]+$"
FieldPath = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]


class Priority(StrEnum):
    """How much a reminder presses, most pressing first."""

    URGENT = "紧急"
    HIGH = "高"
    MIDDLE = "中"
    LOW = "低"


class ReminderConfig(Section):
    """One kind of thing that falls due.

    It is open from the first day of `at` on, for as long as `when` is true: nobody has to tick it off.
    """

    id: Key
    kind: str = Field(min_length=1, max_length=20)
    """What staff call this kind of reminder."""
    table: TableKey
    """The table of the records it is about; `*` is every table, for held rows."""
    anchor: str = Field(min_length=1)
    """The day it is about: a date field, or CEL that gives a date. `held` is the day on which a row was found to be held."""
    at: tuple[int, ...] = Field(min_length=1)
    """Stages, in calendar days from the anchor; negative is before. The newest that has come counts."""
    when: str | None = None
    """CEL over the record as rules write it; blank fields are null, and a sensitive field cannot be read."""
    to: FieldPath | None = None
    """The link to whom it concerns, such as `customer_no.agent_no`; while that is blank, the table's `owner`."""
    title: str = Field(min_length=1, max_length=40)
    """What is to be done, in the words of staff."""
    priority: Priority = Priority.MIDDLE
    law: str | None = None
    """The article that sets the date, such as 保险法23; it marks the reminder as a legal time limit."""

    @field_validator("at")
    @classmethod
    def _ascending(cls, stages: tuple[int, ...]) -> tuple[int, ...]:
        if list(stages) != sorted(set(stages)):
            raise ValueError("must be different days, the earliest first, like [-30, -7, 0]")
        return stages

    @model_validator(mode="after")
    def _only_held_rows_are_everywhere(self) -> Self:
        if self.table == EVERY_TABLE and self.anchor != HELD:
            raise ValueError(f"table '{EVERY_TABLE}' goes only with `anchor: {HELD}`")
        if self.anchor == HELD and self.when:
            raise ValueError("held rows are due as they are: leave out `when`")
        return self


class DigestConfig(Section):
    """One kind of summary mail."""

    id: Key
    to: Literal["managers", "owners"]
    """`owners`: each person gets what concerns them. `managers`: each manager gets what concerns their people."""
    at: str = Field(default="08:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """When it is sent on a working day, in the archive's time zone; in quotes, like '08:30'."""
    skip_if_empty: bool = True
    """Whether a reader with nothing due gets no mail; otherwise managers are told that there is nothing."""
    max_rows_per_group: int = Field(default=15, ge=1, le=200)


class MailConfig(Section):
    """Who the mails come from, and who gets what concerns nobody."""

    sender: str = Field(default="tablekeeper@localhost", pattern=ADDRESS_PATTERN)
    no_owner: str | None = Field(default=None, pattern=ADDRESS_PATTERN)
    """A mailbox for what has no owner, or an owner without address. Without it such items are only counted."""


class CalendarConfig(Section):
    """The company's own days, over the national calendar of working days (调休 included)."""

    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()

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

    @property
    def fields(self) -> tuple[FieldKey, ...]:
        """Every field it names."""
        return self.name, self.email, self.manager, self.backup, self.away_from, self.away_to, self.active


class JobsConfig(Section):
    """The sections of this package, as they stand at the top of `config.yaml`."""

    reminders: tuple[ReminderConfig, ...] = ()
    digests: tuple[DigestConfig, ...] = ()
    mail: MailConfig = Field(default_factory=MailConfig)
    calendar: CalendarConfig = Field(default_factory=CalendarConfig)
    people: PeopleConfig = Field(default_factory=PeopleConfig)

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        for section, given in (("reminders", self.reminders), ("digests", self.digests)):
            ids = [each.id for each in given]
            if repeated := sorted({each for each in ids if ids.count(each) > 1}):
                raise ValueError(f"{section}: the id {repeated[0]} is given twice")
        return self
