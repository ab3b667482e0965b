"""One pydantic model per table, built from the config, in which a bad cell is a value and not an exception."""

from collections.abc import Mapping
from datetime import date

from .issues import Issue, Rejection
from .raw import Raw
from .schema import FieldKey, SchemaConfig, TableKey
from .values import Value


class RowParser:
    """Parses the rows of all tables of a schema."""

    def __init__(self, schema: SchemaConfig) -> None:
        self._schema = schema

    def parse(
        self,
        table: TableKey,
        cells: Mapping[FieldKey, Raw],
        *,
        today: date,
        context: Mapping[FieldKey, Value | Rejection | None] | None = None,
    ) -> dict[FieldKey, Value | Rejection | None]:
        """The values of exactly the fields in `cells`, none of which is a link."""
        raise NotImplementedError

    def missing(self, table: TableKey, row: Mapping[FieldKey, Value | Rejection | None]) -> list[Issue]:
        """What a row leaves blank that it must (an error each) or should (one hint) hold."""
        raise NotImplementedError
