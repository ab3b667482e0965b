"""All reminders of a configuration, compiled once, and what is wrong with those that cannot be used."""

from collections.abc import Iterator, Mapping

from jobs.config import EVERY_TABLE, HELD, JobsConfig, PeopleConfig, ReminderConfig
from jobs.due import Reminder
from validators.conditions import compile_condition
from validators.references import Problem
from validators.schema import FieldConfig, FieldType, SchemaConfig, TableKey


class ReminderProblems(Exception):
    """Every reminder that cannot be used, with what to do."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = problems


class ReminderBook:
    """The reminders of a configuration, ready to be asked. Raises ReminderProblems when any cannot be used."""

    def __init__(self, schema: SchemaConfig, config: JobsConfig) -> None:
        if found := tuple(problems(schema, config)):
            raise ReminderProblems(found)
        self.held = tuple(reminder for reminder in config.reminders if reminder.anchor == HELD)
        self.of_table: Mapping[TableKey, tuple[Reminder, ...]] = {
            table: tuple(_compiled(schema, config, table)) for table in schema.tables
        }


def problems(schema: SchemaConfig, config: JobsConfig) -> list[Problem]:
    """What the sections of this package name and the archive does not have; paths as in `config.yaml`."""
    found = list(_people_problems(schema, config.people))
    for place, reminder in enumerate(config.reminders):
        for key, message in _reminder_problems(schema, config, reminder):
            found.append(Problem(f"reminders.{place}.{key}", message))
    return found


def _compiled(schema: SchemaConfig, config: JobsConfig, table: TableKey) -> Iterator[Reminder]:
    for reminder in config.reminders:
        if reminder.table == table and reminder.anchor != HELD:
            anchor = compile_condition(schema, table, reminder.anchor, _unexpected)
            assert anchor is not None, "its problems were looked for before"
            when = reminder.when and compile_condition(schema, table, reminder.when, _unexpected)
            yield Reminder(reminder, anchor, when or None)


def _unexpected(message: str) -> None:
    raise AssertionError(message)


def _reminder_problems(
    schema: SchemaConfig, config: JobsConfig, reminder: ReminderConfig
) -> Iterator[tuple[str, str]]:
    """Pairs of (key of the reminder, message)."""
    if reminder.table == EVERY_TABLE:
        if reminder.to:
            yield "to", "held rows of all tables go to each table's owner: leave it out"
        return
    if reminder.table not in schema.tables:
        yield "table", f"no table {reminder.table}"
        return
    if reminder.to and not _leads_to(schema, reminder.table, reminder.to, config.people.table):
        yield "to", f"must be a path of links that ends in {config.people.table}"
    if reminder.anchor != HELD:
        for key, source in (("anchor", reminder.anchor), ("when", reminder.when)):
            messages: list[str] = []
            if source:
                compile_condition(schema, reminder.table, source, messages.append)
            yield from ((key, message) for message in messages)


def _leads_to(schema: SchemaConfig, table: TableKey, path: str, target: TableKey) -> bool:
    """Whether a path consists of links to one record each and ends in `target`."""
    for key in path.split("."):
        field: FieldConfig | None = schema.tables[table].fields.get(key) if table in schema.tables else None
        if field is None or field.type is not FieldType.LINK:
            return False
        table = field.to or ""
    return table == target


def _people_problems(schema: SchemaConfig, people: PeopleConfig) -> Iterator[Problem]:
    if people.table not in schema.tables:
        yield Problem("people.table", f"no table {people.table}")
        return
    fields = schema.tables[people.table].fields
    for key in people.fields:
        if key not in fields:
            yield Problem("people", f"table {people.table} has no field {key}")
        elif fields[key].sensitive:
            yield Problem("people", f"{people.table}.{key} is sensitive: mails cannot go by it")
