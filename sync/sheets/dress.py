"""How a column looks: header, note, format, drop-down, protection, mark. Pure: requests only."""

from collections.abc import Iterator, Sequence

from sync.connection import SystemColumn
from validators.schema import FieldConfig, FieldType, SchemaConfig

from .cells import SEPARATOR
from .client import METADATA_KEY
from .columns import mark_value
from .grid import Json, area, span
from .layout import Column, Layout

SENSITIVE_NOTE = (
    "输入后几秒内自动加密,显示为星号是正常的,数据没有丢。"
    "更正:选中整格直接输入完整新值,不要双击改星号。看完整号码:点「查看」。"
)
READ_ONLY = "本表只能查看此栏,改动会被撤回"
PROTECTED = "由系统维护,请勿修改"
TEXT: Json = {"type": "TEXT"}


def created(layout: Layout, column: Column, gid: int, index: int, schema: SchemaConfig) -> Iterator[Json]:
    """Everything for a column that we add."""
    yield header(column, gid, index)
    shape = {"userEnteredFormat": {"numberFormat": _format(column.field)}}
    yield _repeat(_below_header(gid, index), shape, "userEnteredFormat.numberFormat")
    yield validation(column, gid, index, schema)
    if column.key is SystemColumn.UID:
        hidden = {"range": span(gid, "COLUMNS", index, index + 1), "properties": {"hiddenByUser": True}}
        yield {"updateDimensionProperties": hidden | {"fields": "hiddenByUser"}}
    yield from adopted(layout, column, gid, index)


def adopted(layout: Layout, column: Column, gid: int, index: int) -> Iterator[Json]:
    """What a column gets that was there before us: neither header nor format is touched."""
    yield from note(column, gid, index)
    if column.protected:
        yield protection(
            area(gid, None, (index, index + 1)), PROTECTED if column.written_by_daemon else READ_ONLY
        )
    place = {"dimensionRange": span(gid, "COLUMNS", index, index + 1)}
    yield mark(mark_value(layout.table, column.key), place)


def header(column: Column, gid: int, index: int) -> Json:
    """The column's name in row 1."""
    cell = {
        "userEnteredValue": {"stringValue": column.header},
        "userEnteredFormat": {"textFormat": {"bold": True}},
    }
    return _repeat(
        area(gid, (0, 1), (index, index + 1)), cell, "userEnteredValue,userEnteredFormat.textFormat.bold"
    )


def note(column: Column, gid: int, index: int) -> Iterator[Json]:
    """The note on the header cell, if the column has one."""
    lines = [column.field.note] if column.field and column.field.note else []
    if column.field and column.field.sensitive:
        lines.append(SENSITIVE_NOTE)
    if lines:
        yield _repeat(area(gid, (0, 1), (index, index + 1)), {"note": "\n".join(lines)}, "note")


def validation(column: Column, gid: int, index: int, schema: SchemaConfig) -> Json:
    """Drop-down, check box or date picker, or none: an inserted column inherits that of its neighbour. Never strict:
    what is wrong is explained, not refused."""
    change: Json = {"range": _below_header(gid, index)}
    condition = _condition(column.field, schema)
    if condition:
        change["rule"] = {"condition": condition, "strict": False, "showCustomUi": True}
    return {"setDataValidation": change}


def shape_of(column: Column, schema: SchemaConfig) -> str:
    """What of the config a column was made from, so that a later `setup` sees what changed."""
    if column.field is None:
        return ""
    return "|".join(
        (column.field.type, SEPARATOR.join(_options(column.field, schema)), column.field.note or "")
    )


def protection(where: Json, why: str = PROTECTED) -> Json:
    """A warning before editing. A strict protection would stop staff from sorting."""
    return {
        "addProtectedRange": {"protectedRange": {"range": where, "description": why, "warningOnly": True}}
    }


def mark(value: str, place: Json) -> Json:
    """Developer metadata by which the place is found again."""
    entry = {"metadataKey": METADATA_KEY, "metadataValue": value, "visibility": "DOCUMENT", "location": place}
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def _below_header(gid: int, index: int) -> Json:
    return area(gid, None, (index, index + 1)) | {"startRowIndex": 1}


def _format(field: FieldConfig | None) -> Json:
    """A plain-text column keeps digits as typed: an identity number as a number loses its last three."""
    if field is None or field.sensitive:
        return TEXT
    match field.type:
        case FieldType.DATE:
            return {"type": "DATE", "pattern": "yyyy-mm-dd"}
        case FieldType.DATETIME:
            return {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}
        case FieldType.MONEY:
            return {"type": "NUMBER", "pattern": "#,##0" + _decimals(field.precision)}
        case FieldType.PERCENT:
            return {"type": "PERCENT", "pattern": "0.00%"}
        case FieldType.INT | FieldType.DECIMAL:
            return {"type": "NUMBER", "pattern": "0" + _decimals(field.precision)}
        case FieldType.BOOL:
            return {}
    return TEXT


def _decimals(count: int) -> str:
    return "." + "0" * count if count else ""


def _condition(field: FieldConfig | None, schema: SchemaConfig) -> Json | None:
    if field is None or field.sensitive:
        return None
    match field.type:
        case FieldType.BOOL:
            return {"type": "BOOLEAN"}
        case FieldType.DATE | FieldType.DATETIME:
            return {"type": "DATE_IS_VALID"}
        case FieldType.SELECT:
            values = [{"userEnteredValue": option} for option in _options(field, schema)]
            return {"type": "ONE_OF_LIST", "values": values}
    return None


def _options(field: FieldConfig, schema: SchemaConfig) -> Sequence[str]:
    return schema.options_of(field).values if field.type is FieldType.SELECT else ()


def _repeat(where: Json, cell: Json, fields: str) -> Json:
    return {"repeatCell": {"range": where, "cell": cell, "fields": fields}}
