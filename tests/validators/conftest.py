"""What the tests of validators share: a day, and a small schema of our own."""

from datetime import date

import pytest

from validators.schema import SchemaConfig

CUSTOMERS = {
    "name": "客户",
    "key": "customer_no",
    "subject": "self",
    "fields": {
        "customer_no": {
            "name": "客户编号",
            "type": "text",
            "unique": True,
            "auto": "C{seq:08}",
            "pattern": r"^C\d{8}$",
            "shape": "字母C加8位数字",
        },
        "full_name": {"name": "客户姓名", "type": "text", "required": True, "min_length": 2, "max_length": 8},
        # The number stands before its kind, as staff may order the columns.
        "id_number": {
            "name": "身份证号码",
            "type": "idno",
            "document": "id_type",
            "sensitive": {"mask": "idno", "search": True},
        },
        "id_type": {"name": "证件类型", "type": "select", "options": "id_type"},
        "birth_date": {"name": "出生日期", "type": "date", "not_future": True},
        "gender": {"name": "性别", "type": "select", "options": "gender", "expected": True},
        "mobile": {"name": "手机号码", "type": "phone", "expected": True, "sensitive": {"mask": "phone"}},
        "income": {"name": "年收入", "type": "money", "min": 0, "sensitive": {"mask": "band"}},
        "diseases": {
            "name": "既往症",
            "type": "multiselect",
            "options": "disease",
            "sensitive": {"mask": "health"},
        },
        "seen_at": {"name": "最近联系", "type": "datetime", "not_future": True},
        "active": {"name": "在册", "type": "bool", "required": True},
        "referrer": {"name": "介绍人", "type": "link", "to": "customers"},
        "notes": {"name": "备注", "type": "longtext"},
        "copy": {"name": "副本", "type": "text"},
    },
}

POLICIES = {
    "name": "保单",
    "key": "policy_no",
    "subject": "holder",
    "fields": {
        "policy_no": {"name": "保单号", "type": "text", "required": True, "unique": True, "upper": True},
        "holder": {"name": "投保人", "type": "link", "to": "customers"},
        "insured": {"name": "被保险人", "type": "link", "to": "customers"},
        "relation": {"name": "关系", "type": "text"},
        "start": {"name": "生效日期", "type": "date", "expected": True},
        "end": {"name": "满期日期", "type": "date", "expected": True},
        "premium": {"name": "保费", "type": "money", "above": 0, "max": 1000000},
        "frequency": {"name": "缴费频率", "type": "select", "options": "frequency"},
        "share": {"name": "份额", "type": "percent", "min": 0, "max": 1},
        "years": {"name": "缴费年限", "type": "int", "min": 1},
        "whole_life": {"name": "终身", "type": "bool"},
        "yearly": {"name": "年化保费", "type": "money", "computed": "premium * times_per_year(frequency)"},
        "review_on": {"name": "检视日", "type": "date", "computed": "add_months(coalesce(end, start), 3)"},
    },
}

OPTIONS = {
    "gender": ["男", "女"],
    "id_type": {"values": ["居民身份证", "护照"], "aliases": {"身份证": "居民身份证"}},
    "disease": ["无", "高血压", "轻症/中症", "HIV"],
    "frequency": {"values": ["年交", "月交", "趸交"], "aliases": {"12": "年交", "年缴": "年交"}},
}


@pytest.fixture
def today() -> date:
    return date(2026, 11, 22)


@pytest.fixture(scope="session")
def schema() -> SchemaConfig:
    return SchemaConfig.model_validate(
        {"options": OPTIONS, "tables": {"customers": CUSTOMERS, "policies": POLICIES}}
    )
