"""How long the law wants a person's records kept: the longest that any rule of the config asks for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pydantic import Field

from sync.engine import Engine
from sync.erasing import Person
from sync.store.hub import Unit
from sync.store.records import Record
from validators.references import Problem
from validators.schema import FieldKey, FieldType, SchemaConfig, Section, TableKey
from validators.suggestions import suggestion


class RetentionRule(Section):
    """One law: for which table's records, from which date, for how many years."""

    law: str = Field(min_length=1, max_length=60)
    table: TableKey
    ends: tuple[FieldKey, ...] = Field(
        min_length=1, description="The first of these dates that is filled starts the period."
    )
    years: int = Field(ge=1, le=100)
    starts: FieldKey | None = Field(
        default=None, description="With `short_years`: when the contract began; its term decides."
    )
    short_years: int | None = Field(
        default=None, ge=1, le=100, description="Instead, where the term was at most a year."
    )
    blank: str = Field(
        default="keep",
        pattern="^(keep|ignore)$",
        description="What no date means: the period has not begun and the record is kept, or the rule does not apply.",
    )


@dataclass(frozen=True, slots=True)
class Duty:
    """A law that still wants a person's records. `until` None: what starts the period has not happened yet."""

    law: str
    until: date | None


def problems(schema: SchemaConfig, rules: Iterable[RetentionRule]) -> Iterator[Problem]:
    """Tables and dates that the rules name and that there are not."""
    for place, rule in enumerate(rules):
        fields = schema.tables[rule.table].fields if rule.table in schema.tables else {}
        dates = {key for key, field in fields.items() if field.type is FieldType.DATE}
        if not fields:
            message = f"there is no table {rule.table!r}{suggestion(rule.table, schema.tables)}"
            yield Problem(f"retention.{place}.table", message)
            continue
        for key in (*rule.ends, *((rule.starts,) if rule.starts else ())):
            if key not in dates:
                yield Problem(f"retention.{place}", f"there is no date {key!r}{suggestion(key, dates)}")


def duty(
    rules: tuple[RetentionRule, ...], engine: Engine, unit: Unit, who: Person, *, today: date
) -> Duty | None:
    """The duty that runs longest; None when nothing need be kept any more."""
    running = [one for one in _duties(rules, unit, who) if one.until is None or one.until > today]
    return max(running, key=lambda one: one.until or date.max, default=None)


def _duties(rules: tuple[RetentionRule, ...], unit: Unit, who: Person) -> Iterator[Duty]:
    # A contract of somebody else that names the person is a reason to keep what is known of them as well.
    named = unit.records.referrers([who.uid])
    for rule in rules:
        uids = {*who.records.get(rule.table, ()), *(uid for table, uid, _ in named if table == rule.table)}
        for one in unit.records.get_many(rule.table, uids).values():
            if (found := _of_record(rule, one)) is not None:
                yield found


def _of_record(rule: RetentionRule, one: Record) -> Duty | None:
    end = next((day for key in rule.ends if isinstance(day := one.values.get(key), date)), None)
    if end is None:
        return Duty(rule.law, None) if rule.blank == "keep" else None
    start = one.values.get(rule.starts) if rule.starts else None
    short = rule.short_years and isinstance(start, date) and end <= years_after(start, 1)
    return Duty(rule.law, years_after(end, rule.short_years if short and rule.short_years else rule.years))


def years_after(day: date, years: int) -> date:
    """The same day so many years later; the last of February stays the last."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
