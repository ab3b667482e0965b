"""What the tables of this replica should look like on Airtable, from the configuration alone. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.config import ReplicaConfig
from sync.connection import SystemColumn
from validators.schema import FieldConfig, FieldKey, FieldType, SchemaConfig, TableKey

TEXT, LONG_TEXT, LINKS = "singleLineText", "multilineText", "multipleRecordLinks"
TEXTS = frozenset({TEXT, LONG_TEXT, "email", "url", "phoneNumber"})
PLAIN_TEXTS = frozenset({TEXT, LONG_TEXT})
NUMBERS = frozenset({"number", "currency"})

SENSITIVE_NOTE = (
    "输入后几秒内自动加密,显示为星号是正常的,数据没有丢。"
    "更正:选中整格直接输入完整新值,不要双击改星号。看完整号码:点「查看」。"
)
STATUS_CHOICES = ("通过", "提示", "错误", "等待")

DATE_OPTIONS = {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}
DATETIME_OPTIONS = {
    **DATE_OPTIONS,
    "timeFormat": {"name": "24hour", "format": "HH:mm"},
    "timeZone": "Asia/Shanghai",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of ours. `key` is the field key, or the header of a system column."""

    key: str
    header: str
    type: str
    """The Airtable type it is created with."""
    accepts: frozenset[str]
    """The Airtable types under which an existing column can serve."""
    options: Mapping[str, Any] = field(default_factory=dict)
    links_to: TableKey | None = None
    aliases: tuple[str, ...] = ()
    description: str = ""
    sensitive: bool = False
    otherwise: "Column | None" = None
    """What to create instead where the service declines this column."""


@dataclass(frozen=True, slots=True)
class TableBlueprint:
    """One table of ours, columns in order; the first one is the primary column."""

    key: TableKey
    name: str
    columns: tuple[Column, ...]

    @property
    def links(self) -> frozenset[TableKey]:
        """The tables that this one links to."""
        return frozenset(column.links_to for column in self.columns if column.links_to)


def blueprints(schema: SchemaConfig, config: ReplicaConfig) -> dict[TableKey, TableBlueprint]:
    """The tables that this replica holds, with the fields that it holds."""
    keys = config.tables if config.tables is not None else tuple(schema.tables)
    return {key: _table(schema, key, config) for key in keys}


def _table(schema: SchemaConfig, key: TableKey, config: ReplicaConfig) -> TableBlueprint:
    table = schema.tables[key]
    return TableBlueprint(key, table.name, tuple(_columns(schema, key, config)))


def _columns(schema: SchemaConfig, name: TableKey, config: ReplicaConfig) -> Iterator[Column]:
    """Business key, what staff look at first, data, computed; the uid last, out of the way of a wide paste."""
    table = schema.tables[name]
    columns = {key: _column(schema, key, table.fields[key], config) for key in config.fields_of(name, table)}
    yield columns.pop(table.key)
    yield Column(
        SystemColumn.STATUS,
        SystemColumn.STATUS,
        "singleSelect",
        frozenset({"singleSelect"}),
        _choices(STATUS_CHOICES),
    )
    yield Column(SystemColumn.NOTE, SystemColumn.NOTE, LONG_TEXT, PLAIN_TEXTS)
    yield Column(SystemColumn.VIEW, SystemColumn.VIEW, "url", TEXTS)
    yield from (column for key, column in columns.items() if not table.fields[key].computed)
    yield from (column for key, column in columns.items() if table.fields[key].computed)
    yield Column(SystemColumn.UID, SystemColumn.UID, TEXT, PLAIN_TEXTS)


def _column(schema: SchemaConfig, key: FieldKey, config: FieldConfig, replica: ReplicaConfig) -> Column:
    # A link that leads out of the replica is shown by business key.
    leads_out = config.to is not None and not replica.shows_rows(config.to)
    kind, accepts, options = (TEXT, TEXTS, {}) if leads_out else _form(schema, config)
    notes = [config.note or "", SENSITIVE_NOTE if config.sensitive else ""]
    return Column(
        key,
        config.name,
        kind,
        accepts,
        options,
        links_to=config.to if kind == LINKS else None,
        aliases=config.aliases,
        description="\n".join(filter(None, notes)),
        sensitive=config.sensitive is not None,
    )


def _form(schema: SchemaConfig, config: FieldConfig) -> tuple[str, frozenset[str], Mapping[str, Any]]:
    """Airtable type, acceptable types, options. A number or select cell cannot hold a mask, so sensitive ones are text."""
    if config.stored_as_text:
        return (LONG_TEXT if config.type is FieldType.LONGTEXT else TEXT), PLAIN_TEXTS, {}
    match config.type:
        case FieldType.LONGTEXT:
            return LONG_TEXT, PLAIN_TEXTS, {}
        case FieldType.EMAIL:
            return "email", TEXTS, {}
        case FieldType.DATE:
            return _only("date", DATE_OPTIONS)
        case FieldType.DATETIME:
            return _only("dateTime", DATETIME_OPTIONS)
        case FieldType.INT | FieldType.DECIMAL:
            return "number", NUMBERS, {"precision": config.precision}
        case FieldType.MONEY:
            return "currency", NUMBERS, {"precision": config.precision, "symbol": "¥"}
        case FieldType.PERCENT:
            # Airtable counts the places of the percentage, the configuration those of the fraction.
            return _only("percent", {"precision": max(config.precision - 2, 0)})
        case FieldType.BOOL:
            return _only("checkbox", {"icon": "check", "color": "greenBright"})
        case FieldType.SELECT:
            return _only("singleSelect", _choices(schema.options_of(config).values))
        case FieldType.MULTISELECT:
            return _only("multipleSelects", _choices(schema.options_of(config).values))
        case FieldType.LINK | FieldType.MULTILINK:
            return _only(LINKS, {})
        case _:
            return TEXT, TEXTS, {}


def _only(kind: str, options: Mapping[str, Any]) -> tuple[str, frozenset[str], Mapping[str, Any]]:
    return kind, frozenset({kind}), options


def _choices(names: tuple[str, ...]) -> Mapping[str, Any]:
    return {"choices": [{"name": name} for name in names]}
