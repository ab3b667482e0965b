"""The section `figures` of `config.yaml`: numbers about the whole archive that leaders read, as expressions over its records."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from validators.conditions import compile_condition
from validators.references import Problem
from validators.schema import SELECTS, FieldKey, SchemaConfig, Section, TableKey
from validators.suggestions import suggestion

FIRST_DAY, LAST_DAY = "first_day", "last_day"
PERIOD = frozenset({FIRST_DAY, LAST_DAY})
"""The month before the one in which they are told."""


class AmountConfig(Section):
    """So many records of a table, or the sum of an expression over them."""

    table: TableKey
    when: str | None = None
    """CEL over the record; `first_day` and `last_day` are those of the month before. Without it, all count."""
    sum: str | None = None
    """CEL that gives a number; a blank counts as nothing. Without it, records are counted."""


class FigureConfig(AmountConfig):
    """One figure: an amount, or the share of it that is of a kind, or its ratio to another amount."""

    name: str = Field(min_length=1, max_length=40)
    share: str | None = None
    """CEL: the figure is the part, in percent, of the amount for which it is true."""
    per: AmountConfig | None = None
    """The figure is the amount in percent of this one."""
    by: FieldKey | None = None
    """A select field: one line for each of its options."""
    unit: str = Field(default="", max_length=4)
    """What is counted, such as 件; default: 条, or 元 for a sum."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.share and self.per:
            raise ValueError("a figure has `share` or `per`, not both")
        if self.per and self.by:
            raise ValueError("`per` and `by` do not go together")
        return self


def problems(schema: SchemaConfig, figures: tuple[FigureConfig, ...]) -> Iterator[Problem]:
    """Tables and fields that are not there, and expressions that cannot be used."""
    for place, figure in enumerate(figures):
        path = f"figures.{place}"
        yield from _amount_problems(schema, figure, path)
        if figure.per:
            yield from _amount_problems(schema, figure.per, f"{path}.per")
        if figure.by and figure.table in schema.tables:
            field = schema.tables[figure.table].fields.get(figure.by)
            if field is None or field.type not in SELECTS or field.sensitive:
                yield Problem(f"{path}.by", "must be a select field that is not sensitive")


def _amount_problems(schema: SchemaConfig, amount: AmountConfig, path: str) -> Iterator[Problem]:
    if amount.table not in schema.tables:
        yield Problem(f"{path}.table", f"no table {amount.table}{suggestion(amount.table, schema.tables)}")
        return
    share = amount.share if isinstance(amount, FigureConfig) else None
    for key, source in (("when", amount.when), ("sum", amount.sum), ("share", share)):
        messages: list[str] = []
        if source:
            compile_condition(schema, amount.table, source, messages.append, days=PERIOD)
        yield from (Problem(f"{path}.{key}", message) for message in messages)
