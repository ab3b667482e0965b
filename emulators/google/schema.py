"""The Sheets API's message types (`schema.json`: message -> field -> type, from the public discovery document), and the
check of a request body against them, with the answers Google's JSON parser gives."""

import re
from pathlib import Path
from typing import Any

import orjson

from emulators.google.errors import ApiError, Json, invalid

MESSAGES: dict[str, dict[str, str]] = orjson.loads(Path(__file__).with_name("schema.json").read_bytes())
_TYPE_PREFIX = "type.googleapis.com/google.apps.sheets.v4."
_SCALARS = {
    "string": ("TYPE_STRING", (str,)),
    "mask": ("type.googleapis.com/google.protobuf.FieldMask", (str,)),
    "int": ("TYPE_INT32", (int, float, str)),
    "number": ("TYPE_DOUBLE", (int, float, str)),
    "bool": ("TYPE_BOOL", (bool,)),
}


def checked(message: str, body: Any, *, path: str = "") -> Any:
    """The body in one form: names in camelCase, nulls left out, integers as integers.

    Raises the 400 that lists every unknown name and every value of a wrong type.
    """
    problems: list[Json] = []
    _check_value(message, body, path, problems)
    if problems:
        raise invalid("\n".join(problem["description"] for problem in problems), problems)
    return _plain(message, body)


def _plain(kind: str, value: Any) -> Any:
    if kind == "int":
        return int(float(value))
    if kind == "number":
        return float(value) if isinstance(value, str) else value
    if kind.startswith("[") and kind != "[[any":
        items = _flat(value) if isinstance(value, list) else [value]
        return [_plain(kind[1:], item) for item in items if item is not None]
    if kind.startswith("{"):
        return {name: _plain(kind[1:], item) for name, item in value.items() if item is not None}
    if kind in MESSAGES:
        return _plain_message(MESSAGES[kind], value)
    return value


def _plain_message(fields: dict[str, str], value: Json) -> Json:
    named = ((name if name in fields else _camel(name), item) for name, item in value.items())
    return {name: _plain(fields[name], item) for name, item in named if item is not None}


def malformed() -> ApiError:
    """400 for a body that is not JSON."""
    return invalid("Invalid JSON payload received. Unexpected end of string. Expected a value.")


def _check_value(kind: str, value: Any, path: str, problems: list[Json]) -> None:
    if value is None or kind == "any":
        return
    if kind.startswith("["):
        _check_list(kind[1:], value, path, problems)
    elif kind.startswith("{"):
        _check_map(kind[1:], value, path, problems)
    elif kind in MESSAGES:
        _check_message(kind, value, path, problems)
    else:
        _check_scalar(kind, value, path, problems)


def _check_list(kind: str, value: Any, path: str, problems: list[Json]) -> None:
    if kind == "[any":
        _check_rows(value, path, problems)
    elif isinstance(value, list):
        for index, item in enumerate(_flat(value)):
            _check_value(kind, item, f"{path}[{index}]", problems)
    else:
        _check_value(kind, value, path, problems)


def _flat(items: list[Any]) -> list[Any]:
    """Lists inside of a repeated field count as their items: clients rely on sending `requests` that way."""
    if not any(isinstance(item, list) for item in items):
        return items
    return [inner for item in items for inner in (_flat(item) if isinstance(item, list) else [item])]


def _check_rows(value: Any, path: str, problems: list[Json]) -> None:
    """Rows of plain values: a row that is no list, or a cell that is a list or object, is refused."""
    rows = value if isinstance(value, list) else [value]
    for index, row in enumerate(rows):
        where = f"{path}[{index}]" if isinstance(value, list) else path
        if not isinstance(row, list):
            _complain(where, "type.googleapis.com/google.protobuf.ListValue", row, problems)
            continue
        for column, cell in enumerate(row):
            if isinstance(cell, (list, dict)):
                _complain_cell(f"{where}[{column}]", cell, problems)


def _complain_cell(path: str, cell: Any, problems: list[Json]) -> None:
    shown = "list_value" if isinstance(cell, list) else "struct_value"
    problems.append({"field": path, "description": f"Invalid {path}: {shown}"})


def _check_map(kind: str, value: Any, path: str, problems: list[Json]) -> None:
    if not isinstance(value, dict):
        _complain(path, "Map", value, problems)
        return
    for key, item in value.items():
        _check_value(kind, item, f"{path}[{key}]", problems)


def _check_message(kind: str, value: Any, path: str, problems: list[Json]) -> None:
    if not isinstance(value, dict):
        _complain(path, _TYPE_PREFIX + kind, value, problems)
        return
    fields = MESSAGES[kind]
    for name, item in value.items():
        field = fields.get(name) or fields.get(_camel(name))
        if field is None:
            _complain_unknown(name, path, problems)
        else:
            _check_value(field, item, f"{path}.{_snake(name)}" if path else _snake(name), problems)


def _check_scalar(kind: str, value: Any, path: str, problems: list[Json]) -> None:
    if kind.startswith("enum "):
        if not isinstance(value, int) and value not in kind.split()[1:]:
            _complain(path, _TYPE_PREFIX + _pascal(path), value, problems)
        return
    name, types = _SCALARS[kind]
    wrong = not isinstance(value, types) or (isinstance(value, bool) and kind != "bool")
    if wrong or (kind == "int" and not _is_integer(value)):
        _complain(path, name, value, problems)


def _is_integer(value: Any) -> bool:
    try:
        return float(value).is_integer()
    except ValueError:
        return False


def _complain(path: str, kind: str, value: Any, problems: list[Json]) -> None:
    shown = (
        orjson.dumps(value).decode()
        if not isinstance(value, (dict, list))
        else "Starting an object on a scalar field"
    )
    description = f"Invalid value at '{path}' ({kind}), {shown}"
    problems.append({"field": path, "description": description} if path else {"description": description})


def _complain_unknown(name: str, path: str, problems: list[Json]) -> None:
    where = f" at '{path}'" if path else ""
    description = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
    problems.append({"field": path, "description": description} if path else {"description": description})


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def _pascal(path: str) -> str:
    name = _camel(re.sub(r"\[\d+\]", "", path.rsplit(".", 1)[-1]))
    return name[:1].upper() + name[1:]
