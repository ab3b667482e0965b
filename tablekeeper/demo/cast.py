"""Who plays: customers who stand in the tables already, and invented persons. No number here belongs to anybody."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tablekeeper.demo.office import AirtableScreen, Cells, NotSeen
from validators.identity import check_character

CUSTOMERS, POLICIES, STAFF = "客户基本信息", "保险合同信息", "员工与部门"
NUMBER, NAME, GENDER, BIRTH = "客户编号", "客户姓名", "性别", "出生日期"
IDENTITY, MOBILE, STATUS, HOLDER = "身份证号码", "手机号码", "校验状态", "投保人"
OCCUPATION, HOURS, REMARKS, UID = "职业", "方便联系时段", "备注", "记录编号"
STAFF_NUMBER, STAFF_NAME, SUPERIOR = "工号", "姓名", "直属主管"
BORN = date(1990, 3, 7)
"""When everybody was born who is new in the play."""
DISTRICT = "110101"
Gender = Literal["男", "女"]


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer in the tables, with what has to be known to type a fitting identity number."""

    record_id: str
    number: str
    name: str
    gender: Gender
    born: date


class Cast:
    """Hands out customers, a different one for every scene."""

    def __init__(self, customers: Iterator[Customer], holder: Customer, chance: random.Random) -> None:
        self._customers, self.holder, self._chance = customers, holder, chance

    def next(self) -> Customer:
        """A customer whom no scene has used yet. Raises NotSeen."""
        customer = next(self._customers, None)
        if customer is None:
            raise NotSeen("样本里合适的客户不够")
        return customer

    def identity_number(self, born: date, gender: Gender) -> str:
        """A well-formed number for this birth date and gender."""
        place = self._chance.randrange(100, 999) // 2 * 2 + (gender == "男")
        body = f"{DISTRICT}{born:%Y%m%d}{place:03}"
        return body + check_character(body)

    def mobile(self) -> str:
        """A well-formed mobile number."""
        return f"19{self._chance.randrange(10**8, 10**9)}"


def gather(screen: AirtableScreen, chance: random.Random) -> Cast:
    """Choose among the customers in Airtable those whose rows are complete and pass. Raises NotSeen."""
    rows = screen.rows(CUSTOMERS)
    holders = {record_id for policy in screen.rows(POLICIES).values() for record_id in policy.get(HOLDER, ())}
    fit = [_customer(record_id, row) for record_id, row in rows.items() if _is_fit(row)]
    fit.sort(key=lambda customer: customer.number)
    holder = next((customer for customer in fit if customer.record_id in holders), None)
    if holder is None:
        raise NotSeen("表中没有名下有保单且通过校验的客户")
    return Cast((customer for customer in fit if customer is not holder), holder, chance)


def mistyped(number: str) -> str:
    """The number with one wrong digit, so that its check character fails."""
    return number[:-2] + str((int(number[-2]) + 2) % 10) + number[-1]


def _is_fit(row: Mapping[str, object]) -> bool:
    needed = (NUMBER, NAME, GENDER, BIRTH, IDENTITY, MOBILE)
    sealed = "〔" in str(row.get(IDENTITY)) and "〔" in str(row.get(MOBILE))
    return all(row.get(header) for header in needed) and sealed and row.get(STATUS) in ("通过", "提示")


def _customer(record_id: str, row: Cells) -> Customer:
    return Customer(record_id, row[NUMBER], row[NAME], row[GENDER], date.fromisoformat(row[BIRTH]))
