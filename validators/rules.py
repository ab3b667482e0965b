"""Rules and computed fields: CEL expressions over one row and the records it links to."""

from collections.abc import Mapping
from datetime import date

from .issues import Issue
from .schema import FieldKey, SchemaConfig, TableKey
from .values import Value

Row = Mapping[FieldKey, Value | None]
Linked = Mapping[FieldKey, Row | None]


class RuleProblems(Exception):
    """Every expression of the configuration that cannot be used: pairs of (rule id or field path, message)."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("\n".join(f"{where}: {message}" for where, message in problems))
        self.problems = problems


class RuleBook:
    """All rules and computed fields of a schema, compiled once."""

    def __init__(self, schema: SchemaConfig) -> None:
        self._schema = schema

    def check(self, table: TableKey, row: Row, *, linked: Linked, today: date) -> list[Issue]:
        """What the rules find in a row of plain canonical values."""
        raise NotImplementedError

    def compute(
        self, table: TableKey, row: Row, *, linked: Linked, today: date
    ) -> dict[FieldKey, Value | None]:
        """All computed fields of a row."""
        raise NotImplementedError

    def reads(self, table: TableKey) -> frozenset[FieldKey]:
        """The fields of the table that its rules and computed fields read."""
        raise NotImplementedError

    def sensitive_reads(self, table: TableKey) -> frozenset[FieldKey]:
        """Those of `reads` whose plaintext the caller has to open."""
        raise NotImplementedError

    def linked_reads(self, table: TableKey) -> Mapping[FieldKey, frozenset[FieldKey]]:
        """What is read through each link, besides the uid."""
        raise NotImplementedError

    def uses_today(self, table: TableKey) -> bool:
        """Whether a row's findings may change by the passing of a day."""
        raise NotImplementedError
