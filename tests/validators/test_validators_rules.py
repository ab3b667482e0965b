"""Rules and computed fields: when they speak, what they hold, and what happens when they cannot be computed."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from validators.identity import check_character
from validators.issues import Issue
from validators.rules import RuleBook, RuleProblems
from validators.schema import Level, SchemaConfig
from validators.values import Value

TODAY = date(2026, 11, 22)
BODY = "11010519760108001"
MAN = BODY + check_character(BODY)


def rule(table: str, check: str, **settings: Any) -> dict[str, Any]:
    return {"id": "P01", "table": table, "check": check, "message": "不对", "mend": "改", **settings}


def with_rules(schema: SchemaConfig, *rules: dict[str, Any]) -> SchemaConfig:
    return SchemaConfig.model_validate({**schema.model_dump(by_alias=True), "rules": rules})


def found(
    schema: SchemaConfig,
    row: Mapping[str, Value | None],
    *,
    table: str = "policies",
    linked: Mapping[str, Mapping[str, Value | None] | None] | None = None,
    **settings: Any,
) -> list[Issue]:
    book = RuleBook(with_rules(schema, rule(table, **settings)))
    return book.check(table, row, linked=linked or {}, today=TODAY)


START, END = date(2024, 1, 1), date(2025, 1, 1)


def test_a_rule_that_is_broken_speaks_in_its_own_words_and_holds_the_fields_of_its_check(
    schema: SchemaConfig,
) -> None:
    row = {"start": END, "end": START, "premium": Decimal(1)}
    (issue,) = found(schema, row, check="start <= end", when="premium > 0.0")
    assert issue == Issue("P01", Level.ERROR, ("start", "end"), "不对", "改")


def test_a_rule_that_holds_is_silent(schema: SchemaConfig) -> None:
    assert found(schema, {"start": START, "end": END}, check="start <= end") == []


def test_a_rule_is_passed_over_while_a_field_it_names_is_blank(schema: SchemaConfig) -> None:
    assert found(schema, {"start": END, "end": None}, check="start <= end") == []
    assert found(schema, {"start": END, "end": START}, check="start <= end", when="premium > 0.0") == []


def test_blanks_are_judged_where_the_rule_lists_them(schema: SchemaConfig) -> None:
    assert len(found(schema, {}, check="filled(end) || whole_life", blanks=["end"])) == 1
    assert found(schema, {"whole_life": True}, check="filled(end) || whole_life", blanks=["end"]) == []


def test_an_unticked_box_is_false_and_not_blank(schema: SchemaConfig) -> None:
    assert len(found(schema, {"whole_life": None}, check="whole_life")) == 1


def test_a_condition_that_is_false_keeps_a_rule_silent(schema: SchemaConfig) -> None:
    assert found(schema, {"start": END, "end": START}, check="start <= end", when="start > today") == []


def test_today_is_the_given_day(schema: SchemaConfig) -> None:
    assert found(schema, {"end": TODAY}, check="end >= today") == []
    assert len(found(schema, {"end": date(2026, 11, 21)}, check="end >= today")) == 1


def test_two_links_to_one_record_are_equal_however_little_is_known_of_it(schema: SchemaConfig) -> None:
    settings: dict[str, Any] = {
        "check": "(relation == '本人') == (holder == insured)",
        "when": "holder.active || filled(holder.birth_date) || insured.gender == '男'",
    }
    linked = {
        "holder": {"birth_date": START, "gender": "男"},
        "insured": {"birth_date": START, "gender": "男"},
    }
    row = {"holder": "R1", "insured": "R1", "relation": "本人"}
    assert found(schema, row, linked=linked, **settings) == []
    assert len(found(schema, {**row, "insured": "R2"}, linked=linked, **settings)) == 1
    assert found(schema, row, check="(relation == '本人') == (holder == insured)") == []


def test_a_rule_reads_the_fields_of_a_linked_record(schema: SchemaConfig) -> None:
    settings = {"check": "holder.birth_date < start"}
    row = {"holder": "R1", "start": START}
    assert found(schema, row, linked={"holder": {"birth_date": date(1990, 1, 1)}}, **settings) == []
    assert len(found(schema, row, linked={"holder": {"birth_date": END}}, **settings)) == 1


@pytest.mark.parametrize("linked", [{}, {"holder": None}, {"holder": {}}, {"holder": {"birth_date": None}}])
def test_a_rule_is_passed_over_while_the_linked_field_is_blank_or_unknown(
    schema: SchemaConfig, linked: dict[str, dict[str, Value | None] | None]
) -> None:
    assert (
        found(schema, {"holder": "R1", "start": START}, linked=linked, check="holder.birth_date < start")
        == []
    )


def test_a_linked_field_that_is_asked_about_may_be_blank(schema: SchemaConfig) -> None:
    issues = found(schema, {"holder": "R1"}, linked={"holder": {}}, check="filled(holder.birth_date)")
    assert [issue.fields for issue in issues] == [("holder",)]


def test_a_set_is_a_list_for_the_rule(schema: SchemaConfig) -> None:
    check = "!('无' in diseases) || size(diseases) == 1"
    row: dict[str, Value | None] = {"diseases": frozenset({"无", "HIV"})}
    assert len(found(schema, row, table="customers", check=check)) == 1
    assert found(schema, {"diseases": frozenset({"无"})}, table="customers", check=check) == []


def test_an_identity_number_is_compared_with_birth_and_sex(schema: SchemaConfig) -> None:
    check = "birth_of(id_number) == birth_date && sex_of(id_number) == gender"
    row: dict[str, Value | None] = {"id_number": MAN, "birth_date": date(1976, 1, 8), "gender": "男"}
    assert found(schema, row, table="customers", check=check) == []
    assert len(found(schema, {**row, "gender": "女"}, table="customers", check=check)) == 1


@pytest.mark.parametrize(
    "check",
    [
        "premium / 0 > 1.0",
        "premium + 1 > 0.0",
        "premium",
        "start > premium",
        "relation.matches('(')",
        "add_days(relation, 1) > today",
        "add_days(start, relation) > today",
    ],
)
def test_a_rule_that_fails_is_a_hint_for_the_administrator(
    schema: SchemaConfig, check: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    row: dict[str, Value | None] = {"premium": Decimal("4711.25"), "start": START, "relation": "张三丰"}
    (issue,) = found(schema, row, check=check)
    assert (issue.level, issue.message, issue.mend) == (Level.HINT, "规则P01无法计算", "通知系统管理员")
    told = "".join(capfd.readouterr()) + caplog.text + repr(issue)
    assert "4711" not in told
    assert "张三丰" not in told


def test_computed_fields_are_canonical_values(schema: SchemaConfig) -> None:
    row: dict[str, Value | None] = {
        "premium": Decimal("100.10"),
        "frequency": "月交",
        "start": date(2024, 11, 30),
    }
    values = RuleBook(schema).compute("policies", row, linked={}, today=TODAY)
    assert values == {"yearly": Decimal("1201.20"), "review_on": date(2025, 2, 28)}
    assert str(values["yearly"]) == "1201.20"


def test_a_month_that_is_too_short_gives_its_last_day(schema: SchemaConfig) -> None:
    values = RuleBook(schema).compute("policies", {"start": date(2024, 8, 31)}, linked={}, today=TODAY)
    assert values["review_on"] == date(2024, 11, 30)


def test_a_division_by_zero_computes_nothing_and_is_nobodys_fault(schema: SchemaConfig) -> None:
    book = RuleBook(computed(schema, result=("decimal", "premium / 0.0")))
    row: dict[str, Value | None] = {"premium": Decimal(4)}
    assert book.compute("policies", row, linked={}, today=TODAY)["result"] is None
    assert book.check("policies", row, linked={}, today=TODAY) == []


def test_a_computed_field_is_blank_while_something_it_needs_is(schema: SchemaConfig) -> None:
    book = RuleBook(schema)
    assert book.compute("policies", {"frequency": "月交"}, linked={}, today=TODAY) == {
        "yearly": None,
        "review_on": None,
    }
    assert book.check("policies", {"frequency": "月交"}, linked={}, today=TODAY) == []


def test_rules_read_computed_fields_afresh(schema: SchemaConfig) -> None:
    row: dict[str, Value | None] = {"premium": Decimal(10), "frequency": "月交", "yearly": Decimal(1)}
    (issue,) = found(schema, row, check="yearly < premium * 12.0")
    assert issue.fields == ("premium",)


def computed(schema: SchemaConfig, **expressions: tuple[str, str]) -> SchemaConfig:
    dumped = schema.model_dump(by_alias=True)
    for key, (kind, expression) in expressions.items():
        options = {"options": "gender"} if kind == "select" else {}
        dumped["tables"]["policies"]["fields"][key] = {
            "name": key,
            "type": kind,
            "computed": expression,
            **options,
        }
    return SchemaConfig.model_validate(dumped)


def test_computed_fields_may_read_each_other_in_any_order(schema: SchemaConfig) -> None:
    book = RuleBook(computed(schema, a=("money", "b + 1.0"), b=("money", "premium * 2.0")))
    values = book.compute("policies", {"premium": Decimal(3)}, linked={}, today=TODAY)
    assert (values["a"], values["b"]) == (Decimal(7), Decimal(6))


@pytest.mark.parametrize(
    ("kind", "expression", "value"),
    [
        ("bool", "premium > 1.0", True),
        ("bool", "premium > 9.0", None),
        ("int", "years_between(start, today)", Decimal(2)),
        ("datetime", "add_days(start, 1)", datetime(2024, 1, 2, tzinfo=UTC)),
        ("text", "line_of('医疗保险')", "健康险"),
        ("text", "band(premium)", "5万以下"),
        ("select", "'男'", "男"),
        ("select", "'别的'", None),
        ("percent", "premium / 7.0", Decimal("0.5714")),
    ],
)
def test_a_computed_value_has_the_type_of_its_field(
    schema: SchemaConfig, kind: str, expression: str, value: Value | None
) -> None:
    row: dict[str, Value | None] = {"premium": Decimal(4), "start": START}
    book = RuleBook(computed(schema, result=(kind, expression)))
    assert book.compute("policies", row, linked={}, today=TODAY)["result"] == value


def test_a_computed_field_of_the_wrong_type_is_blank_and_a_hint(schema: SchemaConfig) -> None:
    book = RuleBook(computed(schema, result=("money", "relation")))
    row: dict[str, Value | None] = {"relation": "本人"}
    assert book.compute("policies", row, linked={}, today=TODAY)["result"] is None
    (issue,) = book.check("policies", row, linked={}, today=TODAY)
    assert (issue.level, issue.fields, issue.message) == (Level.HINT, ("result",), "result无法计算")


def test_what_a_table_reads_is_declared(schema: SchemaConfig) -> None:
    book = RuleBook(
        with_rules(
            schema,
            rule("policies", "holder.birth_date < start && yearly > 0.0"),
            rule("customers", "income >= 0.0 || full_name == 'x' || birth_date < today", id="C01"),
        )
    )
    assert book.reads("policies") == {"holder", "start", "end", "premium", "frequency"}
    assert book.linked_reads("policies") == {"holder": frozenset({"birth_date"})}
    assert book.sensitive_reads("customers") == {"income"}
    assert book.sensitive_reads("policies") == frozenset()
    assert (book.uses_today("customers"), book.uses_today("policies")) == (True, False)


def test_all_bad_expressions_are_reported_at_once(schema: SchemaConfig) -> None:
    bad = with_rules(
        schema,
        rule("policies", "start <=", id="P01"),
        rule("policies", "strat <= end", id="P02"),
        rule("policies", "frobnicate(start)", id="P03"),
        rule("policies", "holder.birthdate < start", id="P04"),
        rule("policies", "holder.id_number == 'x'", id="P05"),
        rule("policies", "holder.referrer.birth_date < start", id="P06"),
        rule("policies", "start.day == relation", id="P07"),
        rule("policies", "1 < 2", id="P08"),
        rule("policies", "start < end", id="P09", when="&&"),
    )
    with pytest.raises(RuleProblems) as caught:
        RuleBook(bad)
    problems = dict(caught.value.problems)
    assert sorted(problems) == [f"P0{number}" for number in range(1, 10)]
    assert "did you mean 'start'?" in problems["P02"]
    assert "frobnicate" in problems["P03"]
    assert "did you mean 'birth_date'?" in problems["P04"]
    assert "sensitive" in problems["P05"]


def test_a_function_that_the_library_does_not_have_is_refused_and_not_found_out_later(
    schema: SchemaConfig,
) -> None:
    with pytest.raises(RuleProblems):
        RuleBook(with_rules(schema, rule("policies", "relation.lowerAscii() == 'x'")))


def test_computed_fields_in_a_circle_are_reported_at_their_place(schema: SchemaConfig) -> None:
    with pytest.raises(RuleProblems) as caught:
        RuleBook(computed(schema, a=("money", "b + 1.0"), b=("money", "a + 1.0")))
    assert [where for where, _ in caught.value.problems] == [
        "tables.policies.fields.a.computed",
        "tables.policies.fields.b.computed",
    ]


def test_names_in_quotes_and_in_macros_are_no_fields(schema: SchemaConfig) -> None:
    check = (
        "diseases.all(each, each != 'referrer.birthdate' && size(each) < 9) && full_name != \"foo(bar.baz)\""
    )
    row: dict[str, Value | None] = {"diseases": frozenset({"无"}), "full_name": "张三"}
    assert found(schema, row, table="customers", check=check) == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("years_between(a, b)", Decimal(17)),
        ("days_between(a, b)", Decimal(6573)),
        ("years_between(a, add_days(b, 1))", Decimal(17)),
        ("years_between(a, add_days(b, 2))", Decimal(18)),
        ("days_between(add_months(a, 1), add_years(a, 4))", Decimal(1432)),
        ("coalesce(c, 3.0)", Decimal(3)),
        ("times_per_year('半年交')", Decimal(2)),
    ],
)
def test_the_named_functions_of_dates_and_numbers(expression: str, value: Decimal) -> None:
    fields = {
        "k": {"name": "k", "type": "text"},
        "a": {"name": "a", "type": "date"},
        "b": {"name": "b", "type": "date"},
        "c": {"name": "c", "type": "decimal"},
        "r": {"name": "r", "type": "decimal", "computed": expression},
    }
    schema = SchemaConfig.model_validate({"tables": {"t": {"name": "t", "key": "k", "fields": fields}}})
    row = {"a": date(2004, 2, 29), "b": date(2022, 2, 27)}
    assert RuleBook(schema).compute("t", row, linked={}, today=TODAY) == {"r": value}
