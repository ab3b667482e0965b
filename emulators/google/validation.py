"""Data validation rules. The API writes past them unless a switch says otherwise."""

from emulators.google.cells import Style, Value
from emulators.google.context import Context
from emulators.google.errors import invalid


def check_validation(context: Context, style: Style | None, value: Value) -> None:
    """Raises the 400 for a value outside of a strict list, if the switch for it is on."""
    if not context.policies.writes_checked_by_validation or style is None or value is None:
        return
    rule = style.fields.get("dataValidation", {})
    condition = rule.get("condition", {})
    if rule.get("strict") and condition.get("type") == "ONE_OF_LIST":
        allowed = [option.get("userEnteredValue") for option in condition.get("values", [])]
        if str(value) not in allowed:
            raise invalid("The data you entered violates the data validation rules set on this cell.")
