"""The figures of the config over the records of the hub. What is about too few records is not shown: it could be about a person."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from jobs.fact_words import FactWords
from jobs.figure_config import FIRST_DAY, LAST_DAY, PERIOD, AmountConfig, FigureConfig
from jobs.figures import GROUP_MIN
from jobs.files import Files
from jobs.sift import Stored, stored
from sync.merge import Row
from sync.store.hub import Unit
from validators.conditions import Condition, ConditionFailed, Lookup, compile_condition, conjuncts
from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.values import load_value

Line = tuple[str, str]


@dataclass(slots=True)
class Tally:
    """What was added up: records, their amount, the part of it that is of the kind asked for, and records that failed."""

    records: int = 0
    amount: float = 0.0
    kept: float = 0.0
    failed: int = 0


class Counter:
    """One amount of the config, added up record by record; `by` splits it into groups."""

    def __init__(
        self,
        schema: SchemaConfig,
        config: AmountConfig,
        *,
        period: Mapping[str, date],
        today: date,
        lookup: Lookup,
    ) -> None:
        self._fields = schema.tables[config.table].fields
        self._period, self._today, self._lookup = period, today, lookup
        figure = config if isinstance(config, FigureConfig) else None
        parts = [_compiled(schema, config, part) for part in conjuncts(config.when)] if config.when else []
        # What needs no other record is asked first: most records end there.
        self._when = sorted(parts, key=lambda part: part.reads_links)
        self._sum = _compiled(schema, config, config.sum) if config.sum else None
        self._share = _compiled(schema, config, figure.share) if figure and figure.share else None
        self._by: FieldKey | None = figure.by if figure else None
        self.groups: dict[str, Tally] = {}
        self._known: dict[tuple[object, ...], bool] = {}

    def add(self, one: Stored) -> None:
        """Take a record in, if it counts."""
        try:
            if not all(self._counts(one, part) for part in self._when):
                return
        except ConditionFailed:
            self._tally(one).failed += 1
            return
        self._add(one, self._tally(one))

    def _add(self, one: Stored, tally: Tally) -> None:
        try:
            amount = 1.0 if self._sum is None else self._number(one, self._sum)
            kept = self._share is not None and self._holds(one, self._share)
        except ConditionFailed:
            tally.failed += 1
            return
        tally.records += 1
        tally.amount += amount or 0.0
        tally.kept += (amount or 0.0) if kept else 0.0

    def _counts(self, one: Stored, condition: Condition) -> bool:
        """Asked once for each combination of what the condition reads: states and days repeat."""
        asked = condition.source, *(_hashable(one.values.get(name)) for name in condition.names)
        if asked not in self._known:
            self._known[asked] = self._holds(one, condition)
        return self._known[asked]

    def _holds(self, one: Stored, condition: Condition) -> bool:
        return condition.holds(self._row(one, condition), today=self._today, lookup=self._lookup)

    def _number(self, one: Stored, condition: Condition) -> float | None:
        return condition.number(self._row(one, condition), today=self._today, lookup=self._lookup)

    def _tally(self, one: Stored) -> Tally:
        group = one.values.get(self._by) if self._by else ""
        return self.groups.setdefault(str(group or ""), Tally())

    def _row(self, one: Stored, condition: Condition) -> Row:
        read = {
            name: load_value(self._fields[name], one.values[name])
            for name in condition.names
            if name in self._fields and name in one.values
        }
        return {**read, **self._period}


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure with its counters."""

    config: FigureConfig
    amount: Counter
    per: Counter | None = field(default=None)


def key_figures(
    unit: Unit, schema: SchemaConfig, figures: Iterable[FigureConfig], today: date, words: FactWords
) -> tuple[Line, ...]:
    """The lines of all figures, each table read once."""
    amount = partial(
        Counter, schema, period=month_before(today), today=today, lookup=Files(unit, schema).lookup
    )
    asked = [Asked(each, amount(each), amount(each.per) if each.per else None) for each in figures]
    by_table: dict[TableKey, list[Counter]] = {}
    for each in asked:
        by_table.setdefault(each.config.table, []).append(each.amount)
        if each.per and each.config.per:
            by_table.setdefault(each.config.per.table, []).append(each.per)
    for table, counters in by_table.items():
        for one in stored(unit, table):
            for counter in counters:
                counter.add(one)
    return tuple(line for each in asked for line in _lines(each, words))


def month_before(today: date) -> dict[str, date]:
    """The first and the last day of the calendar month before a day's."""
    last = today.replace(day=1) - timedelta(days=1)
    return {FIRST_DAY: last.replace(day=1), LAST_DAY: last}


def _lines(asked: Asked, words: FactWords) -> Iterator[Line]:
    config = asked.config
    called = words.said(config.name)
    groups = asked.amount.groups or {"": Tally()}
    ordered = sorted(groups.items(), key=lambda group: -group[1].amount)
    failed = sum(group.failed for group in groups.values())
    for name, tally in ordered:
        if config.by and tally.records < GROUP_MIN:
            continue  # Told together below.
        title = f"{called} · {words.said(name) or words.blank}" if config.by else called
        yield title, _shown(asked, tally, words)
    small = [tally for _, tally in ordered if config.by and 0 < tally.records < GROUP_MIN]
    if sum(tally.records for tally in small) >= GROUP_MIN:
        together = Tally(
            sum(tally.records for tally in small),
            sum(tally.amount for tally in small),
            sum(tally.kept for tally in small),
        )
        yield f"{called} · {words.others}", _shown(asked, together, words)
    if failed:
        yield called, words.failed.format(count=failed)


def _shown(asked: Asked, tally: Tally, words: FactWords) -> str:
    config = asked.config
    per = next(iter(asked.per.groups.values()), Tally()) if asked.per else None
    if any(0 < one.records < GROUP_MIN for one in (tally, per) if one):
        return words.too_few.format(count=GROUP_MIN)
    if config.share or per:
        part, whole = (tally.amount, per.amount) if per else (tally.kept, tally.amount)
        of = per.records if per else tally.records
        return words.share.format(share=part / whole, count=of) if whole else words.nothing
    unit = words.said(config.unit) or (words.money if config.sum else words.records)
    return words.amount.format(amount=tally.amount, unit=unit)


def _compiled(schema: SchemaConfig, config: AmountConfig, source: str) -> Condition:
    found = compile_condition(schema, config.table, source, _unexpected, days=PERIOD)
    assert found is not None, "its problems were looked for before"
    return found


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _unexpected(message: str) -> None:
    raise AssertionError(message)
