"""Sensitive values between the schema's canonical form and the text the vault keeps, and what a cell shows of them."""

from collections.abc import Iterable

import orjson

from validators.raw import Raw
from validators.schema import FieldConfig, FieldKey, FieldType, TableKey
from validators.values import Value, dump_value, load_value
from vault.masks import cell_text, invalid_text, split_cell
from vault.plaintext import Plaintext
from vault.vault import Sealed

LIST_SEPARATOR = "、"


def vault_field(table: TableKey, key: FieldKey) -> str:
    """The name of a field in the vault."""
    return f"{table}.{key}"


def exposed(value: Value | Plaintext[Value] | None) -> Value | None:
    """A value that was typed, for a check in memory, whether its field is sensitive or not."""
    return value.expose() if isinstance(value, Plaintext) else value


def sealable(value: Value | Plaintext[Value]) -> Plaintext[str]:
    """The text under which a value is sealed and found, as it travels."""
    plain = exposed(value)
    assert plain is not None, "nothing is sealed for a blank"
    return Plaintext(to_text(plain))


def to_text(value: Value) -> str:
    """The text under which a value is sealed; equal values give equal texts."""
    json = dump_value(value)
    return json if isinstance(json, str) else orjson.dumps(json).decode()


def from_text(config: FieldConfig, sealed: Plaintext[str]) -> Value:
    """Inverse of `to_text`."""
    text = sealed.expose()
    structured = config.type in (FieldType.MULTISELECT, FieldType.BOOL)
    return load_value(config, orjson.loads(text) if structured else text, plain=True)


def readable(value: Value) -> str:
    """A value as masks and people read it."""
    return LIST_SEPARATOR.join(sorted(value)) if isinstance(value, frozenset) else to_text(value)


def shown_text(sealed: Sealed) -> str:
    """What a cell shows for a sealed value."""
    return cell_text(sealed.mask, sealed.token) if sealed.valid else invalid_text(sealed.token)


def tokens_in(cells: Iterable[Raw]) -> set[str]:
    """The well-formed tokens that cells show."""
    parts = (split_cell(cell) for cell in cells if isinstance(cell, str))
    return {part.token for part in parts if part is not None and part.token}
