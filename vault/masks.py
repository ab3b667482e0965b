"""What stays readable of a sensitive value, and the text of its cell: mask, then the token in one reserved bracket.

Pure. A mask says only what its rule allows: how much is hidden does not show, and a value too short or too odd for its
rule is hidden wholly.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from vault.errors import MaskUnknown
from vault.regions import region, with_street
from vault.tokens import is_token

BRACKETS = "〔〕"
INVALID_MASK = "待更正"
REDACTED = "【已加密】"
LIST_SEPARATOR = "、"
_BANDS = (
    (5, "5万以下"),
    (10, "5-10万"),
    (20, "10-20万"),
    (30, "20-30万"),
    (50, "30-50万"),
    (100, "50-100万"),
)
_BAND_ABOVE = "100万以上"
# Two-character surnames still in use; of any other name only the first character is the surname.
_SURNAMES = re.compile(
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|司空|夏侯|长孙|宇文|端木|南宫|独孤|东郭|百里|呼延|申屠"
)
_STAND_IN = re.compile(r"([^〔〕]*)〔([0-9A-Z]{10})〕")
# What remains when the bracket of a stand-in was cut off; a whole cell of 【…】 is the mask of a redacted value.
_REMNANT = re.compile(r"【[^【】]*】|" + INVALID_MASK)


class MaskRule(BaseModel):
    """How one kind of value is masked: `to` (a band or a fixed text), or `keep` (a named part), or head and tail."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_head: int = Field(default=0, ge=0, le=8)
    keep_tail: int = Field(default=0, ge=0, le=8)
    keep_domain: bool = False
    keep: Literal["province_city_district", "street", "surname"] | None = None
    to: str | None = Field(default=None, pattern=r"^(band|【[^【】〔〕*]{1,20}】)$")
    # Two stars at least, because a run of stars is how a damaged cell is told from a value.
    fill: str = Field(default="****", pattern=r"^\*{2,32}$", description="Stands for all that is hidden.")
    hide_min: int = Field(
        default=4, ge=1, description="A value that would hide fewer characters is hidden wholly."
    )


_RULES: dict[str, dict[str, Any]] = {
    "name": {"keep": "surname", "fill": "**"},
    "idno": {"keep_head": 1, "keep_tail": 1, "fill": "*" * 16},
    "phone": {"keep_head": 3, "keep_tail": 4},
    "account": {"keep_tail": 4, "hide_min": 8},
    "account_verify": {"keep_head": 6, "keep_tail": 4, "fill": "******", "hide_min": 6},
    "address": {"keep": "province_city_district"},
    "address_verify": {"keep": "street"},
    "email": {"keep_head": 1, "keep_domain": True, "fill": "***", "hide_min": 2},
    "plate": {"keep_head": 2, "keep_tail": 2, "hide_min": 3},
    "band": {"to": "band"},
    "redact": {"to": REDACTED},
}


class MasksConfig(RootModel[Mapping[str, MaskRule]]):
    """Section `masks`: name to rule. The built-in masks stand unless the section redefines them."""

    model_config = ConfigDict(frozen=True)

    root: Mapping[str, MaskRule] = Field(default=cast(Any, _RULES), validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _over_the_built_in(cls, given: Any) -> Any:
        return _RULES | given if isinstance(given, dict) else given

    @property
    def names(self) -> frozenset[str]:
        """The masks that a field may name."""
        return frozenset(self.root)


def mask(kind: str, value: str, *, masks: MasksConfig) -> str:
    """The readable part of a valid value in its canonical text; a list is joined by 、. Raises MaskUnknown."""
    rule = masks.root.get(kind)
    if rule is None:
        raise MaskUnknown(f"no mask named {kind!r}; known: {', '.join(sorted(masks.names))}")
    if rule.to == "band":
        return _band(value)
    if rule.to is not None:
        return rule.to
    if rule.keep == "province_city_district":
        return region(value) + rule.fill
    if rule.keep == "street":
        return with_street(value) + rule.fill
    if rule.keep == "surname":
        return _surname(value) + rule.fill
    return _head_and_tail(value, rule)


def _surname(name: str) -> str:
    """Two characters of a compound surname when something follows it, else one, else nothing to hide behind."""
    if _SURNAMES.match(name) and len(name) > 2:
        return name[:2]
    return name[:1] if len(name) > 1 else ""


def _band(value: str) -> str:
    """The band of an amount in yuan; a band's lower end belongs to it."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return REDACTED
    if not amount.is_finite() or amount < 0:
        return REDACTED
    return next((name for ten_thousands, name in _BANDS if amount < ten_thousands * 10_000), _BAND_ABOVE)


def _head_and_tail(value: str, rule: MaskRule) -> str:
    hidden, domain = value, ""
    if rule.keep_domain:
        hidden, at, domain = value.partition("@")
        if not at or "@" in domain or "." not in domain:
            return rule.fill
        domain = at + domain
    too_short = len(hidden) - rule.keep_head - rule.keep_tail < rule.hide_min
    if too_short or LIST_SEPARATOR in value:
        return rule.fill + ("" if LIST_SEPARATOR in value else domain)
    return hidden[: rule.keep_head] + rule.fill + hidden[len(hidden) - rule.keep_tail :] + domain


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell that is no plain value. `token` is None when the stand-in is damaged; `mask` may then hold what was typed."""

    mask: str = field(repr=False)
    token: str | None

    @property
    def damaged(self) -> bool:
        """Whether someone edited the stand-in into something that names no token."""
        return self.token is None

    @property
    def mistyped(self) -> bool:
        """Whether what stands in the bracket has the length of a token, and is none: its check fails."""
        return self.damaged and _STAND_IN.fullmatch(self.mask) is not None


def cell_text(masked: str, token: str) -> str:
    """`138****8000〔9TQK27MB4D〕`."""
    return f"{masked}{BRACKETS[0]}{token}{BRACKETS[1]}"


def invalid_text(token: str) -> str:
    """`待更正〔9TQK27MB4D〕`: an invalid value shows nothing of itself."""
    return cell_text(INVALID_MASK, token)


def is_stand_in(text: str) -> bool:
    """Whether a cell's text is a well-formed stand-in, mask and token and nothing else."""
    cell = split_cell(text)
    return cell is not None and cell.token is not None


def tokens_within(text: str) -> list[str]:
    """The tokens whose stand-ins stand somewhere in a longer text, in order."""
    return [token for _, token in _STAND_IN.findall(text) if is_token(token)]


def split_cell(text: str) -> CellText | None:
    """What a cell's text is, by form alone; whether the vault knows the token, and its mask, is for the caller.

    None: plain text, a value. A CellText with a token: a well-formed stand-in. A CellText without one: a damaged
    stand-in (a bracket, a run of stars or a bare mask that is not well-formed, or a token whose check fails), never a value.
    """
    text = text.strip()
    found = _STAND_IN.fullmatch(text)
    if found and is_token(found[2]):
        return CellText(mask=found[1], token=found[2])
    if any(bracket in text for bracket in BRACKETS) or "**" in text or _REMNANT.fullmatch(text):
        return CellText(mask=text, token=None)
    return None
