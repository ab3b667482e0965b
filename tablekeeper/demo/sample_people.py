"""The people, policies and claims of the sample before anything is wrong with them. Pure: randomness and the day come in.

Nobody can be meant: no province has the code 17 that all identity numbers begin with, and no operator the prefix 154.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from validators.identity import check_character
from validators.raw import Raw

from .vocabulary import (
    APPETITES,
    CITIES,
    CLAIM_TYPES,
    DIAGNOSES,
    FREQUENCIES,
    GIVEN,
    HEALTH,
    OCCUPATIONS,
    PRODUCTS,
    STREETS,
    SURNAMES,
)

Row = dict[str, Raw]

CUSTOMERS, POLICIES, CLAIMS, STAFF, MANAGERS = 200, 320, 40, 8, 2
ENDING_IN_DAYS = (60, 30, 15, 7)
ENDING_EACH = 3
"""Policies that end so many days from today, for each of these spans."""
DUE_FOR_REVIEW = 24
REVIEW_AFTER_DAYS = 92
SETTLED_AFTER_DAYS = 40
"""A claim older than this is closed in the sample."""


@dataclass(frozen=True, slots=True)
class People:
    """The rows of the three sheets, by header. Rows of one customer follow each other."""

    customers: tuple[tuple[Row, ...], ...]
    claims: tuple[Row, ...]
    staff: tuple[Row, ...]


def make_people(random: Random, today: date) -> People:
    """A sound archive of the sizes above."""
    staff = tuple(_staff(random))
    agents = [str(row["工号"]) for row in staff[MANAGERS:]]
    ends = [today + timedelta(days) for days in ENDING_IN_DAYS for _ in range(ENDING_EACH)]
    numbers = iter(range(1, POLICIES + 1))
    customers = []
    for place, count in enumerate(_policy_counts(random)):
        person = _person(random, today, place, random.choice(agents))
        policies = [_policy(random, today, next(numbers), ends.pop() if ends else None) for _ in range(count)]
        customers.append(tuple(_customer_rows(random, today, place, person, policies)))
    rows = [row for customer in customers for row in customer]
    insured = [row for row in rows if _day(row, "生效日期") < today - timedelta(2 * SETTLED_AFTER_DAYS)]
    claims = tuple(_claim(random, today, n, row) for n, row in enumerate(random.sample(insured, CLAIMS), 1))
    return People(tuple(customers), claims, staff)


def birth_number(birth: date, *, man: bool, place: int) -> str:
    """An identity number with the right check character, of a province that there is not."""
    body = f"170101{birth:%Y%m%d}{place // 5 % 100:02}{place % 5 * 2 + man}"
    return body + check_character(body)


def _staff(random: Random) -> Iterator[Row]:
    for place in range(STAFF):
        number, is_manager = f"A{2001 + place}", place < MANAGERS
        yield {
            "工号": number,
            "姓名": SURNAMES[place] + random.choice(GIVEN),
            "部门": "业务部",
            "角色": "主管" if is_manager else "业务员",
            "工作邮箱": f"{number.lower()}@example.com",
            "直属主管": None if is_manager else f"A{2001 + place % MANAGERS}",
        }


def _policy_counts(random: Random) -> list[int]:
    """One policy for everybody, and the rest handed out at random."""
    counts = [1] * CUSTOMERS
    for _ in range(POLICIES - CUSTOMERS):
        counts[random.randrange(CUSTOMERS)] += 1
    return counts


def _person(random: Random, today: date, place: int, agent: str) -> Row:
    man = random.random() < 0.5
    birth = today - timedelta(random.randint(28 * 366, 68 * 365))
    occupation, level = random.choice(OCCUPATIONS)
    return {
        "姓名": random.choice(SURNAMES) + random.choice(GIVEN),
        "性别": "男" if man else "女",
        "出生年月": birth,
        "证件类型": "身份证",
        "身份证号": birth_number(birth, man=man, place=place),
        "证件有效期止": today + timedelta(random.randint(400, 5000)),
        "联系电话": f"154{random.randrange(10**4):04}{place:04}",
        "家庭住址": f"{random.choice(CITIES)}{random.choice(STREETS)}{random.randint(1, 299)}号",
        "职业": occupation,
        "职业类别": level,
        "年收入": random.choice((60000, 96000, 120000, 180000, 250000, 400000)),
        "业务员": agent,
    }


def _policy(random: Random, today: date, number: int, ends: date | None) -> Row:
    years = random.choice((1, 1, 10, 20))
    begins = _years_before(ends, years) if ends else today - timedelta(random.randint(30, 5 * 365))
    expires = ends or _years_before(begins, -years)
    name, kind = random.choice(PRODUCTS)
    frequency = random.choice(list(FREQUENCIES))
    in_force = expires >= today
    return {
        "险种": name,
        "保险产品类型": kind,
        "保单号": f"P{begins.year}{number:08}",
        "投保时间": begins - timedelta(random.randint(1, 20)),
        "生效日期": begins,
        "到期日期": expires,
        "下期应缴日": _next_due(begins, expires, today, FREQUENCIES[frequency]) if in_force else None,
        "保费": random.choice((365, 1200, 2688, 5600, 12000)) + random.randrange(100) / 100,
        "缴费方式": frequency,
        "保额": random.choice((50000, 100000, 300000, 500000)),
        "保单状态": "有效" if in_force else "满期",
    }


def _customer_rows(
    random: Random, today: date, place: int, person: Row, policies: list[Row]
) -> Iterator[Row]:
    created = min(_day(policy, "投保时间") for policy in policies)
    ago = REVIEW_AFTER_DAYS - random.randint(-9, 9) if place % (CUSTOMERS // DUE_FOR_REVIEW) == 0 else None
    reviewed = today - timedelta(random.randint(1, 70) if ago is None else ago)
    for policy in policies:
        yield {
            **person,
            "建档日期": created,
            "最近审查日期": reviewed if reviewed > created else None,
            **policy,
            "健康状况": random.choice(HEALTH),
            "风险偏好": random.choice(APPETITES),
            "备注": None,
        }


def _claim(random: Random, today: date, number: int, policy: Row) -> Row:
    begins, ends = _day(policy, "生效日期"), min(_day(policy, "到期日期"), today)
    loss = begins + timedelta(random.randrange(max(1, (ends - begins).days)))
    report = min(loss + timedelta(random.randint(0, 6)), today)
    kind = CLAIM_TYPES.get(str(policy["保险产品类型"]), "重大疾病")
    amount = random.choice((800, 5200, 36000))
    row: Row = {
        "赔案号": f"CL{report.year}{number:06}",
        "保单号": policy["保单号"],
        "出险人": policy["姓名"],
        "出险日期": loss,
        "报案日期": report,
        "理赔类型": kind,
        "出险原因": "疾病" if kind in ("住院医疗", "重大疾病") else "意外",
        "申请金额": amount,
        "赔付金额": None,
        "理赔状态": "报案",
        "诊断结果": random.choice(DIAGNOSES) if kind in ("住院医疗", "重大疾病", "伤残") else None,
    }
    decided = report + timedelta(15)
    if decided + timedelta(SETTLED_AFTER_DAYS) < today:
        row |= {"赔付金额": amount, "理赔状态": "结案", "理赔结论": "全额给付", "核定日期": decided}
        row |= {"支付日期": decided + timedelta(8), "结案日期": decided + timedelta(9)}
    return row


def _next_due(begins: date, ends: date, today: date, months: int) -> date | None:
    if not months:
        return None
    total, due = 0, begins
    while due < today:
        total += months
        due = _months_after(begins, total)
    return min(due, ends)


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))


def _years_before(day: date, years: int) -> date:
    return _months_after(day, -12 * years)


def _day(row: Row, header: str) -> date:
    day = row[header]
    assert isinstance(day, date), "sound rows hold dates"
    return day
