"""The laws of the plan, over generated rows of one table: what may be written, and when nothing is left to write."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sync.connection import CellValue, Insert, SeenRow, SystemColumn, Update
from sync.decide import decide
from sync.display import Display
from sync.merge import Row
from sync.planned_row import PlannedRow
from sync.stages import Known, Protected
from sync.store.records import Record, State
from sync.store.seen import Held, SeenState
from tests.sync.laws import law
from validators.issues import Issue
from validators.schema import FieldConfig, Level
from vault.masks import invalid_text

UID = "R1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = {key: FieldConfig.model_validate({"name": key, "type": "text"}) for key in ("name", "job", "city")}
DISPLAY = Display(fields=FIELDS, options={}, sealed={}, names={}, form="key")
MOBILE = FieldConfig.model_validate({"name": "手机号码", "type": "phone", "sensitive": {"mask": "phone"}})
TOKEN = "7K2M9"
REMEMBERED, READ = 1, 3
"""Where a row stood when it was last agreed on, and where it was read just now."""
ISSUE = Issue("bad", Level.ERROR, (), "错", "改")
Cells = Mapping[str, str]

cells = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.sampled_from("abc"))
keys = st.frozensets(st.sampled_from(sorted(FIELDS)))
words = st.sampled_from([("通过", ""), ("提示", "已保存·缺职业,请补充")])


def planned(
    shown: Cells,
    wanted: Cells,
    *,
    frozen: frozenset[str],
    words: tuple[str, str],
    system: Cells,
    placed: bool,
) -> PlannedRow:
    """A row as it was read whole just now, with what the merge wants of it."""
    marks = {SystemColumn(header): text for header, text in system.items()}
    seen = SeenRow(marks.get(SystemColumn.UID, ""), "", READ, dict(shown), marks)
    state = SeenState(UID, position=REMEMBERED if placed else -1, base=shown, status=words[0], note=words[1])
    judged = Protected(
        known=Known(UID, seen, state, None),
        seen=shown,
        shown=shown,
        held={key: Held(ISSUE) for key in frozen},
        rewrite=frozenset(),
        frozen=frozen,
        fill={},
        issues=(),
        restored=(),
        state=State.LIVE,
    )
    record = Record("t", UID, 1, "", State.LIVE, wanted, NOW, NOW)
    return PlannedRow(UID, record, state, judged, wanted, frozenset(FIELDS), frozenset(), DISPLAY, words, "")


def with_held_mobile(shown: str, *, placed: bool) -> PlannedRow:
    """A row whose number was sealed though it is wrong; its cell showed `shown` when it was read."""
    marks = as_it_should_be(("错误", ""))
    row = planned({"mobile": shown}, {}, frozen=frozenset(), words=("错误", ""), system=marks, placed=placed)
    assert row.judged is not None
    held = {"mobile": Held(ISSUE, token=TOKEN)}
    return replace(
        row,
        judged=replace(row.judged, held=held, frozen=frozenset(held), shown={}),
        fields=frozenset({"mobile"}),
        display=replace(DISPLAY, fields={"mobile": MOBILE}),
    )


def as_it_should_be(words: tuple[str, str]) -> Cells:
    return {"校验状态": words[0], "校验说明": words[1], "记录编号": UID}


@law
@given(shown=cells, wanted=cells, frozen=keys, words=words)
def test_frozen_and_held_cells_are_never_written(
    shown: Cells, wanted: Cells, frozen: frozenset[str], words: tuple[str, str]
) -> None:
    """8 and 10."""
    row = planned(shown, wanted, frozen=frozen, words=words, system={}, placed=True)
    operation = decide(row).operation
    assert isinstance(operation, Update)
    assert not operation.cells.keys() & frozen


@law
@given(shown=cells, wanted=cells, frozen=keys, words=words)
def test_update_writes_just_the_cells_that_differ(
    shown: Cells, wanted: Cells, frozen: frozenset[str], words: tuple[str, str]
) -> None:
    row = planned(shown, wanted, frozen=frozen, words=words, system=as_it_should_be(words), placed=True)
    operation = decide(row).operation
    differing = {key for key in FIELDS if shown.get(key) != wanted.get(key)} - frozen
    assert (operation.cells.keys() if isinstance(operation, Update) else set()) == differing
    if isinstance(operation, Update):
        assert operation.before == {key: shown.get(key) for key in differing}


@law
@given(shown=cells, wanted=cells, frozen=keys, words=words, system=st.booleans())
def test_once_written_nothing_is_left_to_write(
    shown: Cells, wanted: Cells, frozen: frozenset[str], words: tuple[str, str], system: bool
) -> None:
    """1: what a row shows after its plan is carried out is what it should show."""
    marks = as_it_should_be(words) if system else {}
    first = decide(planned(shown, wanted, frozen=frozen, words=words, system=marks, placed=True))
    written = first.operation.cells if isinstance(first.operation, Update) else {}
    after = {key: str(text) for key, text in {**shown, **written}.items() if text is not None}
    row = planned(after, wanted, frozen=frozen, words=words, system=as_it_should_be(words), placed=True)
    assert decide(row).operation is None
    assert {key: decide(row).base.get(key) for key in FIELDS if key not in frozen} == {
        key: wanted.get(key) for key in FIELDS if key not in frozen
    }


@law
@given(wanted=cells, words=words)
def test_row_that_stands_nowhere_is_inserted_whole(wanted: Cells, words: tuple[str, str]) -> None:
    row = planned({}, wanted, frozen=frozenset(), words=words, system={}, placed=False)
    decision = decide(row)
    assert isinstance(decision.operation, Insert)
    assert decision.operation.cells == wanted == decision.base
    assert decision.operation.system[SystemColumn.UID] == UID


@law
@given(shown=cells, wanted=cells, words=words)
def test_row_without_uid_is_recognised_by_everything_it_shows(
    shown: Cells, wanted: Cells, words: tuple[str, str]
) -> None:
    row = planned(shown, wanted, frozen=frozenset(), words=words, system={}, placed=True)
    operation = decide(row).operation
    assert isinstance(operation, Update)
    assert not operation.numbered
    assert {key: text for key, text in operation.before.items() if text is not None} == shown


def test_row_is_written_where_it_was_just_read() -> None:
    words = ("通过", "")
    marks = as_it_should_be(words)
    row = planned({"name": "a"}, {"name": "b"}, frozen=frozenset(), words=words, system=marks, placed=True)
    operation = decide(row).operation
    assert isinstance(operation, Update)
    assert (operation.numbered, operation.position, operation.before) == (True, READ, {"name": "a"})


def test_row_not_read_or_read_in_part_is_written_where_it_stood() -> None:
    words = ("通过", "")
    row = planned({"name": "a"}, {"name": "b"}, frozen=frozenset(), words=words, system={}, placed=True)
    assert row.judged is not None
    part = replace(row.judged.known.row, partial=True)
    judged = replace(row.judged, known=replace(row.judged.known, row=part))
    for known in (None, judged):
        operation = decide(replace(row, judged=known)).operation
        assert isinstance(operation, Update)
        assert (operation.numbered, operation.position, operation.before) == (True, REMEMBERED, {"name": "a"})


def test_held_secret_gives_way_to_its_stand_in_once() -> None:
    first = decide(with_held_mobile("1380013", placed=True)).operation
    assert isinstance(first, Update)
    assert first.cells == {"mobile": invalid_text(TOKEN)}
    assert decide(with_held_mobile(invalid_text(TOKEN), placed=True)).operation is None


def test_row_that_arrives_with_a_held_secret_shows_its_stand_in() -> None:
    operation = decide(with_held_mobile("1380013", placed=False)).operation
    assert isinstance(operation, Insert)
    assert operation.cells == {"mobile": invalid_text(TOKEN)}


def cell_of_held_job(typed: str | None, understood: Row, *, type_: str) -> CellValue:
    """The cell of a row on its way in by import, whose plain value is held."""
    shown = {} if typed is None else {"job": typed}
    row = planned(shown, {}, frozen=frozenset({"job"}), words=("错误", ""), system={}, placed=False)
    assert row.judged is not None
    judged = replace(row.judged, shown=understood)
    job = FieldConfig.model_validate({"name": "职业", "type": type_})
    operation = decide(replace(row, judged=judged, display=replace(DISPLAY, fields={**FIELDS, "job": job})))
    assert isinstance(operation.operation, Insert)
    return operation.operation.cells["job"]


def test_row_that_arrives_with_a_held_value_shows_it_as_understood() -> None:
    assert cell_of_held_job("5 岁", {"job": Decimal(5)}, type_="int") == 5
    assert cell_of_held_job("教 师", {"job": "教师"}, type_="text") == "教师"


def test_held_value_that_nobody_understands_arrives_as_text_where_the_column_takes_any() -> None:
    assert cell_of_held_job("教 师", {}, type_="text") == "教 师"
    assert cell_of_held_job("五", {}, type_="int") is None
    assert cell_of_held_job(None, {}, type_="text") is None


def test_held_value_of_a_row_that_was_not_read_is_left_blank() -> None:
    row = planned({}, {}, frozen=frozenset(), words=("错误", ""), system={}, placed=False)
    state = SeenState(UID, held={"job": Held(ISSUE)})
    operation = decide(replace(row, judged=None, state=state)).operation
    assert isinstance(operation, Insert)
    assert operation.cells == {"job": None}
