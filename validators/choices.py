"""Selects and checkboxes: which option a text names, however it is spelt."""

import re
from collections.abc import Iterable

from .issues import Rejection
from .rejections import reject
from .schema import OptionList
from .text import normalise_identifier, normalise_text

OPTIONS_NAMED_MAX = 6

_SEPARATORS = re.compile(r"[、,;|\n\uff0c\uff1b]")
_YES = frozenset({"TRUE", "1", "1.0", "是", "Y", "YES", "√", "✓", "✔", "☑", "对", "有"})
_NO = frozenset({"FALSE", "0", "0.0", "否", "N", "NO", "×", "✗", "✘", "☐", "无"})


def parse_select(text: str, options: OptionList) -> str | Rejection:
    """The one option that `text` names."""
    option = find_option(text, options)
    return _unknown(options) if option is None else option


def parse_multiselect(raw: str | list[str], options: OptionList) -> frozenset[str] | Rejection:
    """The options named by a list of a service, or by a text with separators between them."""
    texts = raw if isinstance(raw, list) else [raw]
    found = [option for text in texts for option in _split(text, options)]
    named = frozenset(option for option in found if option is not None)
    return _unknown(options) if None in found else named


def parse_bool(text: str) -> bool | Rejection | None:
    """True, or None for no: an unchecked box is an absent value."""
    folded = normalise_identifier(text)
    if folded in _YES:
        return True
    return None if folded in _NO else reject("bool_unknown", "应为是或否", "请填“是”或“否”")


def find_option(text: str, options: OptionList) -> str | None:
    """The option that `text` names, as written or else regardless of case, width and blanks."""
    exact = options.resolve(normalise_text(text))
    if exact is not None:
        return exact
    wanted = normalise_identifier(text)
    spellings: Iterable[str] = (*options.values, *options.aliases)
    return next((options.resolve(each) for each in spellings if normalise_identifier(each) == wanted), None)


def _split(text: str, options: OptionList) -> list[str | None]:
    """The options in one text. A slash separates only where no option is written with one: `高中/中专`."""
    whole = find_option(text, options)
    if whole is not None:
        return [whole]
    return [
        option for part in _SEPARATORS.split(text) if part.strip() for option in _at_slashes(part, options)
    ]


def _at_slashes(text: str, options: OptionList) -> list[str | None]:
    whole = find_option(text, options)
    if whole is not None:
        return [whole]
    return [find_option(part, options) for part in text.split("/")]


def _unknown(options: OptionList) -> Rejection:
    shown = "、".join(options.values[:OPTIONS_NAMED_MAX])
    more = f"等{len(options.values)}项" if len(options.values) > OPTIONS_NAMED_MAX else ""
    return reject("option_unknown", "不在选项中", f"请从下拉选项中选:{shown}{more}")
