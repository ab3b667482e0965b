"""The section `archiving` of the config: when a person's file may leave the tables, who decides, and how long it is kept."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from pydantic import Field

from validators.conditions import compile_condition
from validators.references import Problem
from validators.schema import FieldKey, SchemaConfig, Section, TableKey
from validators.suggestions import suggestion


class KeepConfig(Section):
    """One rule of retention: so many years from a day of each record of a table."""

    table: TableKey
    from_day: str = Field(alias="from", description="A date field or a CEL expression that gives a date.")
    years: int = Field(ge=1, le=100)
    law: str = ""


class ArchivingConfig(Section):
    """When a file is at rest, who lets it go, and until when it is kept."""

    table: TableKey | None = Field(
        default=None, description="The table of people; none: nothing is archived."
    )
    hold: FieldKey | None = Field(default=None, description="The field that holds a file for the law.")
    at_rest: Mapping[TableKey, str] = Field(
        default={}, description="By table, what must be true of each record of the file; else it blocks."
    )
    at_once: str = Field(default="", description="For whom nobody waits, as a condition over the person.")
    open_cases: Mapping[TableKey, str] = Field(
        default={},
        description="By table of `at_rest`, a purpose of `vault.purposes`: while such a case is open, what it needs of a person "
        "stays in the tables and opens for this purpose, even when the person is to be erased.",
    )
    routine: tuple[str, ...] = Field(
        default=(),
        description="Kinds of reminders that come up as long as a file stands; open items of all others keep it.",
    )
    rest_months: int = Field(default=24, ge=0, description="So long nothing of the file may have changed.")
    role: str = Field(
        default="档案管理", description="The vault role that approves, and wants a destruction."
    )
    second_role: str = Field(default="合规", description="The vault role that confirms a destruction.")
    keep: tuple[KeepConfig, ...] = Field(default=(), description="The longest applicable rule counts.")
    to: Path | None = Field(
        default=None, description="The folder of bundles; default: `archive` in the home."
    )


def conditions(config: ArchivingConfig) -> Iterator[tuple[str, TableKey, str]]:
    """Every expression of the section: its path, its table, its text."""
    if config.at_once and config.table:
        yield "archiving.at_once", config.table, config.at_once
    for table, text in config.at_rest.items():
        yield f"archiving.at_rest.{table}", table, text
    for place, rule in enumerate(config.keep):
        yield f"archiving.keep.{place}", rule.table, rule.from_day


def problems(
    schema: SchemaConfig, config: ArchivingConfig, *, purposes: Collection[str]
) -> Iterator[Problem]:
    """What names a table, field or purpose that is not there, and expressions that cannot be used."""
    if config.table is not None and config.table not in schema.tables:
        yield Problem("archiving.table", f"no table {config.table!r}")
    elif config.table and config.hold and config.hold not in schema.tables[config.table].fields:
        yield Problem("archiving.hold", f"there is no {config.hold!r} in {config.table}")
    for table, purpose in config.open_cases.items():
        path = f"archiving.open_cases.{table}"
        if table not in config.at_rest:
            yield Problem(path, f"`archiving.at_rest` does not say when a record of {table} is at rest")
        if purpose not in purposes:
            yield Problem(path, f"{purpose!r} is none of `vault.purposes`{suggestion(purpose, purposes)}")
    for path, table, text in conditions(config):
        if table not in schema.tables:
            yield Problem(path, f"no table {table!r}")
            continue
        found: list[str] = []
        compile_condition(schema, table, text, found.append)
        yield from (Problem(path, message) for message in found)
