"""The formula language by itself, and against everything pyairtable's builders can write."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyairtable.formulas as builders
import pytest

from emulators.airtable.formulas.parser import EAGER, LAZY, InvalidFormula, parse
from emulators.airtable.formulas.values import FormulaError

CELLS: dict[str, Any] = {
    "Name": "Evan",
    "Amount": 12.5,
    "Day": datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC),
    "Tags": ["red", "blue"],
    "Odd }name": "brace",
    "Blank": None,
}


class Row:
    """A record with fixed cells."""

    record_id = "recAAAAAAAAAAAAAA"
    now = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    created = datetime(2026, 1, 1, tzinfo=UTC)

    def field(self, field_id: str) -> Any:
        return CELLS[field_id]

    def last_modified(self, field_ids: Sequence[str]) -> datetime:
        return datetime(2026, 2, 1 + len(field_ids), tzinfo=UTC)


def run(formula: object) -> Any:
    return parse(str(formula), lambda name: name if name in CELLS else None)(Row())


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1+2*3-4/2", 5),
        ("-(2+3)*2", -10),
        ('"a"&1&TRUE()', "a11"),
        ("{Name}&' '&{Tags}", "Evan red, blue"),
        (r'{Odd \}name}', "brace"),
        (r"'it\'s \"so\"'", 'it\'s "so"'),
        ("1 = 1", True),
        ("{Blank} = ''", True),
        ("{Blank} = 0", True),
        ("'5' = 5", False),
        ("'evan' = {Name}", False),
        ("{Amount} >= 12.5", True),
        ("{Day} = DATETIME_PARSE('2026-03-02T09:30:15.000Z')", True),
        ("{Day} < TODAY()", True),
        ("Name != 'x'", True),
        ("IF({Blank}, 1, 'no')", "no"),
        ("SWITCH({Name}, 'A', 1, 'Evan', 2, 3)", 2),
        ("SWITCH('z', 'A', 1, 9)", 9),
        ("XOR(1, 1, 1)", True),
        ("ISERROR(ERROR())", True),
        ("IFERROR(1/0, 'x')", float("inf")),
        ("FIND('an', {Name})", 3),
        ("FIND('zz', {Name})", 0),
        ("SEARCH('VAN', {Name})", 2),
        ("MID('abcdef', 2, 3)", "bcd"),
        ("RIGHT('abc', 2)&LEFT('abc', 1)", "bca"),
        ("SUBSTITUTE('a-b-c', '-', '+', 2)", "a-b+c"),
        ("REPLACE('database', 2, 5, 'o')", "dose"),
        ("REGEX_MATCH('保单P12', 'P\\\\d+')", True),
        ("REGEX_EXTRACT('保单P12', 'P\\\\d+')", "P12"),
        ("REGEX_REPLACE('a1b2', '[0-9]', '#')", "a#b#"),
        ("LEN('身份证')", 3),
        ("VALUE('¥1,234.5')", 1234.5),
        ("T(5)", None),
        ("ROUND(2.5, 0)", 3),
        ("ROUND(-2.5, 0)", -3),
        ("ROUNDUP(1.01, 1)", 1.1),
        ("ROUNDDOWN(-1.99, 1)", -1.9),
        ("CEILING(7, 5)", 10),
        ("FLOOR(7.9)", 7),
        ("INT(-1.5)", -2),
        ("EVEN(3)&ODD(2)", "43"),
        ("MOD(-1, 3)", 2),
        ("LOG(1000)", 3),
        ("AVERAGE(1, 2, 6)", 3),
        ("COUNTA({Tags}, '', 'x')", 3),
        ("COUNTALL({Tags}, '')", 3),
        ("MAX(1, 5, 3) - MIN(4, 2)", 3),
        ("DATEADD('2026-01-31', 1, 'months')", datetime(2026, 2, 28, tzinfo=UTC)),
        ("DATETIME_DIFF({Day}, '2026-03-01', 'days')", 1),
        ("DATETIME_DIFF('2026-01-01', '2028-01-01', 'years')", -2),
        ("DATETIME_FORMAT({Day}, 'YYYY年M月D日 HH:mm')", "2026年3月2日 09:30"),
        ("DATETIME_FORMAT(SET_TIMEZONE({Day}, 'Asia/Shanghai'), 'HH:mm Z')", "17:30 +08:00"),
        ("DATETIME_PARSE('02/03/2026 17:05', 'DD/MM/YYYY HH:mm')", datetime(2026, 3, 2, 17, 5, tzinfo=UTC)),
        ("DATESTR({Day})&' '&TIMESTR({Day})", "2026-03-02 09:30:15"),
        ("IS_SAME({Day}, '2026-03-31', 'month')", True),
        ("IS_SAME({Day}, '2026-03-03', 'day')", False),
        ("WEEKDAY({Day})&WEEKDAY({Day}, 'Monday')", "10"),
        ("WORKDAY('2026-03-06', 1)", datetime(2026, 3, 9, tzinfo=UTC)),
        ("WORKDAY_DIFF('2026-03-02', '2026-03-08', '2026-03-03')", 4),
        ("FROMNOW({Day})", "3 days"),
        ("RECORD_ID()", "recAAAAAAAAAAAAAA"),
        ("YEAR(CREATED_TIME())", 2026),
        ("DAY(LAST_MODIFIED_TIME({Name}, {Day}))", 3),
        ("ENCODE_URL_COMPONENT('a b/中')", "a%20b%2F%E4%B8%AD"),
    ],
)  # fmt: skip
def test_a_formula_has_this_value(formula: str, value: object) -> None:
    assert run(formula) == value


@pytest.mark.parametrize(
    "formula", ["", "1 +", "AND(", "'open", "{Name", "{Nobody}", "NOSUCH(1)", "LEN()", "1 2", "(" * 99]
)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(InvalidFormula):
        run(formula)


@pytest.mark.parametrize(
    "formula", ["ERROR()", "REGEX_EXTRACT('a', 'b')", "DATEADD('nonsense', 1, 'days')", "SQRT(-1)"]
)
def test_a_formula_that_fails_is_an_error_and_no_crash(formula: str) -> None:
    with pytest.raises(FormulaError):
        run(formula)


def test_every_function_that_pyairtable_can_write_is_known() -> None:
    written = {name for name in dir(builders) if name.isupper() and callable(getattr(builders, name))}
    classes = {"EQ", "NE", "GT", "GTE", "LT", "LTE"}
    assert written - classes - EAGER.keys() - LAZY.keys() == set()


def test_what_pyairtable_writes_for_values_is_read_back() -> None:
    moment = datetime(2026, 3, 2, 9, 30, 15)
    wanted = builders.match({"Name": "Evan", "Amount": (">", 12), "Day": moment})
    assert run(wanted) is True
    assert run(builders.match({"Name": 'say "hi" to it\'s'})) is False
    assert run(builders.EQ(builders.Field("Day"), date(2026, 3, 2))) is False


def test_five_hundred_alternatives_and_a_very_long_text_are_read() -> None:
    alternatives = builders.OR(
        *(builders.EQ(builders.Field("Name"), str(n)) for n in range(499)), Name="Evan"
    )
    assert run(alternatives) is True
    assert run(f"LEN('{'x' * 17_000}')") == 17_000
