"""The archive that is simulated: two tables with every kind of column, and the replicas that a seed gives it."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from sync.config import ReplicaConfig
from validators.schema import SchemaConfig

ORIGIN = "origin"
"""A plain column that staff fill once and never touch again: by it the oracle knows a row wherever it goes."""

SCHEMA: dict[str, Any] = {
    "options": {
        "level": ["普通", "银卡", "金卡"],
        "need": ["养老", "医疗", "意外"],
        "status": {"values": ["有效", "终止"], "aliases": {"满期": "终止"}},
    },
    "tables": {
        "customers": {
            "name": "客户基本信息",
            "key": "customer_no",
            "label": "full_name",
            "subject": "self",
            "fields": {
                "customer_no": {"name": "客户编号", "type": "text", "unique": True, "auto": "C{seq:08}"},
                "origin": {"name": "来源", "type": "text"},
                "full_name": {"name": "客户姓名", "type": "text", "required": True},
                "birth_date": {"name": "出生日期", "type": "date"},
                "id_number": {
                    "name": "身份证号码",
                    "type": "idno",
                    "unique": True,
                    "identity": True,
                    "sensitive": {"mask": "idno", "search": True},
                },
                "mobile": {
                    "name": "手机号码",
                    "type": "phone",
                    "copy": True,
                    "sensitive": {"mask": "phone", "search": True},
                },
                "illness": {"name": "病史", "type": "longtext", "sensitive": {"mask": "redact"}},
                "occupation": {"name": "职业", "type": "text", "expected": True},
                "level": {"name": "等级", "type": "select", "options": "level"},
                "needs": {"name": "需求", "type": "multiselect", "options": "need"},
                "height": {"name": "身高", "type": "decimal"},
                "notes": {"name": "备注", "type": "longtext", "free_text": True},
            },
        },
        "policies": {
            "name": "保险合同信息",
            "key": "policy_no",
            "subject": "customer",
            "fields": {
                "policy_no": {
                    "name": "保单号",
                    "type": "text",
                    "required": True,
                    "unique": True,
                    "pattern": "^[A-Z0-9]{4,20}$",
                    "upper": True,
                },
                "origin": {"name": "来源", "type": "text"},
                "customer": {"name": "投保人", "type": "link", "to": "customers", "required": True},
                "premium": {"name": "保费", "type": "money"},
                "account": {"name": "缴费账号", "type": "account", "sensitive": {"mask": "account"}},
                "start": {"name": "生效日期", "type": "date"},
                "end": {"name": "满期日期", "type": "date"},
                "status": {"name": "状态", "type": "select", "options": "status"},
                "active": {"name": "在保", "type": "bool"},
            },
        },
    },
    "rules": [
        {
            "id": "P01",
            "table": "policies",
            "check": "start <= end",
            "message": "满期日期早于生效日期",
            "mend": "更正日期",
        },
    ],
}
TABLES = tuple(SCHEMA["tables"])
_AT_FIRST = deepcopy(SCHEMA)
_former: dict[tuple[str, str], list[str]] = {}
MAIN = ("airtable", "sheets")
"""The replicas that every run has, with all fields and rows."""
UNMAPPED = "我的标记"
"""A column of the staff's own, which is nobody else's business."""


def begin() -> None:
    """The archive as it is at the beginning of every run; the operator may change it while one goes on."""
    SCHEMA.update(deepcopy(_AT_FIRST))
    _former.clear()


def rename(table: str, field: str, name: str) -> None:
    """Another header in config.yaml."""
    _former.setdefault((table, field), []).append(header(table, field))
    fields(table)[field]["name"] = name


def schema() -> SchemaConfig:
    """The config model of the archive."""
    return SchemaConfig.model_validate(SCHEMA)


def fields(table: str) -> dict[str, dict[str, Any]]:
    """The fields of a table by key."""
    found: dict[str, dict[str, Any]] = SCHEMA["tables"][table]["fields"]
    return found


def header(table: str, field: str) -> str:
    """What stands above the column."""
    return str(fields(table)[field]["name"])


def headers(table: str, field: str) -> list[str]:
    """The same, and what stood there under earlier configs: a spreadsheet may not have followed yet."""
    return [header(table, field), *_former.get((table, field), ())]


def spelt(table: str, field: str, value: str) -> str:
    """An option as the config spells it today."""
    known = SCHEMA["options"][fields(table)[field]["options"]]
    return str(known["aliases"].get(value, value)) if isinstance(known, dict) else value


@dataclass(frozen=True, slots=True)
class ReplicaPlan:
    """One replica of a seed, and whether it joins when the others have worked for a while."""

    config: ReplicaConfig
    late: bool = False


# What a smaller replica does without; business keys, required fields and origins are everywhere.
SPARE = {
    "customers": ("illness", "mobile", "notes", "height", "needs"),
    "policies": ("account", "premium", "active"),
}


FILTERS = {"customers": "level", "policies": "status"}
"""By which field a department's rows are chosen."""
CHOSEN = {"customers": "金卡", "policies": "有效"}


def replicas_of(random: Random, *, calls_per_s: int = 0) -> tuple[ReplicaPlan, ...]:
    """Two to five replicas: a base and a spreadsheet with everything, others the same, smaller, or a department's."""
    found = [ReplicaPlan(_config(name, name, calls_per_s=calls_per_s)) for name in MAIN]
    for number in range(random.choice((0, 0, 0, 1, 1, 2, 3))):
        service = random.choice(("sheets", "sheets", "airtable"))
        limits = random.choice((lambda random: {}, _smaller, _department, _department))(random)
        config = _config(f"{service}{number + 2}", service, calls_per_s=calls_per_s, **limits)
        found.append(ReplicaPlan(config, late=random.random() < 0.3))
    return tuple(found)


def _smaller(random: Random) -> dict[str, Any]:
    """Fewer columns, and every right in them."""
    without = {table: random.sample(spare, random.randint(1, len(spare))) for table, spare in SPARE.items()}
    only = {table: tuple(key for key in fields(table) if key not in without[table]) for table in TABLES}
    return {"fields": only, "creates": True, "deletes": True}


def _department(random: Random) -> dict[str, Any]:
    """Some rows, some columns that may be seen but not changed, and perhaps no right to make or delete rows."""
    closed = {table: tuple(random.sample(spare, random.randint(0, 2))) for table, spare in SPARE.items()}
    chosen = {table: f'{key} == "{CHOSEN[table]}"' for table, key in FILTERS.items() if random.random() < 0.6}
    rights = {"creates": random.random() < 0.5, "deletes": random.random() < 0.5}
    return {"filter": chosen, "read_only": closed, **rights}


def belongs(config: ReplicaConfig, table: str, row: Mapping[str, str]) -> bool:
    """Whether a department may see a row, in the oracle's own words."""
    if table not in config.filter:
        return True
    found = re.fullmatch('(.*) == "(.*)"', config.filter[table])
    assert found is not None
    return row.get(found[1]) == found[2]


def _config(name: str, service: str, **limits: Any) -> ReplicaConfig:
    return ReplicaConfig.model_validate({"name": name, "service": service, **limits})
