"""What the engine expects of every connection, on Airtable, on Sheets and in memory: the same tests, unchanged."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from sync.connection import (
    Connection,
    Insert,
    Listing,
    Operation,
    Outcome,
    Remove,
    SeenRow,
    SystemColumn,
    Update,
)
from tests.sync import airtable_office, sheets_office
from tests.sync.memory import MemoryConnection
from tests.sync.sheets_office import uid


@dataclass
class Replica:
    """One connection with its tables made, and what staff type into a new row."""

    connection: Connection
    type_row: Callable[[str], object]

    def pull(self, *, full: bool = False) -> Listing | None:
        """What is new in the customers' table, acknowledged."""
        found = {one.table: one for one in self.connection.pull(reread={}, full=full)}
        self.connection.acknowledge()
        return found.get("customers")

    def rows(self) -> dict[str, SeenRow]:
        """All rows by uid."""
        listing = self.pull(full=True)
        return {row.uid: row for row in listing.rows} if listing else {}

    def insert(self, number: int, name: str) -> SeenRow:
        """A record that the daemon writes."""
        system = {SystemColumn.STATUS: "通过", SystemColumn.UID: uid(number)}
        insert = Insert(uid(number), {"full_name": name}, system)
        (written,) = self.connection.apply("customers", [insert]).written
        return written.row

    def update(self, row: SeenRow, before: dict[str, Any], **cells: Any) -> Outcome:
        """Cells of a row that is believed to show `before`."""
        change = Update(row.uid, row.row_id, row.position, True, before, cells)
        return self.connection.apply("customers", [change])


@pytest.fixture(params=["airtable", "sheets", "memory"])
def replica(request: pytest.FixtureRequest) -> Iterator[Replica]:
    with ExitStack() as stack:
        yield {"airtable": _airtable, "sheets": _sheets, "memory": _memory}[request.param](stack)


def _airtable(stack: ExitStack) -> Replica:
    office = stack.enter_context(airtable_office.open_office())
    return Replica(office.connection, lambda name: office.table().create({"客户姓名": name}))


def _sheets(stack: ExitStack) -> Replica:
    office = sheets_office.open_office(stack.enter_context(sheets_office.world_of_offices()))
    return Replica(office.connection, lambda name: office.type(f"{sheets_office.CUSTOMERS}!E20", [name]))


def _memory(stack: ExitStack) -> Replica:
    memory = MemoryConnection("memory", "key")
    memory.tables.setdefault("customers", type(memory._sheet("customers"))())
    return Replica(memory, lambda name: memory.type_row("customers", full_name=name))


class TestConnection:
    """One law per test; a new connection has only to be added to the fixture."""

    def test_setup_twice_changes_nothing(self, replica: Replica) -> None:
        assert [change for change in replica.connection.setup() if change.why is None] == []

    def test_full_pull_is_complete(self, replica: Replica) -> None:
        replica.pull()
        listing = replica.pull(full=True)
        assert listing is not None
        assert listing.complete

    def test_typed_row_is_shown_without_a_uid(self, replica: Replica) -> None:
        replica.pull(full=True)
        replica.type_row("王芳")
        listing = replica.pull()
        assert listing is not None
        assert [(row.uid, row.cells["full_name"]) for row in listing.rows] == [("", "王芳")]

    def test_inserted_row_reads_as_it_was_answered(self, replica: Replica) -> None:
        replica.pull(full=True)
        row = replica.insert(1, "王芳")
        shown = replica.rows()[uid(1)]
        assert (shown.cells, shown.row_id, shown.position) == (row.cells, row.row_id, row.position)
        assert shown.cells == {"full_name": "王芳"}

    def test_update_writes_where_the_row_shows_what_was_believed(self, replica: Replica) -> None:
        replica.pull(full=True)
        row = replica.insert(1, "王芳")
        replica.pull()
        assert len(replica.update(row, {"full_name": "王芳"}, full_name="王小芳").written) == 1
        assert replica.rows()[uid(1)].cells["full_name"] == "王小芳"

    def test_update_of_a_cell_that_a_person_changed_is_refused_or_told(self, replica: Replica) -> None:
        """2: the value of a person is not written over by somebody who has not seen it, or the next pull brings it."""
        replica.pull(full=True)
        row = replica.insert(1, "王芳")
        replica.pull()
        outcome = replica.update(row, {"full_name": "另一个人"}, full_name="王小芳")
        told = replica.pull()
        if outcome.refused:
            assert [refused.reason for refused in outcome.refused] == ["changed_meanwhile"]
            assert replica.rows()[uid(1)].cells["full_name"] == "王芳"
        else:
            assert told is not None
            assert [(one.row_id, one.cells) for one in told.overwritten] == [
                (row.row_id, {"full_name": "王芳"})
            ]

    def test_empty_value_clears(self, replica: Replica) -> None:
        replica.pull(full=True)
        row = replica.insert(1, "王芳")
        replica.pull()
        replica.update(row, {"full_name": "王芳"}, full_name=None)
        assert "full_name" not in replica.rows()[uid(1)].cells

    def test_removed_row_is_gone(self, replica: Replica) -> None:
        replica.pull(full=True)
        row = replica.insert(1, "王芳")
        replica.pull()
        outcome = replica.connection.apply("customers", [Remove(row.uid, row.row_id, row.position)])
        assert list(outcome.removed) == [uid(1)]
        assert replica.rows() == {}

    def test_row_in_which_a_person_typed_is_not_removed(self, replica: Replica) -> None:
        """3: an edit beats a delete."""
        replica.pull(full=True)
        row = replica.insert(1, "王芳")
        replica.pull()
        for believed in ({"full_name": "另一个人"}, {"full_name": "王芳", "customer_no": "C1"}):
            remove = Remove(row.uid, row.row_id, row.position, believed)
            outcome = replica.connection.apply("customers", [remove])
            assert [refused.reason for refused in outcome.refused] == ["changed_meanwhile"]
        assert replica.rows()[uid(1)].cells == {"full_name": "王芳"}

    def test_every_operation_has_one_outcome(self, replica: Replica) -> None:
        replica.pull(full=True)
        row = replica.insert(1, "王芳")
        replica.pull()
        operations: list[Operation] = [
            Update(uid(1), row.row_id, row.position, True, {"full_name": "不是"}, {"full_name": "王小芳"}),
            Insert(uid(2), {"full_name": "李红"}, {SystemColumn.UID: uid(2)}),
        ]
        outcome = replica.connection.apply("customers", operations)
        told = (
            [one.uid for one in outcome.written] + [one.uid for one in outcome.refused] + [*outcome.removed]
        )
        assert sorted(told) == [uid(1), uid(2)]
