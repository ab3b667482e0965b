"""Raw cells: what a service, a workbook or a form gave for a field, before anything is judged."""

from datetime import date, datetime
from decimal import Decimal

Raw = str | int | float | bool | Decimal | date | datetime | list[str] | None
"""A number in a date field is a spreadsheet serial: days since 1899-12-30, wall time of Asia/Shanghai."""
