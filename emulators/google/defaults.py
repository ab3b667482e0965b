"""Constants of every new spreadsheet: default cell format, theme, sizes, and the switches for unsure facts."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

ROW_PIXELS: Final = 21
COLUMN_PIXELS: Final = 100
WHITE: Final = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: Final[dict[str, Any]] = {
    "backgroundColor": WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": WHITE},
}


def _theme_color(kind: str, red: float, green: float, blue: float) -> dict[str, Any]:
    parts = {"red": red, "green": green, "blue": blue}
    return {"colorType": kind, "color": {"rgbColor": {name: part for name, part in parts.items() if part}}}


THEME: Final[dict[str, Any]] = {
    "primaryFontFamily": "Arial",
    "themeColors": [
        _theme_color("TEXT", 0, 0, 0),
        _theme_color("BACKGROUND", 1, 1, 1),
        _theme_color("ACCENT1", 0.25882354, 0.52156866, 0.95686275),
        _theme_color("ACCENT2", 0.91764706, 0.2627451, 0.20784314),
        _theme_color("ACCENT3", 0.9843137, 0.7372549, 0.015686275),
        _theme_color("ACCENT4", 0.20392157, 0.65882355, 0.3254902),
        _theme_color("ACCENT5", 1, 0.42745098, 0.003921569),
        _theme_color("ACCENT6", 0.27450982, 0.7411765, 0.7764706),
        _theme_color("LINK", 0.06666667, 0.33333334, 0.8),
    ],
}


class Switches(Protocol):
    """What Google's documents leave open. A client must be right in either position of each switch."""

    row_metadata_follows_sort: bool
    protection_refuses_sort: bool
    text_formula_quoted: bool
    writes_checked_by_validation: bool


@dataclass(slots=True)
class Policies:
    """The switches in the position that the evidence favours."""

    row_metadata_follows_sort: bool = False
    """Whether developer metadata of a row moves with its cells when they are sorted."""
    protection_refuses_sort: bool = True
    """Whether sorting a range that touches somebody else's protected cells is refused."""
    text_formula_quoted: bool = False
    """Whether text that begins with `=` reads as `'=…` under valueRenderOption=FORMULA."""
    writes_checked_by_validation: bool = False
    """Whether a strict validation rule refuses values written through the API."""
