"""Twenty fields of people who do not exist, as config and as rows."""

from collections.abc import Sequence
from typing import Any

import yaml

from tablekeeper.config import Config, parse

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
TITLE = "客户"
FIELDS: dict[str, dict[str, Any]] = {
    "number": {"name": "客户编号", "type": "text", "required": True, "unique": True},
    "full_name": {"name": "姓名", "type": "text", "required": True},
    "id_type": {"name": "证件类型", "type": "select", "options": "id_type", "default": "居民身份证"},
    "id_number": {
        "name": "身份证号码",
        "type": "idno",
        "document": "id_type",
        "sensitive": {"mask": "idno", "search": True},
    },
    "mobile": {"name": "手机号码", "type": "phone", "sensitive": {"mask": "phone", "search": True}},
    "birth_date": {"name": "出生日期", "type": "date"},
    "income": {"name": "年收入", "type": "money"},
    "dependents": {"name": "抚养人数", "type": "int"},
    "level": {"name": "等级", "type": "select", "options": "level"},
    "active": {"name": "在保", "type": "bool"},
    **{f"text_{n}": {"name": f"备注{n}", "type": "text", "max_length": 200} for n in range(1, 11)},
}
HEADERS = [field["name"] for field in FIELDS.values()]


def config_of(places: Sequence[tuple[str, str]], *, calls_per_s: int = 0, **sync: Any) -> Config:
    """One table of these fields at these places, each a service and an id; rows are taken as soon as they are seen."""
    raw = {
        "archive": {"name": "bench", "desk_url": "http://127.0.0.1:8460"},
        "options": {"id_type": ["居民身份证", "护照"], "level": ["普通", "银卡", "金卡"]},
        "tables": {
            "people": {
                "name": TITLE,
                "key": "number",
                "label": "full_name",
                "subject": "self",
                "fields": FIELDS,
            }
        },
        "masks": {
            "idno": {"keep_head": 1, "keep_tail": 1, "fill": "****************"},
            "phone": {"keep_head": 3, "keep_tail": 4},
        },
        "sync": {
            "replicas": [
                {"name": f"{service}{number}", "service": service, "place": place, "calls_per_s": calls_per_s}
                for number, (service, place) in enumerate(places)
            ],
            "settle_s": 0,
            "settle_partial_s": 0,
        }
        | sync,
    }
    return parse(yaml.safe_dump(raw, allow_unicode=True))


def row_of(number: int) -> list[Any]:
    """What a clerk types for one of them, in the order of `HEADERS`."""
    return [
        f"K{number:08d}",
        "王小明",
        "居民身份证",
        identity(number),
        f"154{number:08d}",
        20_000 + number % 10_000,
        10_000 + number % 900_000,
        number % 5,
        "银卡",
        number % 2 == 0,
        *(f"第{n}条说明 {number % 97}" for n in range(1, 11)),
    ]


def identity(number: int) -> str:
    """A well-formed identity number of a province that does not exist."""
    body = f"170105{1950 + number % 50}{1 + number % 12:02}{1 + number % 28:02}{number % 1000:03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]
