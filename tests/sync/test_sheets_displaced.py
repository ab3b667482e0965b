"""New rows that came to stand under columns which somebody had moved: what the daemon wrote there goes, before anybody reads it."""

import pytest

from sync.connection import Insert, SystemColumn
from sync.errors import AnswerLost, Unavailable
from tests.sync.sheets_deaths import crash, insert_row
from tests.sync.sheets_office import CUSTOMERS, Office, before_write, uid

WRITE = ":batchUpdate"
NEW = Insert(
    uid(2),
    {"customer_no": "C00000002", "full_name": "李雷", "level": "银卡"},
    {SystemColumn.UID: uid(2), SystemColumn.STATUS: "通过"},
)


@pytest.fixture
def office(spreadsheet: Office) -> Office:
    spreadsheet.fill(1)
    return spreadsheet


def move_name(office: Office, to: int) -> None:
    """Somebody drags the column 客户姓名, or what stands in its place."""
    span = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}
    office.batch({"moveDimension": {"source": span, "destinationIndex": to}})


def insert_column(office: Office) -> None:
    span = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}
    office.batch({"insertDimension": {"range": span}})


def add(office: Office) -> None:
    office.connection.apply("customers", [NEW])


def shown(office: Office) -> list[str]:
    """The uids of the rows that stand there, and those without."""
    return [row.uid for row in office.pull(full=True)["customers"].rows]


def test_row_under_an_inserted_column_is_cleared_after_a_crash(office: Office) -> None:
    insert_column(office)
    stands = office.values(f"{CUSTOMERS}!A1:Z9")
    crash(office, lambda: add(office))
    assert shown(office) == [uid(1)]
    assert office.values(f"{CUSTOMERS}!A1:Z9") == stands


def test_row_is_cleared_although_columns_moved_once_more(office: Office) -> None:
    insert_column(office)
    crash(office, lambda: add(office))
    move_name(office, 9)
    assert shown(office) == [uid(1)]


def test_what_a_person_typed_into_such_a_row_stays(office: Office) -> None:
    insert_column(office)
    crash(office, lambda: add(office))
    office.type(f"{CUSTOMERS}!F3", ["韩梅"])
    pulled = office.pull(full=True)["customers"].rows
    assert [row.uid for row in pulled] == [uid(1), ""]
    assert office.values(f"{CUSTOMERS}!A3:Z3") == [["", "", "", "", "", "韩梅"]]


def test_row_whose_insert_got_no_answer_is_cleared(office: Office) -> None:
    """7: headers 271. Columns were moved before it, and once more before anybody looked."""
    insert_column(office)
    client = office.connection._client
    plain = client.cells

    def cells(*args: object, **options: object) -> object:
        client.cells = plain  # type: ignore[method-assign]
        move_name(office, 9)
        return plain(*args, **options)

    client.cells = cells  # type: ignore[method-assign,assignment]
    office.faults({"match": WRITE, "kind": "applied_then_lost"})
    with pytest.raises(AnswerLost):
        add(office)
    assert shown(office) == [uid(1)]


def test_row_that_stands_under_its_columns_stays_after_a_crash(office: Office) -> None:
    crash(office, lambda: add(office))
    insert_column(office)
    assert shown(office) == [uid(1), uid(2)]


def test_row_that_a_person_pushed_below_is_not_deleted_for_it(office: Office) -> None:
    """The row is cleared in its place: where it stands by now, somebody else's may stand."""
    insert_column(office)
    before_write(office, 2, lambda: insert_row(office, 1))
    with pytest.raises(Unavailable):
        add(office)
    assert shown(office) == [uid(1)]
