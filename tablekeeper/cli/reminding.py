"""The commands reminders and reminders explain: what is due on a day, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import typer
from rich.text import Text

from jobs.calendar import Calendar
from jobs.collect import Collected, collect
from jobs.due import Due, Today
from jobs.files import Files
from jobs.items import Item, Items, wished
from jobs.laws import sentence
from jobs.letters import Desk, readers
from jobs.people import People, Person, read_people
from jobs.reminder_config import ReminderConfig
from jobs.reminders import ReminderBook
from jobs.words import CHINESE
from sync.store.hub import Unit
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import Misused
from tablekeeper.cli.mails import On, failures_as_json, print_left_out, the_day
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.mailing import digest_archive
from tablekeeper.showing import Showing

reminders = typer.Typer(help="What is due on a day, most pressing first.", invoke_without_command=True)
app.add_typer(reminders, name="reminders")


@dataclass(frozen=True, slots=True)
class Found:
    """What is due on a day, with all that is needed to speak of it. Valid while its unit is open."""

    collected: Collected
    items: dict[str, Item]
    people: People
    files: Files
    showing: Showing


@reminders.callback()
def due(context: typer.Context, on: On = "", json: JsonOption = False) -> None:
    """What is due on a day, most pressing first. Sends and stores nothing."""
    if context.invoked_subcommand:
        return
    with opened() as archive:
        wanted = the_day(archive, on)
        with archive.hub.reading() as unit:
            found = _found(archive, unit, wanted)
            shown = list(wished(found.collected.dues, found.items, wanted))
            dues = [_due(archive, found, one) for one in shown]
        archive.vault.close_cycle()
    failures = found.collected.failures
    if json:
        print_json({"on": wanted, "due": dues, "failures": failures_as_json(failures)})
    else:
        _print_dues(dues, wanted)
        print_left_out({}, failures)


@reminders.command()
def explain(
    key: Annotated[str, typer.Argument(help="A key, a 提醒编号, or a business number such as C00000001.")],
    on: On = "",
    json: JsonOption = False,
) -> None:
    """Why something is due: the rule, its dates, the law, the recipient and why it is they."""
    with opened() as archive:
        wanted = the_day(archive, on)
        with archive.hub.reading() as unit:
            found = _found(archive, unit, wanted)
            met = [one for one in found.collected.dues if _is_meant(key, one, found)]
            explained = [_explained(archive, found, one) for one in met]
        archive.vault.close_cycle()
    if not explained:
        advice = "`tablekeeper reminders` lists what is due; --on DATE asks for another day"
        raise Misused(f"nothing that is due on {wanted} goes by {key}", advice=advice)
    if json:
        print_json({"on": wanted, "explained": explained, **(explained[0] if len(explained) == 1 else {})})
    else:
        for one in explained:
            _print_explained(one)


def _found(archive: Archive, unit: Unit, day: date) -> Found:
    book = ReminderBook(archive.config, archive.config)
    ground = digest_archive(archive).ground(unit, book, Today.of(day, Calendar(archive.config.calendar)))
    people = archive.config.people
    return Found(
        collect(ground),
        Items(unit.connection).open(),
        read_people(ground.files.rows(people.table), people, today=day),
        ground.files,
        Showing(archive, unit),
    )


def _is_meant(key: str, due: Due, found: Found) -> bool:
    """A key or its beginning, the id of its item, or the number or uid of the record."""
    is_key = len(key) >= KEY_DIGITS_MIN and due.key.startswith(key.lower())
    return is_key or key in (due.item, due.uid, found.showing.key(due.table, due.uid))


KEY_DIGITS_MIN = 6


def _due(archive: Archive, found: Found, due: Due) -> dict[str, Any]:
    staff, owner = archive.config.people.table, found.people.in_charge(due.recipient)
    return {
        "key": due.key,
        "item": due.item,
        "reminder": due.reminder,
        "kind": due.kind,
        "title": CHINESE.titled(due.title),
        "table": found.showing.table(due.table),
        "number": found.showing.key(due.table, due.uid),
        "uid": due.uid,
        "day": due.anchor,
        "stage": due.stage,
        "days_left": due.days_left,
        "priority": due.priority,
        "to": found.showing.key(staff, due.recipient) if due.recipient else None,
        "to_name": _name(found.people.reader(owner) if owner else None),
        "department": due.department or None,
        "mailed_to": readers(due, Desk(found.people, archive.config)),
        "escalated": list(due.escalated),
        "law": due.law,
    }


def _explained(archive: Archive, found: Found, due: Due) -> dict[str, Any]:
    rule = next(each for each in archive.config.reminders if each.id == due.reminder)
    item = found.items.get(due.item)
    law = {"article": due.law, "says": sentence(due.law, archive.config.laws)} if due.law else None
    return {
        **_due(archive, found, due),
        "rule": rule.model_dump(mode="json", exclude_defaults=True),
        "dates": {
            "anchor": due.anchor,
            "stages": list(rule.at),
            "stage": due.stage,
            "counted_in": "calendar days" if rule.days == "calendar" else "working days",
            "told_on": due.due_on,
            "days_left": due.days_left,
            "open_since": item.first_at.date() if item else None,
            "put_off_until": item.snooze_until or None if item else None,
        },
        "law": law,
        "recipient": _recipient(archive, found, rule, due, item),
    }


def _recipient(
    archive: Archive, found: Found, rule: ReminderConfig, due: Due, item: Item | None
) -> dict[str, Any]:
    """Who gets it, and by which steps."""
    why = [_path(rule, due)]
    meant = due.recipient
    if item and item.hand_to:
        meant, handed = item.hand_to, found.people.get(item.hand_to)
        why.append(f"handed over to {handed.name if handed else item.hand_to} in the to-do table")
    owner = found.people.in_charge(meant)
    if owner and owner.uid != meant:
        why.append(f"who does not work here any more; {owner.name} is the next manager who does")
    reader = found.people.reader(owner) if owner else None
    if owner and reader and reader != owner:
        why.append(f"{owner.name} is away; {reader.name} stands in")
    if owner is None and not due.department:
        department = archive.config.people.responsible.get(due.table)
        why.append(
            f"nobody is in charge: the department {department}" if department else "nobody is in charge"
        )
    return {"name": _name(reader), "address": reader.email if reader else None, "why": why}


def _path(rule: ReminderConfig, due: Due) -> str:
    if due.department:
        return f"the reminder is for the department {due.department}"
    whose = "the reminder's `to`" if due.path == rule.to else "the table's owner"
    return f"{whose}: {due.path}" if due.recipient else "no link of the record leads to anybody"


def _name(person: Person | None) -> str | None:
    return person.name if person else None


def _print_dues(dues: Sequence[dict[str, Any]], on: date) -> None:
    """Two lines for each, which a table of as many columns would fold beyond reading."""
    out.print(f"{on}: {len(dues)} due" if dues else f"{on}: nothing is due")
    for one in dues:
        law = CHINESE.bracketed(one["law"] or "")
        what = f"{one['day']}  {_left(one['days_left'])}  {one['priority']}  {one['title']}{law}"
        whose = one["to_name"] or one["department"] or "nobody in charge"
        mailed = ", ".join(one["mailed_to"]) or "no address"
        where = f"    {one['table']} {one['number']} → {whose} <{mailed}>  {one['item']}"
        out.print(Text(what), Text(where), sep="\n", soft_wrap=True)


def _left(days: int) -> str:
    return f"in {days} d" if days > 0 else f"{-days} d late" if days else "today"


def _print_explained(one: dict[str, Any]) -> None:
    out.rule(f"{one['title']} · {one['table']} {one['number']}", align="left")
    dates, recipient = one["dates"], one["recipient"]
    made = table("", "")
    lines = {
        "reminder": f"{one['reminder']} ({one['kind']}, {one['priority']})",
        "counts to": f"{dates['anchor']}, {_left(dates['days_left'])}",
        "stage": f"{dates['stage']} of {dates['stages']} {dates['counted_in']}, told on {dates['told_on']}",
        "open while": one["rule"].get("when", "the day stands"),
        "law": f"{one['law']['article']}: {one['law']['says']}" if one["law"] else "-",
        "goes to": f"{recipient['name'] or '-'} <{recipient['address'] or 'no address'}>",
        "because": "\n".join(recipient["why"]),
        "escalated to": ", ".join(one["escalated"]) or "-",
        "mailed to": ", ".join(one["mailed_to"]) or "no address",
        "put off until": dates["put_off_until"] or "-",
        "key": one["key"],
    }
    for name, text in lines.items():
        add_row(made, (name, text))
    out.print(made)
