"""What people type: values that occur once in a run, so that each can be followed, right ones and wrong ones."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tests.simulation.archive import SCHEMA, fields
from tests.simulation.side import Raw

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
BIRTHS_FROM = date(1950, 1, 1)
WRONG = 0.12
"""How often somebody mistypes."""


@dataclass(slots=True)
class Inventor:
    """Makes values up; `number` rises with each."""

    number: int = 0

    def value(self, random: Random, table: str, key: str) -> Raw:
        """Something that a person might type into this column."""
        self.number += 1
        number = self.number
        match str(fields(table)[key]["type"]):
            case "idno":
                return _identity(number, wrong=random.random() < WRONG)
            case "phone":
                return f"13{number:06d}" if random.random() < WRONG else f"13{number:09d}"
            case "account":
                return _card(number, wrong=random.random() < WRONG)
            case "date":
                return self._date(random, number)
            case "decimal" | "money":
                return number + random.choice((0, 0.25, 0.5))
            case "select":
                return random.choice(self.options(table, key))
            case "multiselect":
                options = self.options(table, key)
                return sorted(random.sample(options, random.randint(1, len(options))))
            case "bool":
                return True
        return self._text(random, key, number)

    def wrong(self, table: str, key: str) -> Raw:
        """What cannot be."""
        self.number += 1
        match str(fields(table)[key]["type"]):
            case "idno":
                return _identity(self.number, wrong=True)
            case "account":
                return _card(self.number, wrong=True)
        return f"13{self.number:06d}"

    @staticmethod
    def options(table: str, key: str) -> list[str]:
        """What a select offers."""
        found = SCHEMA["options"][fields(table)[key]["options"]]
        return list(found["values"] if isinstance(found, dict) else found)

    @staticmethod
    def _date(random: Random, number: int) -> Raw:
        day = BIRTHS_FROM + timedelta(days=number)
        return "不详" if random.random() < WRONG / 4 else day.isoformat()

    @staticmethod
    def _text(random: Random, key: str, number: int) -> str:
        if key == "policy_no":
            return f"p{number:06d}" if random.random() < 0.3 else f"P{number:06d}"
        if key == "notes" and random.random() < 0.3:
            return f"家属电话13{number:09d}，晚上打"
        if key == "illness":
            return f"病历{number}号"
        if random.random() < 0.03:
            return f"{key}{number}" + "长" * 30_000
        return random.choice((f"{key}{number}", f"{key}{number}", f"{number}", f"({key} {number})"))


def _identity(number: int, *, wrong: bool) -> str:
    body = f"110101{BIRTHS_FROM + timedelta(days=number % 20_000):%Y%m%d}{number // 20_000 + 1:03d}"
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]
    if wrong:
        return body + ("1" if check != "1" else "2") if number % 2 else body[:-1]
    return body + check


def _card(number: int, *, wrong: bool) -> str:
    body = f"622202{number:012d}"
    digits = [int(digit) for digit in reversed(body)]
    total = sum(digit if place % 2 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits))
    check = -total % 10
    return body + str((check + 5) % 10 if wrong else check)
