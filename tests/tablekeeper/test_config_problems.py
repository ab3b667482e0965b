"""A faulty `config.yaml`: everything that is wrong with it is said at once, where it stands and in plain words."""

import contextlib
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tablekeeper.config import load, parse
from tablekeeper.config_problems import ConfigProblems

SOUND = """\
archive: {name: 档案}
options:
  grade: [甲, 乙]
tables:
  people:
    name: 人员
    key: number
    subject: self
    fields:
      number: {name: 编号, type: text, required: true, unique: true}
      grade: {name: 等级, type: select, options: grade}
      amount: {name: 金额, type: money, min: 0}
      phone: {name: 电话, type: phone, level: C2, sensitive: {mask: phone}}
rules:
  - id: R01
    table: people
    check: amount > 1.0
    message: 金额太小
    mend: 核对金额
"""

JOBS = """\
people: {table: people, name: number, email: number, manager: boss, backup: boss, away_from: day, away_to: day, active: there}
reminders:
  - {id: a, kind: 甲, table: people, anchor: day, when: filled(amount), at: [0], title: 字}
digests: [{id: d, to: managers}]
masks: {phone: {keep_tail: 2}}
sync: {replicas: [{name: a, service: sheets, tables: [people], fields: {people: [number]}}]}
vault: {purposes: [理赔]}
"""


def test_a_sound_configuration_is_a_frozen_model() -> None:
    config = parse(SOUND)
    assert config.tables["people"].fields["grade"].options == "grade"
    assert config.sync.replicas[0].service == "airtable"
    with pytest.raises(ValueError, match="frozen"):
        config.archive = config.archive


def test_every_kind_of_problem_is_reported_in_one_run() -> None:
    """A model, a reference, an expression and another section, all in one report, each at its line."""
    faulty = (
        SOUND.replace("min: 0", "mini: 0")
        .replace("options: grade", "options: grades")
        .replace("mask: phone", "mask: phon")
        .replace("amount > 1.0", "amuont > 1.0")
        .replace("{name: 档案}", "{name: 档案, timezone: Asia/Peking}")
        + "sync: {intervall_s: 5, replicas: [{name: a, service: airtabel, tables: [peple]}]}\n"
    )
    report = _report(faulty)
    assert {problem.path: report.line_of(problem) for problem in report.problems} == {
        "archive.timezone": 1,
        "tables.people.fields.grade.options": 11,
        "tables.people.fields.amount.mini": 12,
        "tables.people.fields.phone.sensitive.mask": 13,
        "rules.0": 15,
        "sync.intervall_s": 20,
        "sync.replicas.0.service": 20,
        "sync.replicas.0.tables.0": 20,
    }
    lines = [int(line.split(":")[1]) for line in str(report).splitlines()]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("right", "wrong", "meant"),
    [
        ("required: true", "requird: true", "required"),
        ("type: money", "type: mony", "money"),
        ("mask: phone", "mask: phne", "phone"),
        ("amount > 1.0", "amont > 1.0", "amount"),
        ("archive:", "archiv:", "archive"),
    ],
)
def test_a_misspelt_word_brings_the_word_that_was_meant(right: str, wrong: str, meant: str) -> None:
    assert any("did you mean" in line and meant in line for line in _lines(SOUND.replace(right, wrong)))


def test_a_broken_field_does_not_hide_its_table_from_the_rules() -> None:
    """The one problem is the type; that the rule reads this field is no second one."""
    assert len(_lines(SOUND.replace("type: money", "type: mony"))) == 1


def test_a_rule_is_compiled_although_another_is_malformed() -> None:
    second = "  - {id: R02, table: people, chek: 'true', message: 字, mend: 字}\n"
    report = _report(SOUND.replace("amount > 1.0", "amount >") + second)
    assert {problem.path for problem in report.problems} == {"rules.0", "rules.1.chek", "rules.1.check"}


def test_a_key_that_stands_twice_is_not_silently_the_last_one() -> None:
    """YAML would drop the first of two columns with one key."""
    again = SOUND.replace("      phone:", "      amount: {name: 数额, type: int}\n      phone:")
    assert _lines(again) == [
        "config.yaml:12: tables.people.fields.amount: stands twice, in lines 12 and 13; remove one"
    ]


@pytest.mark.parametrize(
    "pair", ["{name: 编号, name: 号, type: text}", "{type: text, name: 编号, type: int}"]
)
def test_a_key_that_stands_twice_in_one_line_is_found_too(pair: str) -> None:
    assert any(
        "stands twice" in line
        for line in _lines(SOUND.replace("{name: 编号, type: text, required: true, unique: true}", pair))
    )


def test_an_alias_is_blamed_where_it_is_used() -> None:
    shared = SOUND.replace("sensitive: {mask: phone}", "sensitive: &hidden {mask: phone}")
    report = _report(shared + "sync:\n  replicas: *hidden\n")
    assert {problem.path: report.line_of(problem) for problem in report.problems} == {"sync.replicas": 21}


def test_a_key_in_capitals_is_told_what_a_key_looks_like() -> None:
    (line,) = _lines(SOUND.replace("      phone:", "      Phone:"))
    assert line.startswith(
        "config.yaml:13: tables.people.fields.Phone: a key starts with a lower-case letter"
    )


def test_faulty_reminders_are_reported_with_all_else() -> None:
    """Both what a model refuses and what only the archive's tables can refuse."""
    jobs = (
        "people: {table: people, name: grade, email: phone, manager: boss}\n"
        "reminders:\n"
        "  - {id: a, kind: 甲, table: people, anchor: amont, at: [0], title: 字}\n"
        "  - {id: b, kind: 甲, table: people, anchor: amount, at: [7, 0], title: 字}\n"
    )
    report = _report(SOUND + jobs)
    lines = {problem.path.split(".")[0] + str(report.line_of(problem)) for problem in report.problems}
    assert lines == {"people20", "reminders22", "reminders23"}


def test_an_archive_that_mails_nobody_needs_no_staff() -> None:
    assert "staff" not in parse(SOUND).tables


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SOUND.replace("min: 0}", "min: 0"), 13),
        (SOUND.replace("    key: number", "\tkey: number"), 7),
        (SOUND.replace("*", "").replace("mask: phone", "mask: *phone"), 13),
        (SOUND + "since: 2026-02-30\n", SOUND.count("\n") + 1),
        (SOUND + "note: a\x07b\n", SOUND.count("\n") + 1),
        ("self: &self [*self]\n", 1),
    ],
)
def test_a_slip_of_syntax_names_its_line(text: str, line: int) -> None:
    (said,) = _lines(text)
    assert said.startswith(f"config.yaml:{line}: not valid YAML")


@pytest.mark.parametrize("text", ["", "# nothing\n", "just words\n", "- a\n- b\n"])
def test_a_file_without_sections_says_which_it_needs(text: str) -> None:
    assert "archive, options, tables and rules" in _lines(text)[0]


def test_unquoted_words_that_yaml_takes_for_something_else_say_so() -> None:
    (line,) = _lines(SOUND.replace("[甲, 乙]", "[甲, yes]"))
    assert "options.grade.values.1" in line
    assert "in quotes" in line


@pytest.mark.parametrize(
    "broken", ["tables: 5", "tables: [a]", "rules: {a: 1}", "options: none", "sync: [1]", "masks: x"]
)
def test_a_section_of_the_wrong_shape_is_a_problem_and_not_a_crash(broken: str) -> None:
    section = broken.split(":")[0]
    text = "archive: {name: 档案}\n" + broken + "\n"
    assert any(problem.path.startswith(section) for problem in _report(text).problems)


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match="--config"):
        load(tmp_path / "absent.yaml")


def test_a_file_that_is_no_text_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigProblems, match="UTF-8"):
        load(tmp_path / "config.yaml")


def test_replicas_may_only_show_what_exists() -> None:
    replica = "{name: a, service: sheets, tables: [people], fields: {people: [number, amont], peopel: [x]}}"
    report = _report(SOUND + f"sync: {{replicas: [{replica}]}}\n")
    assert {problem.path for problem in report.problems} == {
        "sync.replicas.0.fields.people.1",
        "sync.replicas.0.fields.peopel",
    }


def _of_department(**settings: object) -> list[str]:
    """What is wrong with a department's replica of the sound config, as path and message."""
    replica = {"name": "理赔部", "service": "sheets", "tables": ["people"], **settings}
    document = {**yaml.safe_load(SOUND), "sync": {"replicas": [replica]}}
    report = _report(yaml.safe_dump(document, allow_unicode=True))
    return [
        f"{problem.path.removeprefix('sync.replicas.0.')}: {problem.message}" for problem in report.problems
    ]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"filter": {"people": "nam == 'x'"}}, "filter.people: the table has no field nam"),
        ({"filter": {"people": "(("}}, "filter.people: not a CEL expression"),
        ({"edit": {"people": ["amuont"]}}, "edit.people: there is no 'amuont'; did you mean 'amount'?"),
        ({"edit": {}, "read_only": {"people": ["grade"]}}, "read_only: `edit` says already"),
        ({"edit": {}, "creates": True}, "creates: people: new rows need 'number'"),
        (
            {"place": "x", "place_env": "TABLEKEEPER_SPREADSHEET_X"},
            "place_env: `place` names the place already",
        ),
        ({"deletes": ["poeple"]}, "deletes: no table 'poeple'; did you mean 'people'?"),
    ],
)
def test_department_that_cannot_be_is_refused(settings: dict[str, object], problem: str) -> None:
    (found,) = _of_department(**settings)
    assert found.startswith(problem)


@pytest.mark.parametrize("value", [None, True, 5, "字", [], ["a"], {}, {"a": {"b": [1]}}])
def test_nothing_in_any_place_is_a_crash(value: object) -> None:
    """Whatever stands in place of any one entry, there is a configuration or a report."""
    sound = yaml.safe_load(SOUND + JOBS)
    for path in _paths(sound):
        faulty = copy.deepcopy(sound)
        place = faulty
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        with contextlib.suppress(ConfigProblems):
            parse(yaml.safe_dump(faulty, allow_unicode=True))


def _paths(values: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    for step, value in steps:
        yield (*above, step)
        yield from _paths(value, (*above, step))


def _report(text: str) -> ConfigProblems:
    with pytest.raises(ConfigProblems) as caught:
        parse(text)
    return caught.value


def _lines(text: str) -> list[str]:
    return str(_report(text)).splitlines()


def test_roles_and_fields_that_name_unknown_classes_are_told_with_what_was_meant() -> None:
    text = SOUND.replace("{mask: phone}", "{mask: phone, class: contacts}")
    roles = "  roles: {客服: {reveal: [contackt, plain, people.phone], find: [people.phnoe], enter: true, masks: {contat: phone, people.phone: fone}}}"
    told = [line.partition(": ")[2] for line in _lines(f"{text}vault:\n{roles}\n")]
    assert told == [
        "tables.people.fields.phone.sensitive.class: there is no class 'contacts'; did you mean 'contact'?",
        "vault.roles.客服.reveal.0: there is no class or field 'contackt'; did you mean 'contact'?",
        "vault.roles.客服.find.0: there is no class or field 'people.phnoe'; did you mean 'people.phone'?",
        "vault.roles.客服.masks.contat: there is no class or field 'contat'; did you mean 'contact'?",
        "vault.roles.客服.masks.people.phone: no mask named 'fone'; did you mean 'phone'?",
    ]
