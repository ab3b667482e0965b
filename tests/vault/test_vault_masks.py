"""Masks: what each shows, that odd values show nothing, and how a cell's text is told apart."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vault.errors import MaskUnknown
from vault.masks import CellText, MasksConfig, cell_text, invalid_text, mask, split_cell
from vault.tokens import new_token

MASKS = MasksConfig()
TOKEN = new_token(Random(1).randbytes)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "王小明", "王**"),
        ("name", "欧阳锋", "欧阳**"),
        ("name", "王五", "王**"),
        ("name", "王", "**"),
        ("idno", "110101199003070011", "1****************1"),
        ("idno", "E12345678", "E****************8"),
        ("phone", "13800138000", "138****8000"),
        ("account", "6222021234560123", "****0123"),
        ("address", "浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区****"),
        ("address", "北京市朝阳区建国路88号", "北京市朝阳区****"),
        (
            "address",
            "新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放路",
            "新疆维吾尔自治区伊犁哈萨克自治州伊宁市****",
        ),
        ("address", "青海省西宁市城东区花园路", "青海省西宁市城东区****"),
        ("email", "zhang@qq.com", "z***@qq.com"),
        ("plate", "京A12345", "京A****45"),
        ("redact", "糖尿病、高血压", "【已加密】"),
    ],
)
def test_a_mask_shows_what_its_rule_allows(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value, masks=MASKS) == shown


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("phone", "138001380", "****"),
        ("phone", "", "****"),
        ("phone", "13800138000、13900139000", "****"),
        ("idno", "12345", "****************"),
        ("account", "12345678", "****"),
        ("email", "zq@qq.com", "***@qq.com"),
        ("email", "zhang at qq.com", "***"),
        ("email", "a@b@qq.com", "***"),
        ("email", "zhang@localhost", "***"),
        ("band", "about 3", "【已加密】"),
        ("band", "NaN", "【已加密】"),
        ("band", "-1", "【已加密】"),
    ],
)
def test_a_short_or_odd_value_is_hidden_wholly(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value, masks=MASKS) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("幸福小区3栋2单元", "****"),
        ("北京东路1号", "****"),
        ("杭州市阳光城东区3栋", "杭州市****"),
        ("深圳市科技园南区1号", "深圳市****"),
        ("浙江省大华超市对面", "浙江省****"),
        ("广州市幸福里小区", "广州市****"),
        ("苏州市人民路旗舰店", "苏州市****"),
        ("幸福市场3号", "****"),
    ],
)
def test_an_address_never_shows_more_than_a_region(address: str, shown: str) -> None:
    assert mask("address", address, masks=MASKS) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("浙江省杭州市西湖区文三路1号3幢", "浙江省杭州市西湖区文三路****"),
        ("北京市朝阳区建国门外大街甲6号", "北京市朝阳区建国门外大街****"),
        ("上海市浦东新区世纪大道100号", "上海市浦东新区世纪大道****"),
        ("浙江省杭州市西湖区幸福小区3栋2单元", "浙江省杭州市西湖区****"),
        ("文三路1号3幢", "****"),
    ],
)
def test_a_street_is_shown_without_the_house_and_only_behind_its_region(address: str, shown: str) -> None:
    assert mask("address_verify", address, masks=MASKS) == shown


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("0", "5万以下"),
        ("49999.99", "5万以下"),
        ("50000", "5-10万"),
        ("199999", "10-20万"),
        ("200000.00", "20-30万"),
        ("499999", "30-50万"),
        ("500000", "50-100万"),
        ("1000000", "100万以上"),
    ],
)
def test_an_amount_shows_its_band(amount: str, band: str) -> None:
    assert mask("band", amount, masks=MASKS) == band


@given(st.text("0123456789", min_size=11, max_size=40))
def test_a_mask_does_not_show_how_much_it_hides(value: str) -> None:
    assert mask("phone", value, masks=MASKS) == value[:3] + "****" + value[-4:]


@given(st.sampled_from(sorted(MASKS.names)), st.text(max_size=30))
def test_a_mask_of_any_text_makes_a_well_formed_cell(kind: str, value: str) -> None:
    shown = mask(kind, value.replace("〔", "").replace("〕", "").strip(), masks=MASKS)
    assert split_cell(cell_text(shown, TOKEN)) == CellText(mask=shown, token=TOKEN)


def test_a_section_adds_to_the_built_in_masks_and_may_redefine_them() -> None:
    masks = MasksConfig.model_validate({"health": {"to": "【健康信息】"}, "phone": {"keep_tail": 2}})
    assert mask("health", "anything", masks=masks) == "【健康信息】"
    assert mask("phone", "13800138000", masks=masks) == "****00"
    assert mask("idno", "110101199003070011", masks=masks) == "1****************1"


@pytest.mark.parametrize(
    "rule",
    [
        {"keep_heads": 1},
        {"to": "〔已加密〕"},
        {"to": "plain"},
        {"fill": "*"},
        {"fill": "#####"},
        {"keep": "house"},
    ],
)
def test_a_rule_that_would_not_hold_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MasksConfig.model_validate({"phone": rule})


def test_an_unknown_mask_is_an_error_that_names_no_value() -> None:
    with pytest.raises(MaskUnknown) as caught:
        mask("fone", "13800138000", masks=MASKS)
    assert "13800138000" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "13800138000", "王小明", "5*3", "9TQK27MB4D", "【既往症】高血压", "糖尿病"]
)
def test_plain_text_is_a_value(text: str) -> None:
    assert split_cell(text) is None


@pytest.mark.parametrize("shown", ["138****8000", "【已加密】", "20-30万", ""])
def test_a_mask_with_its_token_is_a_stand_in(shown: str) -> None:
    assert split_cell(f" {cell_text(shown, TOKEN)} ") == CellText(mask=shown, token=TOKEN)
    assert split_cell(invalid_text(TOKEN)) == CellText(mask="待更正", token=TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "138****8000",
        "【已加密】",
        "待更正",
        f"138****8000〔{TOKEN}",
        f"138****8000〔{TOKEN}〕9",
        f"138****8000{TOKEN}〕",
        f"〔{TOKEN}〕〔{TOKEN}〕",
        f"138****8000〔{TOKEN[:-1]}〕",
        f"138****8000〔{TOKEN[1] + TOKEN[0] + TOKEN[2:] if TOKEN[0] != TOKEN[1] else 'A' * 10}〕",
        f"138****8000〔{TOKEN.lower()}〕",
        "13800138000〔",
    ],
)
def test_an_edited_stand_in_is_damaged_and_never_a_value(text: str) -> None:
    found = split_cell(text)
    assert found is not None
    assert found.damaged


def test_what_was_typed_into_a_stand_in_does_not_show_in_its_repr() -> None:
    assert "13800138000" not in repr(split_cell("13800138000〔"))
