"""The section `todo` of `config.yaml`: the table in which staff see what is due, and how far they may put it off."""

from pydantic import Field

from validators.schema import FieldKey, Section, TableKey

COLUMNS: tuple[FieldKey, ...] = (
    "kind",
    "target_no",
    "title",
    "due_on",
    "priority",
    "owner_no",
    "hand_to",
    "status",
    "snooze_until",
    "done_on",
    "why",
    "law",
    "target_link",
    "reply",
    "item",
)
"""The fields that the table must have."""

OPEN, DOING, DONE, PUT_OFF, NOT_NEEDED, ESCALATED = "待办", "处理中", "已完成", "已延后", "无需处理", "已升级"
STATUSES = (OPEN, DOING, DONE, PUT_OFF, NOT_NEEDED, ESCALATED)


class SnoozeConfig(Section):
    """Limits of one kind of reminder, where they differ from those of all."""

    days_max: int | None = Field(default=None, ge=0, le=366)
    times_max: int | None = Field(default=None, ge=0, le=99)


class TodoConfig(Section):
    """Where open items stand for staff, and within which limits they may put them off."""

    table: TableKey | None = None
    """The to-do table; without one, open items are only mailed."""
    new_max: int = Field(default=300, ge=1, le=5000)
    """Rows that are added in one pass, the most pressing first: a new archive must not bury its staff."""
    keep_days: int = Field(default=30, ge=1, le=366)
    """How long a row stays after it is done."""
    snooze_days_max: int = Field(default=30, ge=0, le=366)
    snooze_times_max: int = Field(default=3, ge=0, le=99)
    snooze: dict[str, SnoozeConfig] = Field(default_factory=dict)
    """By kind, limits of its own."""
    never_snoozed: tuple[str, ...] = ("理赔时限", "宽限期")
    """Kinds that cannot be put off, beside those with a `law`."""

    def days_max_of(self, kind: str) -> int:
        """How far an item of this kind may be put off."""
        own = self.snooze.get(kind)
        return self.snooze_days_max if own is None or own.days_max is None else own.days_max

    def times_max_of(self, kind: str) -> int:
        """How often an item of this kind may be put off."""
        own = self.snooze.get(kind)
        return self.snooze_times_max if own is None or own.times_max is None else own.times_max
