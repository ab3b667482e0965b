"""The shipped `config.yaml`: it loads, holds the archive that the product promises, and its rules judge as meant."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tablekeeper.config import Config, load
from validators.rules import RuleBook
from validators.schema import FieldType, Level
from validators.values import Value
from vault.config import Action

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)
NAMES = {
    "customers": "客户基本信息",
    "policies": "保险合同信息",
    "health_risk": "健康状况与风险评估",
    "finances": "财务状况",
    "claims": "历史理赔记录",
    "staff": "员工与部门",
    "consents": "同意记录",
    "tasks": "提醒与待办",
}


@pytest.fixture(scope="module")
def config() -> Config:
    return load(ROOT / "config.yaml")


@pytest.fixture(scope="module")
def rules(config: Config) -> RuleBook:
    return RuleBook(config)


def test_the_archive_has_its_eight_tables(config: Config) -> None:
    assert {key: table.name for key, table in config.tables.items()} == NAMES


def test_each_table_starts_with_its_business_key(config: Config) -> None:
    assert all(next(iter(table.fields)) == table.key for table in config.tables.values())


def test_staff_need_not_type_a_key_that_is_numbered(config: Config) -> None:
    numbered = [table.fields[table.key] for table in config.tables.values() if table.fields[table.key].auto]
    assert len(numbered) == 5
    assert not any(field.required for field in numbered)


def test_identity_health_income_and_refusal_are_in_the_vault(config: Config) -> None:
    in_the_vault = {f"{key}.{field}" for key, table in config.tables.items() for field in table.sensitive}
    assert {
        *("customers.id_number", "customers.mobile", "customers.home_address", "policies.pay_account"),
        *("health_risk.health_grade", "health_risk.diseases", "finances.annual_income"),
        *("claims.diagnosis", "claims.refusal_reason"),
    } <= in_the_vault


def test_only_numbers_and_addresses_that_identify_can_be_looked_up(config: Config) -> None:
    """An index over a small set of values, such as a health grade, would tell who has which."""
    searchable = {
        field.type
        for table in config.tables.values()
        for field in table.sensitive.values()
        if field.sensitive and field.sensitive.search
    }
    assert searchable == {FieldType.IDNO, FieldType.PHONE, FieldType.ACCOUNT, FieldType.EMAIL}


def test_the_identity_number_shows_only_its_two_ends(config: Config) -> None:
    rule = config.masks.root["idno"]
    assert (rule.keep_head, rule.keep_tail) == (1, 1)


def test_every_table_that_holds_secrets_knows_whose_they_are(config: Config) -> None:
    assert all(table.subject for table in config.tables.values() if table.sensitive)


@pytest.mark.parametrize(
    ("table", "header"),
    [
        *(("customers", header) for header in ("姓名", "出生年月", "身份证号", "联系电话", "业务员")),
        *(
            ("policies", header)
            for header in ("险种", "投保时间", "到期日期", "保费", "缴费方式", "保额", "业务员")
        ),
        *(("finances", "年收入"), ("health_risk", "健康状况"), ("health_risk", "风险偏好")),
    ],
)
def test_an_old_workbooks_headers_are_known(config: Config, table: str, header: str) -> None:
    fields = config.tables[table].fields.values()
    assert sum(header == field.name or header in field.aliases for field in fields) == 1


def test_an_ended_status_of_old_files_also_names_the_reason(config: Config) -> None:
    assert config.options["policy_status"].resolve("满期") == "终止"
    assert config.options["termination_reason"].resolve("满期") == "满期终止"


ERRORS: list[tuple[str, str, dict[str, Value | None]]] = [
    ("C02", "customers", {"id_number": "110101199003070038", "birth_date": date(1991, 3, 7)}),
    ("C03", "customers", {"id_number": "110101199003070038", "gender": "女"}),
    ("C08", "customers", {"id_valid_from": date(2020, 1, 1), "id_valid_to": date(2019, 1, 1)}),
    ("C14", "customers", {"birth_date": date(1890, 1, 1)}),
    ("P01", "policies", {"effective_date": date(2024, 1, 2), "expiry_date": date(2024, 1, 1)}),
    ("P03", "policies", {"apply_date": date(2024, 1, 2), "effective_date": date(2024, 1, 1)}),
    ("P09", "policies", {"insured_relation": "本人", "customer_no": "RA", "insured_no": "RB"}),
    ("P09", "policies", {"insured_relation": "配偶", "customer_no": "RA", "insured_no": "RA"}),
    ("L01", "claims", {"policy_no": "RP", "loss_date": date(2019, 12, 31)}),
    ("L011", "claims", {"policy_no": "RP", "loss_date": date(2025, 1, 2)}),
    ("L04", "claims", {"loss_date": date(2024, 1, 2), "report_date": date(2024, 1, 1)}),
    ("L05", "claims", {"claimed_amount": Decimal(800), "paid_amount": Decimal("800.01")}),
    ("H01", "health_risk", {"diseases": frozenset({"无", "高血压"})}),
    ("Y03", "consents", {"given_on": date(2024, 1, 2), "withdrawn_on": date(2024, 1, 1)}),
]

HINTS: list[tuple[str, str, dict[str, Value | None]]] = [
    ("C081", "customers", {"id_long_term": True, "id_valid_to": date(2030, 1, 1)}),
    ("C13", "customers", {}),
    ("P06", "policies", {"customer_no": "RA", "apply_date": date(2007, 1, 1)}),
    ("P11", "policies", {"pay_frequency": "趸交", "pay_years": Decimal(5)}),
    ("P111", "policies", {"status": "有效", "pay_frequency": "年交"}),
    ("P12", "policies", {"status": "终止", "terminated_on": date(2024, 1, 1)}),
    ("P14", "policies", {"status": "有效", "expiry_date": date(2026, 11, 21)}),
    ("P15", "policies", {"status": "有效", "next_due": date(2026, 9, 1)}),
    ("L051", "claims", {"policy_no": "RP", "paid_amount": Decimal(50001)}),
    ("L06", "claims", {"status": "已结案", "result": "全额给付"}),
    ("L07", "claims", {"policy_no": "RP", "customer_no": "RB"}),
    ("F01", "finances", {"annual_income": Decimal(2), "household_income": Decimal(1)}),
    ("T02", "tasks", {"title": "回电话", "due_on": date(2026, 12, 1)}),
]

SOUND: list[tuple[str, dict[str, Value | None]]] = [
    (
        "customers",
        {
            "id_number": "110101199003070038",
            "birth_date": date(1990, 3, 7),
            "gender": "男",
            "id_valid_from": date(2020, 1, 1),
            "id_valid_to": date(2040, 1, 1),
        },
    ),
    (
        "policies",
        {
            "customer_no": "RA",
            "insured_no": "RA",
            "insured_relation": "本人",
            "status": "有效",
            "effective_date": date(2024, 1, 1),
            "expiry_date": date(2044, 1, 1),
            "apply_date": date(2024, 1, 1),
            "pay_frequency": "年交",
            "pay_years": Decimal(20),
            "next_due": date(2027, 1, 1),
        },
    ),
    (
        "claims",
        {"policy_no": "RP", "customer_no": "RA", "loss_date": date(2020, 1, 1), "paid_amount": Decimal(9)},
    ),
    ("claims", {"policy_no": "RP", "loss_date": date(2019, 1, 1), "status": "不予立案"}),
    # Equal is in order: reported on the day of the loss, paid as claimed, up to the sum insured, on the last day.
    (
        "claims",
        {"loss_date": date(2024, 1, 1), "report_date": date(2024, 1, 1), "decided_on": date(2024, 1, 1)},
    ),
    ("claims", {"policy_no": "RP", "claimed_amount": Decimal(50000), "paid_amount": Decimal(50000)}),
    ("claims", {"policy_no": "RP", "loss_date": date(2025, 1, 1)}),
    ("policies", {"effective_date": date(2026, 12, 1), "expiry_date": date(2026, 12, 1)}),
    ("claims", {"policy_no": "car", "customer_no": "RB", "loss_date": date(2024, 1, 1)}),
    # What the daemon found is a department's where nobody is in charge.
    ("tasks", {"title": "更正未生效的内容", "due_on": date(2026, 12, 1), "item": "a033f5c87e4ccfc4"}),
]

LINKED: dict[str, dict[str, Value | None]] = {
    "RA": {"birth_date": date(1990, 3, 7), "customer_type": "个人"},
    "RB": {"birth_date": date(1995, 1, 1), "customer_type": "个人"},
    "RP": {
        "effective_date": date(2020, 1, 1),
        "expiry_date": date(2025, 1, 1),
        "sum_insured": Decimal(50000),
        "insured_no": "RA",
        "product_type": "定期寿险",
    },
    # A third party may claim on a car policy.
    "car": {"insured_no": "RA", "product_type": "商业车险"},
}


@pytest.mark.parametrize(("code", "table", "row"), ERRORS)
def test_what_cannot_be_true_is_an_error(
    config: Config, rules: RuleBook, code: str, table: str, row: dict[str, Value | None]
) -> None:
    assert (code, Level.ERROR) in _findings(config, rules, table, row)


@pytest.mark.parametrize(("code", "table", "row"), HINTS)
def test_what_is_missing_or_doubtful_is_a_hint(
    config: Config, rules: RuleBook, code: str, table: str, row: dict[str, Value | None]
) -> None:
    assert (code, Level.HINT) in _findings(config, rules, table, row)


@pytest.mark.parametrize(("table", "row"), SOUND)
def test_in_a_sound_row_nothing_is_found(
    config: Config, rules: RuleBook, table: str, row: dict[str, Value | None]
) -> None:
    assert not _findings(config, rules, table, row)


def test_a_refused_claim_may_lie_outside_the_insured_period(config: Config, rules: RuleBook) -> None:
    row: dict[str, Value | None] = {"policy_no": "RP", "loss_date": date(2019, 1, 1), "result": "拒赔不解约"}
    assert not {code for code, level in _findings(config, rules, "claims", row) if level is Level.ERROR}


def test_the_next_review_counts_from_the_last_one_or_from_the_first_day(rules: RuleBook) -> None:
    row: dict[str, Value | None] = {"created_on": date(2024, 11, 30)}
    first = rules.compute("customers", row, linked={}, today=TODAY)
    later = rules.compute("customers", row | {"reviewed_on": date(2026, 1, 31)}, linked={}, today=TODAY)
    assert first["next_review_on"] == date(2025, 2, 28)
    assert later["next_review_on"] == date(2026, 4, 30)


@pytest.mark.parametrize(
    ("sent", "until"),
    [
        (None, date(2026, 10, 31)),
        (date(2026, 9, 5), date(2026, 10, 5)),
        (date(2026, 10, 15), date(2026, 10, 31)),
    ],
    ids=["not demanded", "demanded soon", "demanded late"],
)
def test_the_grace_period_ends_sixty_days_after_the_due_day_or_thirty_after_a_demand(
    rules: RuleBook, sent: date | None, until: date
) -> None:
    """保险法36: whichever comes first."""
    row: dict[str, Value | None] = {"next_due": date(2026, 9, 1), "demand_sent_on": sent}
    assert rules.compute("policies", row, linked={}, today=TODAY)["grace_until"] == until


def _findings(
    config: Config,
    rules: RuleBook,
    table: str,
    row: dict[str, Value | None],
) -> set[tuple[str, Level]]:
    """The findings about a row; a customer gets the document kind that new rows get."""
    defaults: dict[str, Value | None] = {
        "id_type": "居民身份证", "status": {"claims": "已报案"}.get(table), "created_on": TODAY
    }  # fmt: skip
    fields = config.tables[table].fields
    whole = {key: row.get(key, defaults.get(key)) for key in fields}
    linked = {key: LINKED.get(str(whole[key])) for key in config.tables[table].links}
    return {(issue.code, issue.level) for issue in rules.check(table, whole, linked=linked, today=TODAY)}


@pytest.mark.parametrize(
    ("role", "action", "field", "allowed"),
    [
        ("客服", "compare", "customers.id_number", True),
        ("客服", "reveal", "customers.id_number", False),
        ("客服", "reveal", "customers.wechat", True),
        ("核保", "reveal", "health_risk.diseases", True),
        ("理赔", "reveal", "claims.payee_account", True),
        ("理赔", "reveal", "policies.pay_account", False),
        ("财务", "correct", "claims.payee_account", True),
        ("市场", "compare", "customers.mobile", False),
        ("系统运维", "reveal", "customers.mobile", False),
        ("系统运维", "operate", "", True),
    ],
)
def test_roles_see_what_their_departments_need(
    config: Config, role: str, action: Action, field: str, allowed: bool
) -> None:
    assert config.vault.allows(role, action, field) is allowed


def test_each_sensitive_field_has_a_class(config: Config) -> None:
    classes = {name: config.vault.class_of(name) for name in ("customers.mobile", "finances.annual_income")}
    assert classes == {"customers.mobile": "contact", "finances.annual_income": "income"}
    assert config.vault.class_of("customers.full_name") is None
