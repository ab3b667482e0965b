"""What the visible columns of one row leave open of each value that a mask hides, and which masks leave too little. Pure.

The counts are floors: where a value's kind varies, the kind that leaves least is taken. docs/DISCLOSURE.md has the arithmetic.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from sync.config import ReplicaConfig, SyncConfig
from validators.references import Problem
from validators.schema import FieldConfig, FieldKey, FieldType, SchemaConfig, TableConfig, TableKey
from vault.masks import MaskRule, MasksConfig

REGIONS = 2_800
"""District codes in use, rounded down; the first digit alone leaves at least 280 of them."""
FIRST_BIRTH, LAST_BIRTH = date(1929, 1, 1), date(2024, 12, 31)
ORDER_NUMBERS = 1_000
CHECK_DIGITS = 11
ISSUER_DIGITS = 6
"""Of a bank card: whoever knows the bank knows these."""
CARD_DIGITS = 16
PHONE_DIGITS, PHONE_STARTS = 11, 40
INCOMES_OF_A_BAND = 50
"""The narrowest band is 50,000 yuan wide, and people give their income in thousands."""
GIVEN_NAMES = 1_000
ADDRESSES = ("province_city_district", "street")
DOORS_OF_A_DISTRICT, DOORS_OF_A_POSTCODE = 10_000, 1_000
LETTERS = 36
_BIRTH = re.compile(r"birth|出生|生日")
_ADDRESS = re.compile(r"address|住址|地址")
_POSTCODE = re.compile(r"postal|postcode|邮编|邮政编码")


@dataclass(frozen=True, slots=True)
class Visible:
    """What a row shows of a person that narrows a hidden value down."""

    birth_date: bool = False
    sex: bool = False
    district: bool = False
    postcode: bool = False

    def __str__(self) -> str:
        names = {
            "birth date": self.birth_date,
            "sex": self.sex,
            "district": self.district,
            "postcode": self.postcode,
        }
        return ", ".join(name for name, seen in names.items() if seen) or "nothing that tells more"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One sensitive field in one replica: how many values its row leaves open; None: the mask shows nothing of it."""

    replica: str
    table: TableKey
    field: FieldKey
    mask: str
    beside: str
    candidates: int | None


def disclosures(schema: SchemaConfig, sync: SyncConfig, masks: MasksConfig) -> list[Disclosure]:
    """Every sensitive field of every replica, in the order of the config."""
    return [
        one
        for replica in sync.replicas
        for table, config in schema.tables.items()
        if replica.holds(table)
        for one in _of_table(replica, table, config, schema, masks)
    ]


def problems(
    schema: SchemaConfig, sync: SyncConfig, masks: MasksConfig, *, candidates_min: int
) -> Iterator[Problem]:
    """One problem per field and place that leaves fewer values open than the limit, with the numbers and the ways out."""
    told: dict[tuple[str, str], list[str]] = {}
    for one in disclosures(schema, sync, masks):
        if one.candidates is not None and one.candidates < candidates_min:
            path = f"tables.{one.table}.fields.{one.field}.sensitive.mask"
            message = (
                f"the mask {one.mask!r} leaves {one.candidates:,} value(s) open beside what the row shows ({one.beside}), "
                f"fewer than vault.mask_candidates_min ({candidates_min:,}): show less of it (a mask with fewer characters, "
                f"or `redact`), or make what stands beside it sensitive, or leave that out"
            )
            told.setdefault((path, message), []).append(one.replica)
    for (path, message), replicas in told.items():
        yield Problem(path, f"in {', '.join(replicas)}: {message}")


def _of_table(
    replica: ReplicaConfig, table: TableKey, config: TableConfig, schema: SchemaConfig, masks: MasksConfig
) -> Iterator[Disclosure]:
    here = {key: config.fields[key] for key in replica.fields_of(table, config)}
    beside = _visible(here, schema, masks)
    for key, field in here.items():
        rule = masks.root.get(field.sensitive.mask) if field.sensitive else None
        if field.sensitive and rule:
            left = candidates(field, rule, beside)
            yield Disclosure(replica.name, table, key, field.sensitive.mask, str(beside), left)


def _visible(fields: dict[FieldKey, FieldConfig], schema: SchemaConfig, masks: MasksConfig) -> Visible:
    plain = {key: field for key, field in fields.items() if not field.sensitive}
    masked = [field for field in fields.values() if field.sensitive]
    rules = [masks.root.get(field.sensitive.mask) for field in masked if field.sensitive]
    return Visible(
        birth_date=any(is_birth_date(key, field) for key, field in plain.items()),
        sex=any({"男", "女"} <= set(_options(f, schema)) for f in plain.values()),
        district=any(rule is not None and rule.keep in ADDRESSES for rule in rules)
        or any(
            _called(_ADDRESS, key, field) and field.type is not FieldType.EMAIL
            for key, field in plain.items()
        ),
        postcode=any(_called(_POSTCODE, key, field) for key, field in plain.items()),
    )


def is_birth_date(key: FieldKey, field: FieldConfig) -> bool:
    """Whether a field tells when a person was born."""
    return field.type is FieldType.DATE and _called(_BIRTH, key, field)


def _called(pattern: re.Pattern[str], key: FieldKey, field: FieldConfig) -> bool:
    return any(pattern.search(name) for name in (key, field.name, *field.aliases))


def _options(field: FieldConfig, schema: SchemaConfig) -> tuple[str, ...]:
    listed = schema.options.get(field.options) if field.options else None
    return tuple(listed.values) if listed else ()


def candidates(field: FieldConfig, rule: MaskRule, beside: Visible) -> int | None:
    """How many values fit what the mask shows and what stands beside it; None where neither tells anything."""
    if field.type is FieldType.IDNO:
        return identity_numbers(*_shown(rule), beside)
    if rule.to == "band":
        return INCOMES_OF_A_BAND
    if rule.to is not None:
        return None
    if rule.keep in ADDRESSES:
        # A street has about as many doors as a postcode.
        return DOORS_OF_A_POSTCODE if beside.postcode or rule.keep == "street" else DOORS_OF_A_DISTRICT
    if rule.keep == "surname":
        return GIVEN_NAMES
    if field.type is FieldType.PHONE:
        return phones(*_shown(rule))
    if field.type is FieldType.ACCOUNT:
        return cards(*_shown(rule))
    if not (rule.keep_head or rule.keep_tail):
        return None
    return int((LETTERS if rule.keep_domain or field.type is FieldType.EMAIL else 10) ** rule.hide_min)


def _shown(rule: MaskRule) -> tuple[int, int]:
    """Characters at head and tail that a rule shows; a fixed text or a named part shows none of a number."""
    return (0, 0) if rule.to or rule.keep else (rule.keep_head, rule.keep_tail)


def identity_numbers(head: int, tail: int, beside: Visible) -> int:
    """18 characters: district 6, birth date 8, order number 3 (odd for men), check character 1."""
    districts = 1 if beside.district else max(1, REGIONS // 10**head)
    dates = 1 if beside.birth_date else _dates(max(0, head - 6), max(0, tail - 4))
    orders = _order_numbers(first=min(3, max(0, head - 14)), last=min(3, max(0, tail - 1)), sex=beside.sex)
    left = districts * dates * orders
    # The check character rules out ten of eleven, and nothing more once all it is made from is known.
    return max(1, left // CHECK_DIGITS) if tail else left


def _order_numbers(*, first: int, last: int, sex: bool) -> int:
    """Of three digits, of which the first and the last so many show."""
    left = int(ORDER_NUMBERS // 10 ** min(3, first + last))
    # Who sees the last digit knows the sex already.
    return max(1, left // 2) if sex and not last else left


@cache
def _dates(head: int, tail: int) -> int:
    """Of the birth dates of 96 years, written YYYYMMDD, how many share the characters shown, where they are fewest."""
    days = (LAST_BIRTH - FIRST_BIRTH).days + 1
    if not head and not tail:
        return days
    texts = (f"{FIRST_BIRTH + timedelta(days=number):%Y%m%d}" for number in range(days))
    return min(Counter((text[:head], text[8 - min(tail, 8) :]) for text in texts).values())


def phones(head: int, tail: int) -> int:
    """A mobile number of 11 digits; about 40 beginnings of three digits are in use."""
    hidden = max(0, PHONE_DIGITS - max(head, 3) - tail)
    return int(10**hidden) * (PHONE_STARTS if head < 3 else 1)


def cards(head: int, tail: int) -> int:
    """A bank card of 16 digits whose issuer is known; its check digit rules out nine of ten."""
    hidden = max(0, CARD_DIGITS - max(head, ISSUER_DIGITS) - tail)
    return int(max(1, 10**hidden // 10))
