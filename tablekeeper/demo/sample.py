"""The shipped sample: a legacy-like workbook of 200 customers, made anew from a seed, with a few faults of every kind.

`python -m tablekeeper.demo.sample FILE.xlsx` writes it as a file; the demo reads it from memory.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from openpyxl import Workbook as ExcelWorkbook

from tablekeeper.importing.sheets import understood
from tablekeeper.importing.workbook import Grid, Workbook
from validators.raw import Raw
from validators.schema import SchemaConfig

from .sample_people import People, Row, birth_number, make_people

SEED: Final = 20260
Spoil = Callable[[Row], Row]

_FULL_WIDTH = {ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)}


def sample_rows(seed: int, *, today: date, schema: SchemaConfig) -> Workbook:
    """The sample, understood as an import would. Equal arguments give equal rows; dates lie around `today`."""
    return understood(sample_grids(seed, today=today), schema)


def sample_grids(seed: int, *, today: date) -> tuple[Grid, ...]:
    """The sheets as they would stand in a file: a title, a blank row, the header, the rows."""
    random = Random(seed)
    people = make_people(random, today)
    ledger = [row for rows in _spoilt(random, people, today) for row in rows]
    numbered = [{"序号": number, **row} for number, row in enumerate(ledger, 1)]
    return (
        _grid("客户保单台账", f"某保险公司客户保单台账({today.year}年{today.month}月)", numbered),
        _grid("理赔记录", None, _spoilt_claims(people.claims)),
        _grid("业务员", None, people.staff),
    )


# Faults: what cannot be true, and what only looks untidy and has to pass.


def _wrong_check(row: Row) -> Row:
    number = str(row["身份证号"])
    return {"身份证号": number[:-1] + ("0" if number[-1] != "0" else "1")}


def _first_generation(row: Row) -> Row:
    number = str(row["身份证号"])
    return {"身份证号": number[:6] + number[8:17]}


def _as_number(row: Row) -> Row:
    return {"身份证号": float(str(row["身份证号"]).replace("X", "0"))}


def _other_birth(row: Row) -> Row:
    return {"出生年月": _moved(row["出生年月"], 31)}


def _other_sex(row: Row) -> Row:
    return {"性别": "女" if row["性别"] == "男" else "男"}


def _short_phone(row: Row) -> Row:
    return {"联系电话": str(row["联系电话"])[:9]}


def _no_name(row: Row) -> Row:
    return {"姓名": None}


def _full_width(row: Row) -> Row:
    return {"身份证号": str(row["身份证号"]).translate(_FULL_WIDTH)}


def _spaced(row: Row) -> Row:
    number = str(row["身份证号"])
    return {"身份证号": f" {number[:6]} {number[6:14]} {number[14:].lower()} "}


def _country_code(row: Row) -> Row:
    phone = str(row["联系电话"])
    return {"联系电话": f"+86 {phone[:3]}-{phone[3:7]}-{phone[7:]}"}


OF_CUSTOMERS: tuple[tuple[int, Spoil], ...] = (
    *((2, spoil) for spoil in (_wrong_check, _first_generation, _as_number, _other_birth, _other_sex)),
    *((2, _short_phone), (1, _no_name)),
    *((3, spoil) for spoil in (_full_width, _spaced, _country_code)),
)
"""How many customers each befalls, in all their rows."""


def _no_premium(row: Row) -> Row:
    return {"保费": 0}


def _no_such_day(row: Row) -> Row:
    begins = row["生效日期"]
    return {"生效日期": f"{begins.year}年2月30日" if isinstance(begins, date) else begins}


def _ends_first(row: Row) -> Row:
    return {"到期日期": _moved(row["生效日期"], -30)}


def _in_words(row: Row) -> Row:
    return {"保费": f"{row['保费']:,}元"}


def _dotted(row: Row) -> Row:
    begins = row["生效日期"]
    return {"生效日期": f"{begins.year}.{begins.month}.{begins.day}" if isinstance(begins, date) else begins}


def _own_number(row: Row) -> Row:
    return {"备注": f"本人电话{row['联系电话']}备用"}


def _spouse_number(row: Row) -> Row:
    return {"备注": f"配偶身份证{birth_number(date(1980, 5, 6), man=False, place=499)}"}


def _formula(row: Row) -> Row:
    return {"备注": '=HYPERLINK("http://example.com","点击")'}


OF_POLICIES: tuple[tuple[int, Spoil], ...] = (
    *((2, spoil) for spoil in (_no_premium, _no_such_day, _ends_first)),
    *((3, spoil) for spoil in (_in_words, _dotted)),
    *((2, _own_number), (1, _spouse_number), (1, _formula)),
)
"""How many rows each befalls."""
REPEATED_NUMBERS = 2
"""Rows that bear the policy number of another customer."""


def _spoilt(random: Random, people: People, today: date) -> Sequence[Sequence[Row]]:
    """The customers' rows with all faults: no customer has two, and none whose policy is about to end or has a claim."""
    customers = [list(rows) for rows in people.customers]
    claimed = {claim["保单号"] for claim in people.claims}
    calm = [
        rows
        for rows in customers
        if not any(_ends_soon(row, today) or row["保单号"] in claimed for row in rows)
    ]
    victims = iter(random.sample(calm, len(calm)))
    for count, spoil in OF_CUSTOMERS:
        for rows in (next(victims) for _ in range(count)):
            rows[:] = [row | spoil(row) for row in rows]
    for count, spoil in OF_POLICIES:
        for rows in (next(victims) for _ in range(count)):
            rows[0] = rows[0] | spoil(rows[0])
    for rows in (next(victims) for _ in range(REPEATED_NUMBERS)):
        rows[0] = rows[0] | {"保单号": next(victims)[0]["保单号"]}
    return customers


def _spoilt_claims(claims: Sequence[Row]) -> list[Row]:
    """One claim each: for no policy, before its policy began, paid beyond what was claimed, reported before the loss."""
    unknown, early, overpaid, hasty, *sound = claims
    return [
        unknown | {"保单号": "P999900000000"},
        early | {"出险日期": date(2010, 1, 5)},
        overpaid | {"赔付金额": 3 * int(str(overpaid["申请金额"]))},
        hasty | {"报案日期": _moved(hasty["出险日期"], -3)},
        *sound,
    ]


def _ends_soon(row: Row, today: date) -> bool:
    ends = row["到期日期"]
    return isinstance(ends, date) and today <= ends <= today + timedelta(60)


def _moved(day: Raw, days: int) -> Raw:
    return day + timedelta(days) if isinstance(day, date) else day


def _grid(sheet: str, title: str | None, rows: Sequence[Row]) -> Grid:
    headers = list(dict.fromkeys(header for row in rows for header in row))
    above: Iterable[tuple[Raw, ...]] = ((title,), ()) if title else ()
    lines: Iterator[tuple[Raw, ...]] = (tuple(row.get(header) for header in headers) for row in rows)
    return Grid(sheet, (*above, tuple(headers), *lines))


def save(grids: Iterable[Grid], path: Path) -> None:
    """Write the sheets as an .xlsx file; what begins with = stays a text."""
    book = ExcelWorkbook()
    book.remove(book.worksheets[0])
    for grid in grids:
        sheet = book.create_sheet(grid.title)
        for number, row in enumerate(grid.rows, 1):
            for column, value in enumerate(row, 1):
                assert not isinstance(value, list), "the sample holds no lists"
                cell = sheet.cell(number, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"
    book.save(path)


def main() -> None:
    """Write the sample as a file."""
    parser = argparse.ArgumentParser(prog="python -m tablekeeper.demo.sample", description=main.__doc__)
    parser.add_argument("file", type=Path, metavar="FILE.xlsx")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--today", type=date.fromisoformat, default=date.today(), metavar="2026-11-22")
    options = parser.parse_args()
    save(sample_grids(options.seed, today=options.today), options.file)


if __name__ == "__main__":
    main()
