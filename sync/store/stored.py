"""Stored values between two configurations."""

from validators.schema import FieldConfig
from validators.values import Json, Value, load_value


def readable(field: FieldConfig, json: Json) -> Value | None:
    """A stored value; None where the configuration was changed and the hub is not yet in its shape."""
    try:
        return load_value(field, json)
    except (ValueError, ArithmeticError, TypeError):
        return None
