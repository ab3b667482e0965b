"""One pydantic model per table, built from the config, in which a bad cell is a value and not an exception."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, create_model

from .fields import parse
from .issues import Issue, Rejection
from .raw import Raw
from .schema import LINKS, FieldConfig, FieldKey, FieldType, Level, SchemaConfig, TableConfig, TableKey
from .values import Value

Parsed = Value | Rejection | None

MISSING_NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class _Context:
    """What parsing a cell needs to know besides the cell."""

    today: date
    cells: Mapping[FieldKey, Raw]
    row: Mapping[FieldKey, Parsed]


class RowParser:
    """Parses the rows of all tables of a schema."""

    def __init__(self, schema: SchemaConfig) -> None:
        self._schema = schema
        self._models = {key: _row_model(key, table, schema) for key, table in schema.tables.items()}

    def parse(
        self,
        table: TableKey,
        cells: Mapping[FieldKey, Raw],
        *,
        today: date,
        context: Mapping[FieldKey, Parsed] | None = None,
    ) -> dict[FieldKey, Parsed]:
        """The values of exactly the fields in `cells`, none of which may be a link.

        `context` holds what is already known of the row: there an identity number finds its kind of document
        when that is not among the cells.
        """
        row = self._models[table].model_validate(dict(cells), context=_Context(today, cells, context or {}))
        return {key: getattr(row, _attribute(key)) for key in cells}

    def missing(self, table: TableKey, row: Mapping[FieldKey, Parsed]) -> list[Issue]:
        """What a row leaves blank that it must (an error each) or should (one hint for all) hold.

        A field that `row` does not name counts as blank; a rejected one does not. A checkbox is never missing.
        """
        fields = self._schema.tables[table].fields
        blank = [
            key for key, field in fields.items() if row.get(key) is None and field.type is not FieldType.BOOL
        ]
        errors = [_required(key) for key in blank if fields[key].required]
        expected = [key for key in blank if fields[key].expected and not fields[key].required]
        return [*errors, _expected(expected, fields)] if expected else errors


def _required(key: FieldKey) -> Issue:
    return Issue("required", Level.ERROR, (key,), "不能为空", "请填写")


def _expected(keys: Iterable[FieldKey], fields: Mapping[FieldKey, FieldConfig]) -> Issue:
    names = [fields[key].name for key in keys]
    more = f"等{len(names)}项" if len(names) > MISSING_NAMED_MAX else ""
    return Issue(
        "expected", Level.HINT, tuple(keys), f"缺{'、'.join(names[:MISSING_NAMED_MAX])}{more}", "请补充"
    )


def _attribute(key: FieldKey) -> str:
    """The model's own name for a field: a key such as `copy` would hide a method of pydantic."""
    return f"cell_{key}"


def _row_model(key: TableKey, table: TableConfig, schema: SchemaConfig) -> type[BaseModel]:
    definitions: dict[str, Any] = {
        _attribute(name): (_cell_type(name, field, schema), Field(default=None, alias=name))
        for name, field in _documents_first(table)
        if field.type not in LINKS
    }
    config = ConfigDict(hide_input_in_errors=True, extra="forbid")
    return create_model(f"Row_{key}", __config__=config, **definitions)


def _documents_first(table: TableConfig) -> Iterable[tuple[FieldKey, FieldConfig]]:
    """The fields in an order in which the kind of document is known when its number is parsed."""
    return sorted(table.fields.items(), key=lambda item: item[1].document is not None)


def _cell_type(key: FieldKey, field: FieldConfig, schema: SchemaConfig) -> Any:
    def cell(raw: Raw, info: ValidationInfo) -> Parsed:
        known = info.context
        assert isinstance(known, _Context), "models are only used by the parser"
        document = _document(field, info.data, known)
        value = parse(field, raw, schema=schema, today=known.today, document=document)
        return (
            replace(value, issue=replace(value.issue, fields=(key,)))
            if isinstance(value, Rejection)
            else value
        )

    return Annotated[Any, PlainValidator(cell)]


def _document(field: FieldConfig, parsed: Mapping[str, Any], known: _Context) -> str | None:
    if field.document is None:
        return None
    is_cell = field.document in known.cells
    kind = parsed[_attribute(field.document)] if is_cell else known.row.get(field.document)
    return kind if isinstance(kind, str) else None
