"""Bad references: each is found, all at once, in a configuration that may be broken in other ways too."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.references import Problem, problems

GOOD: dict[str, Any] = {
    "options": {"gender": ["男", "女"], "kind": {"values": ["身份证"], "aliases": {"证": "身份证"}}},
    "tables": {
        "people": {
            "name": "人员",
            "key": "no",
            "label": "name",
            "subject": "self",
            "owner": "agent",
            "views": [{"name": "按姓名", "sort": ["-name"]}],
            "fields": {
                "no": {"name": "编号", "type": "text", "unique": True, "auto": "C{seq:08}"},
                "name": {
                    "name": "姓名",
                    "type": "text",
                    "level": "C2",
                    "abroad": {"approved_by": "a", "reason": "b"},
                },
                "kind": {"name": "证件类型", "type": "select", "options": "kind", "default": "身份证"},
                "id_number": {
                    "name": "证件号码",
                    "type": "idno",
                    "document": "kind",
                    "unique": True,
                    "level": "C2",
                    "sensitive": {"mask": "idno", "search": True},
                },
                "agent": {"name": "业务员", "type": "link", "to": "people"},
                "born": {"name": "生日", "type": "date", "default": "today"},
                "score": {"name": "分", "type": "int", "min": 0, "max": 5},
            },
        },
        "policies": {
            "name": "保单",
            "key": "no",
            "subject": "holder",
            "owner": "holder.agent",
            "fields": {
                "no": {"name": "保单号", "type": "text", "required": True, "unique": True},
                "holder": {"name": "投保人", "type": "link", "to": "people"},
            },
        },
    },
    "rules": [{"id": "P01", "table": "policies", "blanks": ["no", "holder.born"], "check": "true"}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good configuration with one thing changed: a value set, or removed when it is None."""
    raw = copy.deepcopy(GOOD)
    *steps, last = path.split("/")
    place: Any = raw
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return raw


def paths(raw: dict[str, Any]) -> list[str]:
    return [problem.path for problem in problems(raw)]


def test_a_good_configuration_has_no_problems() -> None:
    assert problems(GOOD) == []


PEOPLE = "tables/people/fields"


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        ("options/gender", ["男", "男"], "options.gender"),
        ("options/kind/aliases", {"证": "驾照"}, "options.kind.aliases.证"),
        ("options/kind/aliases", {"身份证": "身份证"}, "options.kind.aliases.身份证"),
        (f"{PEOPLE}/kind/options", "kinds", "tables.people.fields.kind.options"),
        (f"{PEOPLE}/kind/options", None, "tables.people.fields.kind"),
        (f"{PEOPLE}/kind/default", "驾照", "tables.people.fields.kind.default"),
        (f"{PEOPLE}/kind/type", "text", "tables.people.fields.kind.options"),
        (f"{PEOPLE}/agent/to", "staff", "tables.people.fields.agent.to"),
        (f"{PEOPLE}/agent/to", None, "tables.people.fields.agent"),
        (f"{PEOPLE}/score/to", "people", "tables.people.fields.score.to"),
        (f"{PEOPLE}/id_number/document", "kin", "tables.people.fields.id_number.document"),
        (f"{PEOPLE}/id_number/document", "name", "tables.people.fields.id_number.document"),
        (f"{PEOPLE}/score/document", "kind", "tables.people.fields.score.document"),
        (f"{PEOPLE}/score/min", 6, "tables.people.fields.score.min"),
        (f"{PEOPLE}/score/above", 5, "tables.people.fields.score.above"),
        (f"{PEOPLE}/name/pattern", "([", "tables.people.fields.name.pattern"),
        (f"{PEOPLE}/no/auto", "C", "tables.people.fields.no.auto"),
        (f"{PEOPLE}/no/auto", "C{number}", "tables.people.fields.no.auto"),
        (f"{PEOPLE}/born/default", "morgen", "tables.people.fields.born.default"),
        (f"{PEOPLE}/name/abroad", None, "tables.people.fields.name"),
        (f"{PEOPLE}/agent/computed", "holder", "tables.people.fields.agent.computed"),
        (
            f"{PEOPLE}/score/sensitive",
            {"mask": "m", "search": True},
            "tables.people.fields.score.sensitive.search",
        ),
        (f"{PEOPLE}/id_number/sensitive", {"mask": "idno"}, "tables.people.fields.id_number.unique"),
        (f"{PEOPLE}/score/name", "分数", None),
        (f"{PEOPLE}/score/name", "校验状态", "tables.people.fields.score.name"),
        (f"{PEOPLE}/score/aliases", ["记录编号"], "tables.people.fields.score.aliases"),
        ("tables/people/key", "nr", "tables.people.key"),
        ("tables/people/key", "id_number", "tables.people.key"),
        (f"{PEOPLE}/no/auto", None, "tables.people.key"),
        ("tables/people/label", "nam", "tables.people.label"),
        ("tables/people/views", [{"name": "v", "sort": ["-nam"]}], "tables.people.views.0.sort"),
        ("tables/people/owner", "agent.name", "tables.people.owner"),
        ("tables/people/name", "系统状态", "tables.people.name"),
        ("tables/policies/subject", "no", "tables.policies.subject"),
        ("tables/policies/owner", "holder.agnt", "tables.policies.owner"),
        ("tables/people/subject", None, "tables.people.subject"),
        ("rules/0/table", "policy", "rules.0.table"),
        ("rules/0/blanks", ["nr"], "rules.0.blanks"),
        ("rules/0/blanks", ["holder.bron"], "rules.0.blanks"),
    ],
)
def test_a_bad_reference_is_reported_at_its_path(path: str, value: Any, reported: str | None) -> None:
    found = paths(changed(path, value))
    assert (reported in found) if reported else (found == [])


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        (
            f"{PEOPLE}/score/name",
            "姓名",
            ["tables.people.fields.name.name", "tables.people.fields.score.name"],
        ),
        (
            f"{PEOPLE}/score/aliases",
            ["姓名"],
            ["tables.people.fields.name.name", "tables.people.fields.score.aliases"],
        ),
        ("tables/policies/name", "人员", ["tables.people.name", "tables.policies.name"]),
        ("rules", [{"id": "P01"}, {"id": "P01"}], ["rules.0.id", "rules.1.id"]),
    ],
)
def test_what_stands_twice_is_reported_at_both_places(path: str, value: Any, reported: list[str]) -> None:
    assert paths(changed(path, value)) == reported


def test_a_misspelt_name_comes_with_the_one_that_was_meant() -> None:
    (problem,) = problems(changed(f"{PEOPLE}/agent/to", "poeple"))[:1]
    assert problem == Problem(
        "tables.people.fields.agent.to", "no table has the key 'poeple'; did you mean 'people'?"
    )


def test_all_problems_are_reported_at_once_beside_malformed_parts() -> None:
    raw = changed(f"{PEOPLE}/agent/to", "staff")
    raw["tables"]["people"]["fields"]["score"] = "int"
    raw["tables"]["broken"] = ["no table"]
    raw["options"]["gender"] = {"values": 3, "aliases": {"f": "女"}}
    raw["rules"] += [7, {"id": "P02", "table": "nowhere"}]
    assert {"tables.people.fields.agent.to", "options.gender.aliases.f", "rules.2.table"} <= set(paths(raw))


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


@given(st.sampled_from([place for place in places(GOOD) if place]), yaml_values)
def test_whatever_stands_in_the_file_is_survived(place: tuple[Any, ...], value: Any) -> None:
    raw = copy.deepcopy(GOOD)
    parent: Any = raw
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    assert all(isinstance(problem, Problem) for problem in problems(raw))
