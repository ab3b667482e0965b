"""All reminders of a configuration, compiled once, and what is wrong with those that cannot be used."""

from collections.abc import Iterator, Mapping

from jobs.config import MANAGERS, OWNERS, JobsConfig, PeopleConfig
from jobs.due import Linked, Reminder
from jobs.laws import LAWS
from jobs.reminder_config import (
    ABOUT_ALL,
    CHANGED,
    EVENT_ON,
    EVERY_TABLE,
    FOUND,
    MANAGER,
    OWN_DAYS,
    LinkedConfig,
    ReminderConfig,
)
from jobs.todo_config import COLUMNS, STATUSES
from validators.conditions import Condition, compile_condition, conjuncts
from validators.references import Problem
from validators.schema import LINKS, FieldConfig, FieldKey, FieldType, SchemaConfig, TableKey
from validators.suggestions import suggestion


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
        self.config = config
        self.found = tuple(reminder for reminder in config.reminders if reminder.anchor in FOUND)
        """Those about what the daemon itself finds."""
        self.of_table: Mapping[TableKey, tuple[Reminder, ...]] = {
            table: tuple(_compiled(schema, config, table)) for table in schema.tables
        }


def problems(schema: SchemaConfig, config: JobsConfig) -> list[Problem]:
    """What the sections of this package name and the archive does not have; paths as in `config.yaml`."""
    found = [*_people_problems(schema, config.people), *_todo_problems(schema, config)]
    found += _department_problems(schema, config)
    for place, reminder in enumerate(config.reminders):
        for key, message in _reminder_problems(schema, config, reminder):
            found.append(Problem(f"reminders.{place}.{key}", message))
    return found


def _todo_problems(schema: SchemaConfig, config: JobsConfig) -> Iterator[Problem]:
    """The to-do table has the columns that the daemon fills, and names every kind of reminder."""
    table = config.todo.table
    if table is None:
        return
    if table not in schema.tables:
        yield Problem("todo.table", f"no table {table}{suggestion(table, schema.tables)}")
        return
    fields = schema.tables[table].fields
    missing = [key for key in COLUMNS if key not in fields]
    if missing:
        yield Problem("todo.table", f"table {table} has no field {', '.join(missing)}; the daemon fills them")
    kinds = [each.kind for each in config.reminders]
    for kind in config.todo.snooze:
        if kind not in kinds:
            yield Problem(f"todo.snooze.{kind}", f"no reminder is of this kind{suggestion(kind, kinds)}")
    for key, named in (("kind", kinds), ("status", STATUSES)):
        options = schema.options.get(fields[key].options or "") if key in fields else None
        unknown = sorted({name for name in named if options and name not in options.values})
        if unknown:
            yield Problem(
                "todo.table", f"{table}.{key} has no option {', '.join(unknown)}: add it to its list"
            )


def _department_problems(schema: SchemaConfig, config: JobsConfig) -> Iterator[Problem]:
    """Departments that mails go to, and tables that they are named for."""
    known = departments(schema, config.people)
    named = [(f"digests.{place}.to", each.to) for place, each in enumerate(config.digests)]
    named += [(f"people.responsible.{table}", name) for table, name in config.people.responsible.items()]
    named += [(f"mail.mailboxes.{name}", name) for name in config.mail.mailboxes]
    named += [
        (f"mail.readers.{table}", name) for table, names in config.mail.readers.items() for name in names
    ]
    for path, name in named:
        if name not in (OWNERS, MANAGERS, *known):
            yield Problem(path, f"no department {name}{suggestion(name, known)}")
    for section, tables in (
        ("people.responsible", config.people.responsible),
        ("mail.readers", config.mail.readers),
    ):
        for table in tables:
            if table not in schema.tables:
                yield Problem(f"{section}.{table}", f"no table {table}{suggestion(table, schema.tables)}")


def departments(schema: SchemaConfig, people: PeopleConfig) -> tuple[str, ...]:
    """The names of the departments that the staff table knows."""
    fields = schema.tables[people.table].fields if people.table in schema.tables else {}
    field = fields.get(people.department or "")
    known = field.options in schema.options if field and field.options else False
    return schema.options_of(field).values if field and known else ()


def _compiled(schema: SchemaConfig, config: JobsConfig, table: TableKey) -> Iterator[Reminder]:
    for reminder in config.reminders:
        if reminder.table == table and reminder.anchor not in FOUND:
            yield Reminder(
                reminder,
                anchor=None if reminder.anchor == CHANGED else _condition(schema, table, reminder.anchor),
                when=_conditions(schema, reminder),
                has=_linked(schema, reminder.has),
                lacks=_linked(schema, reminder.lacks),
            )


def _conditions(schema: SchemaConfig, reminder: ReminderConfig) -> tuple[Condition, ...]:
    """The parts of `when`, those first that need no other record and open nothing."""
    parts = conjuncts(reminder.when) if reminder.when else []
    opens = frozenset(reminder.opens)
    found = [_condition(schema, reminder.table, part, opens=opens) for part in parts]
    return tuple(sorted(found, key=lambda part: (bool(opens & set(part.names)), part.reads_links)))


def _linked(schema: SchemaConfig, config: LinkedConfig | None) -> Linked | None:
    if config is None:
        return None
    return Linked(config, _condition(schema, config.table, config.when) if config.when else None)


def _condition(
    schema: SchemaConfig, table: TableKey, source: str, *, opens: frozenset[str] = frozenset()
) -> Condition:
    condition = compile_condition(schema, table, source, _unexpected, opens=opens, days=OWN_DAYS)
    assert condition is not None, "its problems were looked for before"
    return condition


def _unexpected(message: str) -> None:
    raise AssertionError(message)


Faults = Iterator[tuple[str, str]]
"""Pairs of (key of the reminder, message)."""


def _reminder_problems(schema: SchemaConfig, config: JobsConfig, reminder: ReminderConfig) -> Faults:
    yield from _law_problems(config, reminder)
    yield from _escalation_problems(schema, config, reminder)
    if reminder.table == EVERY_TABLE:
        if reminder.to:
            yield "to", "held rows of all tables go to each table's owner: leave it out"
        return
    if reminder.anchor in ABOUT_ALL and reminder.table != config.todo.table:
        yield "table", f"`anchor: {reminder.anchor}` is about no record: name the to-do table"
    if reminder.table not in schema.tables:
        yield "table", f"no table {reminder.table}{suggestion(reminder.table, schema.tables)}"
        return
    if reminder.to and not _leads_to(schema, reminder.table, reminder.to, config.people.table):
        yield "to", f"must be a path of links that ends in {config.people.table}"
    yield from _field_problems(schema, reminder)
    yield from _expression_problems(schema, reminder)
    for key, linked in (("has", reminder.has), ("lacks", reminder.lacks)):
        if linked:
            yield from (
                (f"{key}.{part}", message) for part, message in _linked_problems(schema, reminder, linked)
            )


def _law_problems(config: JobsConfig, reminder: ReminderConfig) -> Faults:
    known = LAWS.keys() | config.laws.keys()
    if reminder.law and reminder.law not in known:
        hint = suggestion(reminder.law, known)
        yield "law", f"no law's clock is known as {reminder.law}{hint}; a new one goes under `laws`"


def _escalation_problems(schema: SchemaConfig, config: JobsConfig, reminder: ReminderConfig) -> Faults:
    known = {MANAGER, *departments(schema, config.people)}
    if reminder.department and reminder.department not in known - {MANAGER}:
        yield "department", f"no department {reminder.department}{suggestion(reminder.department, known)}"
    for place, each in enumerate(reminder.escalate):
        if each.to not in known:
            yield f"escalate.{place}.to", f"must be {MANAGER} or a department{suggestion(each.to, known)}"


def _field_problems(schema: SchemaConfig, reminder: ReminderConfig) -> Faults:
    fields = schema.tables[reminder.table].fields
    for key, named in (("fields", reminder.fields), ("opens", reminder.opens)):
        for name in named:
            if name not in fields:
                yield key, f"the table has no field {name}{suggestion(name, fields)}"
            elif key == "opens" and not fields[name].sensitive:
                yield key, f"{name} is not sensitive: `when` may read it as it is"


def _expression_problems(schema: SchemaConfig, reminder: ReminderConfig) -> Faults:
    """What is wrong with `anchor` and `when`. An anchor is asked of every record, so it may open nothing."""
    sources: list[tuple[str, str, frozenset[FieldKey]]] = []
    sources += [] if reminder.anchor in (*FOUND, CHANGED) else [("anchor", reminder.anchor, frozenset())]
    parts = conjuncts(reminder.when) if reminder.when else []
    sources += [("when", part, frozenset(reminder.opens)) for part in parts]
    for key, source, opens in sources:
        messages: list[str] = []
        compile_condition(schema, reminder.table, source, messages.append, opens=opens, days=OWN_DAYS)
        yield from ((key, message) for message in messages)
        if EVENT_ON in source and reminder.anchor != CHANGED:
            yield key, f"{EVENT_ON} is known only with `anchor: {CHANGED}`"


def _linked_problems(schema: SchemaConfig, reminder: ReminderConfig, linked: LinkedConfig) -> Faults:
    if linked.table not in schema.tables:
        yield "table", f"no table {linked.table}{suggestion(linked.table, schema.tables)}"
        return
    field = schema.tables[linked.table].fields.get(linked.by)
    if field is None or field.type not in LINKS or field.to != reminder.table:
        yield "by", f"must be a link of {linked.table} that leads to {reminder.table}"
    messages: list[str] = []
    if linked.when:
        compile_condition(schema, linked.table, linked.when, messages.append)
    yield from (("when", message) for message in messages)


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
