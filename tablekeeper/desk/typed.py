"""What a person types at the desk, in the form that the vault keeps; and what the vault keeps, as people read it."""

from sync.engine import Engine
from sync.secrets import from_text, readable, to_text
from validators.issues import Rejection
from validators.schema import FieldConfig, FieldKey, TableKey
from validators.text import normalise_identifier


def canonical(engine: Engine, table: TableKey, key: FieldKey, text: str) -> str:
    """The text as it would be sealed; what is no valid value, such as the last four digits, only without its blanks."""
    parsed = engine.parser.parse(table, {key: text}, today=engine.today())[key]
    if parsed is None or isinstance(parsed, Rejection):
        return normalise_identifier(text)
    return to_text(parsed)


def readable_text(field: FieldConfig, text: str) -> str:
    """A sealed value as people read it: a list of options is kept as JSON. A held value is whatever was typed."""
    try:
        return readable(from_text(field, text))
    except (ValueError, ArithmeticError):
        return text
