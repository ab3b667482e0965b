"""One reminder as `config.yaml` describes it. Models only describe; that what they name exists is `reminders.py`."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from validators.schema import FieldKey, Key, Section, TableKey

EVERY_TABLE = "*"
HELD, CONFLICT, DELETION, CHANGED = "held", "conflict", "deletion", "changed"
REVIEW, ARCHIVABLE, DESTROYABLE = "review", "archivable", "destroyable"
ABOUT_ALL = (REVIEW, ARCHIVABLE, DESTROYABLE)
"""Anchors that are the day on which a job found something about the archive as a whole."""
FOUND = (HELD, CONFLICT, DELETION, *ABOUT_ALL)
"""Anchors that are the day on which the daemon found something."""
CHANGED_ON, EVENT_ON = "changed_on", "event_on"
OWN_DAYS = frozenset({CHANGED_ON, EVENT_ON})
"""Days that expressions may name and no field holds: the record's last change, and the event that `changed` found."""
MANAGER = "manager"

FieldPath = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]


class Priority(StrEnum):
    """How much a reminder presses, most pressing first."""

    URGENT = "紧急"
    HIGH = "高"
    MIDDLE = "中"
    LOW = "低"


class LinkedConfig(Section):
    """Other records that link to the one a reminder is about."""

    table: TableKey
    by: FieldKey
    """The link of that table which leads here."""
    when: str | None = None
    """CEL over the other record; only those count for which it is true."""


class EscalationConfig(Section):
    """Who hears of it besides, when it is still open."""

    after: int
    """Days from the anchor; negative is before."""
    to: str = Field(min_length=1, max_length=40)
    """`manager`, or a department by its name."""


class ReminderConfig(Section):
    """One kind of thing that falls due.

    It is open from the first day of `at` on, for as long as `when` is true: nobody has to tick it off.
    """

    id: Key
    kind: str = Field(min_length=1, max_length=20)
    """What staff call this kind of reminder: an option of the column 类型 of the to-do table."""
    table: TableKey
    """The table of the records it is about; `*` is every table, for what the daemon finds."""
    anchor: str = Field(min_length=1)
    """The day it is about: a date field, or CEL that gives a date; `changed_on` is the day of a record's last change.

    `held`, `conflict` and `deletion` are the day on which the daemon found such a row; `changed` the day on which one of
    `fields` was last changed by a person; `review`, `archivable` and `destroyable` (with the to-do table) that on which the
    security review found something, or a file may be archived or destroyed.
    """
    fields: tuple[FieldKey, ...] = ()
    """With `anchor: changed`: the fields whose change is an event."""
    at: tuple[int, ...] = Field(min_length=1)
    """Stages, in days from the anchor; negative is before. The newest that has come counts."""
    days: Literal["calendar", "working"] = "calendar"
    """What `at` and `escalate` count. The law's clocks count calendar days."""
    when: str | None = None
    """CEL over the record as rules write it; blank fields are null, and a sensitive field cannot be read."""
    has: LinkedConfig | None = None
    """Only for records to which at least one such record links."""
    lacks: LinkedConfig | None = None
    """Only for records to which no such record links."""
    missing: bool = False
    """One item for each expected field that is blank; the title may hold `{field}`."""
    opens: tuple[FieldKey, ...] = ()
    """Sensitive fields that `anchor` and `when` may read: opened in memory, counted in the audit, shown nowhere."""
    to: FieldPath | None = None
    """The link to whom it concerns, such as `customer_no.agent_no`; while that is blank, the table's `owner`."""
    department: str | None = None
    """The department it is for, instead of a person."""
    escalate: tuple[EscalationConfig, ...] = ()
    spread_days: int | None = Field(default=None, ge=1, le=366)
    """Records that arrive with this overdue come up evenly over so many days, instead of all at once."""
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
    def _fits_together(self) -> Self:
        if self.to and self.department:
            raise ValueError("`to` and `department` do not go together")
        if self.table == EVERY_TABLE and self.anchor not in (HELD, CONFLICT, DELETION):
            raise ValueError(
                f"table '{EVERY_TABLE}' goes only with `anchor: {HELD}`, {CONFLICT} or {DELETION}"
            )
        if self.anchor in FOUND and (self.when or self.has or self.lacks or self.missing):
            raise ValueError(
                "what the daemon finds is due as it is: leave out `when`, `has`, `lacks` and `missing`"
            )
        if bool(self.fields) != (self.anchor == CHANGED):
            raise ValueError(f"`fields` and `anchor: {CHANGED}` go together")
        return self

    @model_validator(mode="after")
    def _law_counts_every_day(self) -> Self:
        if self.law and self.days != "calendar":
            raise ValueError("the law's clocks count calendar days: leave out `days`, or `law`")
        if self.law and self.spread_days:
            raise ValueError("a legal time limit cannot be spread: leave out `spread_days`, or `law`")
        return self
