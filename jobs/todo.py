"""What the row of an open item should say, and what of the wishes in it is granted. Pure."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from jobs.due import Due
from jobs.items import Item
from jobs.people import People
from jobs.reminder_config import MANAGER
from jobs.todo_config import DOING, DONE, ESCALATED, NOT_NEEDED, OPEN, PUT_OFF, TodoConfig
from jobs.words import CHINESE
from sync.merge import Row
from validators.schema import FieldKey, SchemaConfig
from validators.values import Value

AUTOMATIC = "条件已满足\uff0c自动完成"
NOT_DONE = "条件仍成立\uff0c尚未完成\uff1b更正记录后自动完成"
TITLE_MAX = 120


@dataclass(frozen=True, slots=True)
class Named:
    """How the record of an item is called, as mails call it, and where it is."""

    number: str
    name: str
    link: str


@dataclass(frozen=True, slots=True)
class Granted:
    """An item with the wishes of staff as far as they are granted, and what is said about them in the row."""

    item: Item
    words: str


def grant(due: Due, item: Item, row: Row, config: TodoConfig, people: People, today: date) -> Granted:
    """What becomes of 延后至 and 转交 in the row of an item."""
    put_off, about_time = _snooze(due, item, row.get("snooze_until"), config, today)
    handed, about_person = _hand_over(put_off, row.get("hand_to"), people)
    about_tick = NOT_DONE if _was_ticked(row, due) else ""
    return Granted(
        handed, "\uff1b".join(filter(None, (about_tick, about_time, about_person, _escalation(due))))
    )


def wanted_row(
    due: Due, granted: Granted, row: Row, named: Named, *, schema: SchemaConfig, people: People, today: date
) -> dict[FieldKey, Value]:
    """What the row should say; `row` is what it says, empty for a new one. Staff's own words stay."""
    item = granted.item
    owner = people.in_charge(item.hand_to or due.recipient)
    words: dict[FieldKey, Value | None] = {
        "kind": due.kind,
        "target_no": named.number or None,
        "title": (CHINESE.titled(due.title) + CHINESE.bracketed(named.name))[:TITLE_MAX],
        "due_on": due.anchor,
        "priority": due.priority.value,
        "owner_no": owner.uid if owner else None,
        "status": _status(due, item, row, today),
        "why": _why(due, schema),
        "law": due.law,
        "target_link": named.link or None,
        "reply": granted.words or None,
        "item": due.item,
        "done_on": None,
    }
    return {key: value for key, value in {**row, **words}.items() if value is not None}


def tells(row: Row, due: Due, schema: SchemaConfig) -> bool:
    """Whether a row, maybe one that staff deleted, told of this day and stage."""
    return row.get("due_on") == due.anchor and row.get("why") == _why(due, schema)


def closed_row(row: Row, today: date) -> dict[FieldKey, Value]:
    """What the row of an item says that is not due any more."""
    said = {key: value for key, value in row.items() if key != "reply"}
    return {"outcome": AUTOMATIC, **said, "status": DONE, "done_on": today}


def _was_ticked(row: Row, due: Due) -> bool:
    """Staff ticked it off now, or did before and were told why that does not count: that stays to be read until the day moves."""
    if row.get("status") in (DONE, NOT_NEEDED):
        return True
    told = str(row.get("reply", "")).startswith(NOT_DONE) and row.get("due_on") == due.anchor
    return told and row.get("status") != DOING


def _snooze(due: Due, item: Item, asked: Value | None, config: TodoConfig, today: date) -> tuple[Item, str]:
    if not isinstance(asked, date) or asked <= today:
        return replace(item, snooze_until=""), ""
    if due.law or due.kind in config.never_snoozed:
        return replace(item, snooze_until=""), "法定时限不能延后\uff0c仍按到期日提醒"
    days_max, times_max = config.days_max_of(due.kind), config.times_max_of(due.kind)
    if asked.isoformat() == item.snooze_until:
        return item, _put_off(asked, item.snoozes, times_max)
    if item.snoozes >= times_max:
        return replace(item, snooze_until=""), f"已延后{item.snoozes}次\uff0c不能再延后"
    last = today + timedelta(days=days_max)
    if asked > last:
        return replace(item, snooze_until=""), f"这一类最多延后{days_max}天\uff0c请改填{last}或更早"
    granted = replace(item, snooze_until=asked.isoformat(), snoozes=item.snoozes + 1)
    return granted, _put_off(asked, granted.snoozes, times_max)


def _put_off(until: date, times: int, times_max: int) -> str:
    return f"已延后至{until}\uff08第{times}次\uff0c最多{times_max}次\uff09"


def _hand_over(item: Item, asked: Value | None, people: People) -> tuple[Item, str]:
    if not isinstance(asked, str):
        return replace(item, hand_to=""), ""
    person = people.get(asked)
    if person is None or not person.active:
        return replace(item, hand_to=""), "转交的同事不在职\uff0c未转交"
    return replace(item, hand_to=asked), f"已转交{person.name}"


def _escalation(due: Due) -> str:
    heard = "、".join("直属主管" if each == MANAGER else each for each in due.escalated)
    return f"已升级至{heard}" if heard else ""


def _status(due: Due, item: Item, row: Row, today: date) -> str:
    if item.is_snoozed(today):
        return PUT_OFF
    if row.get("status") == DOING:
        return DOING
    return ESCALATED if due.escalated else OPEN


def _why(due: Due, schema: SchemaConfig) -> str:
    """`客户基本信息 · 季度审查 · 阶段\uff1a到期前14天`."""
    stage = f"到期前{-due.stage}天" if due.stage < 0 else f"到期后{due.stage}天" if due.stage else "到期当天"
    return f"{schema.tables[due.table].name} · {due.kind} · {stage}"
