"""One entry for every field type: limits, options, blanks, and what sensitive fields give."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.fields import parse
from validators.issues import Rejection
from validators.raw import Raw
from validators.schema import FieldConfig, SchemaConfig
from validators.values import Value, dump_value, load_value

TODAY = date(2026, 11, 22)
SCHEMA = SchemaConfig.model_validate(
    {
        "options": {
            "disease": {
                "values": ["无", "高血压", "轻症/中症", "Hiv 感染"],
                "aliases": {"乙肝": "高血压", "3": "无"},
            },
            "many": [f"第{number}项" for number in range(9)],
        },
        "tables": {"t": {"name": "t", "key": "k", "fields": {"k": {"name": "k", "type": "text"}}}},
    }
)


def field(kind: str, **settings: Any) -> FieldConfig:
    return FieldConfig.model_validate({"name": "某字段", "type": kind, **settings})


def parsed(kind: str, raw: Raw, **settings: Any) -> Value | Rejection | None:
    return parse(field(kind, **settings), raw, schema=SCHEMA, today=TODAY)


def rejected(kind: str, raw: Raw, **settings: Any) -> str:
    found = parsed(kind, raw, **settings)
    assert isinstance(found, Rejection)
    return found.issue.message


PLAIN_KINDS = [
    "text",
    "longtext",
    "date",
    "datetime",
    "int",
    "decimal",
    "money",
    "percent",
    "bool",
    "phone",
    "email",
    "idno",
    "account",
]


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@pytest.mark.parametrize("raw", [None, "", "  ", "\u3000\u200b", [], False])
def test_an_empty_cell_is_no_value_and_no_error(kind: str, raw: Raw) -> None:
    assert parsed(kind, raw) is None


@pytest.mark.parametrize("raw", [True, "TRUE", "true", 1, 1.0, "是", "√", "✓", "Y"])
def test_a_ticked_box_is_true(raw: Raw) -> None:
    assert parsed("bool", raw) is True


@pytest.mark.parametrize("raw", [False, "FALSE", 0, "0", "否", "×"])
def test_an_unticked_box_is_absent(raw: Raw) -> None:
    assert parsed("bool", raw) is None


def test_a_box_with_something_else_is_an_error() -> None:
    assert rejected("bool", "也许") == "应为是或否"


@pytest.mark.parametrize(
    "raw", ["Hiv 感染", " hiv 感染 ", "HIV感染", "\uff28\uff29\uff36 感染", ["Hiv 感染"]]
)
def test_an_option_is_found_regardless_of_case_width_and_blanks(raw: Raw) -> None:
    assert parsed("select", raw, options="disease") == "Hiv 感染"


def test_an_alias_names_its_option_even_as_a_number() -> None:
    assert parsed("select", "乙肝", options="disease") == "高血压"
    assert parsed("select", 3, options="disease") == "无"


def test_an_unknown_option_names_the_allowed_ones_briefly() -> None:
    found = parsed("select", "癌", options="disease")
    assert isinstance(found, Rejection)
    assert found.issue.mend == "请从下拉选项中选:无、高血压、轻症/中症、Hiv 感染"
    many = parsed("select", "x", options="many")
    assert isinstance(many, Rejection)
    assert many.issue.mend.endswith("等9项")


@pytest.mark.parametrize(
    "raw",
    [
        ["高血压", "无"],
        ["无、高血压"],
        ["无", "", "高血压"],
        "高血压、无",
        "高血压,无",
        "高血压\uff0c无\uff1b",
        "无;高血压",
        "高血压/无",
        "无\n高血压",
        "高血压,,无,",
    ],
)
def test_several_options_are_a_set_however_they_are_listed(raw: Raw) -> None:
    assert parsed("multiselect", raw, options="disease") == frozenset({"高血压", "无"})


def test_an_option_written_with_a_slash_is_not_split() -> None:
    assert parsed("multiselect", "轻症/中症、无", options="disease") == frozenset({"轻症/中症", "无"})


def test_one_unknown_option_among_several_rejects_the_cell() -> None:
    assert rejected("multiselect", "高血压、癌", options="disease") == "不在选项中"


def test_sensitive_fields_give_their_own_value_and_not_text() -> None:
    sensitive = {"mask": "redact"}
    assert parsed("money", "1.5万", sensitive=sensitive) == Decimal("15000.00")
    assert parsed("multiselect", "无", options="disease", sensitive=sensitive) == frozenset({"无"})
    assert parsed("date", "2024-3-1", sensitive=sensitive) == date(2024, 3, 1)


@pytest.mark.parametrize(
    "raw", ["广东省深圳市南山区****", "138****8000〔9TQK27MB4D〕", "待更正〔9TQK27MB4D〕"]
)
def test_a_mask_is_never_taken_for_a_sensitive_value(raw: str) -> None:
    assert "加密显示" in rejected("text", raw, sensitive={"mask": "address"})


def test_brackets_and_stars_are_ordinary_in_plain_text() -> None:
    assert parsed("text", "金规〔2024〕24号 **") == "金规〔2024〕24号 **"


def test_limits_are_named_and_never_the_value() -> None:
    assert rejected("money", "-1200.5", above=0) == "应大于0"
    assert rejected("money", 0, above=0) == "应大于0"
    assert rejected("int", 31, min=1, max=30) == "不能大于30"
    assert rejected("decimal", 29.9, min=30) == "不能小于30"
    assert parsed("int", 30, min=30, max=30) == Decimal(30)


def test_a_day_that_is_not_over_may_be_today_but_not_tomorrow() -> None:
    assert parsed("date", TODAY, not_future=True) == TODAY
    assert rejected("date", "2026-11-23", not_future=True) == "晚于今天"
    # 23:30 UTC on the 21st is already the 22nd in Shanghai, 16:30 UTC on the 22nd the 23rd.
    assert isinstance(parsed("datetime", "2026-11-21T23:30:00Z", not_future=True), datetime)
    assert rejected("datetime", "2026-11-22T16:30:00Z", not_future=True) == "晚于今天"


def test_the_shape_of_a_text_is_told_in_words() -> None:
    settings = {"pattern": r"^C\d{8}$", "shape": "字母C加8位数字"}
    assert rejected("text", "C1", **settings) == "格式不符,应为字母C加8位数字"
    assert parsed("text", "c 00000001", **settings) == "C00000001"


def test_an_upper_case_field_takes_lower_case_and_full_width() -> None:
    assert parsed("text", "p2023 5858-x", upper=True) == "P20235858-X"


def test_lengths_are_counted_in_characters() -> None:
    assert rejected("text", "张", min_length=2) == "共1个字,至少2个字"
    assert rejected("text", "张三李四", max_length=3) == "共4个字,最多3个字"


def test_no_text_is_longer_than_a_cell_of_a_spreadsheet() -> None:
    assert parsed("longtext", "长" * 50_000, max_length=60_000) == "长" * 50_000
    assert rejected("longtext", "长" * 50_001, max_length=60_000) == "共50001个字,最多50000个字"
    assert rejected("text", "长" * 50_001) == "共50001个字,最多50000个字"


def test_a_line_end_stays_in_long_text_and_goes_from_short() -> None:
    assert parsed("longtext", "甲\r\n乙") == "甲\n乙"
    assert parsed("text", "甲\r\n乙") == "甲 乙"


def test_a_number_in_a_text_cell_is_its_digits_unless_the_spreadsheet_lost_some() -> None:
    assert parsed("text", 1001) == "1001"
    assert parsed("text", 1001.0) == "1001"
    assert parsed("phone", 13800138000) == "13800138000"
    for kind in ("text", "idno", "account"):
        assert rejected(kind, 3.10104196907244e17) == "表格把长号码变成了数字,末几位已丢失"
        assert rejected(kind, 310104196907244000) == "表格把长号码变成了数字,末几位已丢失"


def test_a_day_in_a_text_cell_is_written_as_a_day() -> None:
    assert parsed("text", datetime(2024, 3, 1)) == "2024-03-01"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
raws = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), texts, st.dates(), st.datetimes()
) | st.lists(texts, max_size=3)


@given(raws, st.sampled_from([*PLAIN_KINDS, "select", "multiselect"]))
def test_nothing_in_a_cell_raises_and_a_stored_value_parses_to_itself(raw: Raw, kind: str) -> None:
    settings = {"options": "disease"} if kind.endswith("select") else {}
    value = parsed(kind, raw, **settings)
    if value is None or isinstance(value, Rejection):
        return
    dumped = dump_value(value)
    assert parsed(kind, dumped, **settings) == value
    assert load_value(field(kind, **settings), dumped) == value


@given(st.datetimes(datetime(1902, 1, 1), datetime(2100, 1, 1)))
def test_an_instant_is_stored_in_utc(moment: datetime) -> None:
    value = parsed("datetime", moment)
    assert isinstance(value, datetime)
    assert value.tzinfo is UTC
