"""From a raw cell to the canonical value of its field, or to the reason why it is none."""

from datetime import date

from .issues import Rejection
from .raw import Raw
from .schema import FieldConfig, SchemaConfig
from .values import Value


def parse(
    field: FieldConfig, raw: Raw, *, schema: SchemaConfig, today: date, document: str | None = None
) -> Value | Rejection | None:
    """The plain canonical value of a cell; None when it is empty. A link is not parsed here."""
    raise NotImplementedError
