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
    never_snoozed: tuple[str, ...] = ("理赔时限", "宽限期")
    """Kinds that cannot be put off, beside those with a `law`."""
