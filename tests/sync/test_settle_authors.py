"""Who typed what in a row that more than one changed while it settled."""

from datetime import UTC, datetime, timedelta

from sync.connection import SeenRow, SystemColumn
from sync.settle import Settling

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def changed(actor: str, **cells: str) -> SeenRow:
    return SeenRow("R1", "rec1", -1, cells, partial=True, actor=actor)


def settled(*rows: SeenRow) -> SeenRow:
    settling = Settling(settle_s=5, settle_partial_s=60)
    for row in rows:
        settling.take("airtable", "customers", [row], now=NOW, unfinished=lambda _: False)
    later = NOW + timedelta(seconds=9)
    (row,) = settling.take("airtable", "customers", [], now=later, unfinished=lambda _: False)
    return row


def test_each_cell_has_the_name_of_whoever_typed_it() -> None:
    row = settled(changed("王芳", name="王伟", note="一"), changed("李娜", note="二"))
    assert [(key, row.author(key)) for key in row.cells] == [("name", "王芳"), ("note", "李娜")]


def test_our_own_column_in_between_changes_no_name() -> None:
    marked = SeenRow("R1", "rec1", -1, {}, {SystemColumn.STATUS: "提示"}, partial=True, actor="Tablekeeper")
    assert settled(changed("王芳", name="王伟"), marked).author("name") == "王芳"
