"""Google failing in every way, over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.server import Running
from sync.connection import Insert, SystemColumn, Update
from sync.errors import (
    AnswerLost,
    CredentialsRefused,
    NotFound,
    ServiceError,
    TableMissing,
    Throttled,
    Unavailable,
)
from sync.sheets.connection import SheetsConnection
from tests.sync.sheets_office import (
    CUSTOMERS,
    Memo,
    Office,
    before_write,
    connection_to,
    open_office,
    schema_of,
    uid,
    world_of_offices,
)

READ = "batchGetByDataFilter"
WRITE, LOOK = ":batchUpdate", ":getByDataFilter"


@pytest.fixture(scope="module")
def world() -> Iterator[Running]:
    with world_of_offices() as world:
        yield world


@pytest.fixture
def office(world: Running) -> Office:
    return open_office(world)


def with_key(office: Office, key_file: Path) -> SheetsConnection:
    connection = connection_to(office.world, office.spreadsheet, Memo(), None, office.naps)
    connection._puller.client._account._key_file = key_file
    return connection


@pytest.mark.parametrize("kind", ["500", "503", "html", "reset", "applied_then_lost"])
def test_failing_read_is_tried_again(office: Office, kind: str) -> None:
    office.faults({"match": READ, "kind": kind})
    assert set(office.pull()) == {"customers", "policies"}


def test_read_that_goes_on_failing_is_unavailable(office: Office) -> None:
    office.faults({"match": READ, "kind": "503", "count": 9})
    with pytest.raises(Unavailable):
        office.pull()
    office.faults()


@pytest.mark.parametrize("kind", ["500", "503", "html", "reset", "applied_then_lost"])
def test_failing_write_is_not_repeated(world: Running, kind: str) -> None:
    office = open_office(world)
    (row,) = office.fill(1)
    office.calls()
    office.faults({"match": WRITE, "kind": kind})
    with pytest.raises(AnswerLost):
        office.update(row, full_name="王芳")
    assert len(office.writes()) == 2, "the write itself and the wipe"


def test_insert_whose_answer_was_lost_is_not_inserted_twice(office: Office) -> None:
    office.pull()
    insert = Insert(uid(1), {"customer_no": "C1"}, {SystemColumn.UID: uid(1)})
    office.faults({"match": WRITE, "kind": "applied_then_lost"}, {"match": LOOK, "kind": "500", "count": 9})
    with pytest.raises(AnswerLost):
        office.connection.apply("customers", [insert])
    office.faults()
    office.world.world.clock.advance(120)
    office.pull()
    assert [refused.reason for refused in office.connection.apply("customers", [insert]).refused] == [
        "uid_exists"
    ]
    assert len(office.values(f"{CUSTOMERS}!D2:D9")) == 1


def test_insert_without_answer_that_stands_there_is_known_at_once(office: Office) -> None:
    """3: storm 6004. Whoever deletes it before the next reading deletes what is known to have stood there."""
    office.pull()
    inserts = [Insert(uid(n), {"customer_no": f"C{n}"}, {SystemColumn.UID: uid(n)}) for n in (1, 2)]
    office.faults({"match": WRITE, "kind": "applied_then_lost"})
    outcome = office.connection.apply("customers", inserts)
    assert [(one.uid, one.row.uid, one.row.cells) for one in outcome.written] == [
        (uid(n), uid(n), {"customer_no": f"C{n}"}) for n in (1, 2)
    ]


@pytest.mark.parametrize("kind", ["applied_then_lost", "500"])
def test_insert_without_answer_that_does_not_stand_as_it_was_sent_is_read_anew(
    office: Office, kind: str
) -> None:
    """2: what somebody typed into it just then is no part of what was sent."""
    office.pull()
    insert = Insert(uid(1), {"customer_no": "C1", "full_name": "王芳"}, {SystemColumn.UID: uid(1)})
    client, plain = office.connection._client, office.connection._client.cells

    def cells(*args: Any, **options: Any) -> Any:
        office.type(f"{CUSTOMERS}!E2", ["王小芳"])
        return plain(*args, **options)

    client.cells = cells  # type: ignore[method-assign]
    office.faults({"match": WRITE, "kind": kind})
    with pytest.raises(AnswerLost):
        office.connection.apply("customers", [insert])


def test_update_whose_answer_was_lost_leaves_no_plaintext_in_the_scratch_tab(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!F2", ["13800138000"])
    row = office.rows()[uid(1)]
    office.faults({"match": WRITE, "kind": "applied_then_lost"})
    with pytest.raises(AnswerLost):
        office.update(row, mobile="138****8000〔9TQK27MB4D〕")
    assert office.values("_tablekeeper!A1:Z300") == []
    assert office.rows()[uid(1)].cells["mobile"] == "138****8000〔9TQK27MB4D〕"


def failing(office: Office, *numbers: int) -> None:
    """Let the batches with these numbers, counted from now, get no answer."""
    client, plain, count = office.connection._client, office.connection._client.update, iter(range(1, 100))

    def update(*args: Any, **options: Any) -> Any:
        if next(count) in numbers:
            raise AnswerLost("sheets", "staged")
        return plain(*args, **options)

    client.update = update  # type: ignore[method-assign]


@pytest.mark.parametrize(("key", "where", "typed"), [("full_name", "E2", "王芳"), ("weight", "J2", "=I2*2")])
def test_persons_edit_is_put_back_after_an_outage_too(
    office: Office, key: str, where: str, typed: str
) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!{where}", [typed])
    failing(office, 2)
    with pytest.raises(AnswerLost):
        office.update(row, **{key: "系统"})
    office.pull()
    assert office.values(f"{CUSTOMERS}!{where}") == [[typed]]
    assert office.values("_tablekeeper!A1:Z2600") == []


def test_putting_back_is_tried_again_when_its_answer_is_lost(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    before_write(office, 2, lambda: office.faults({"match": WRITE, "kind": "applied_then_lost"}))
    assert office.update(row, full_name="系统").refused
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳"]]


def test_scratch_tab_is_wiped_by_a_later_pull_however_often_it_failed(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!F2", ["13800138000"])
    row = office.rows()[row.uid]
    failing(office, 2, 3, 4)
    office.update(row, mobile="138****8000〔9TQK27MB4D〕")
    office.pull()
    assert office.values("_tablekeeper!A1:Z2600") != []
    office.pull()
    assert office.values("_tablekeeper!A1:Z2600") == []


def test_quota_error_closes_the_gate_for_everybody(office: Office) -> None:
    office.pull()
    office.calls()
    office.faults({"match": READ, "kind": "429"})
    with pytest.raises(Throttled):
        office.pull()
    with pytest.raises(Throttled):
        office.connection.stamp({})
    assert len(office.calls()) == 1
    office.world.world.clock.advance(61)
    office.pull()


def test_expired_token_is_renewed_once(office: Office) -> None:
    office.pull()
    office.world.world.clock.advance(4000)
    office.pull(full=True)


def test_missing_key_file_says_what_to_do(office: Office, tmp_path: Path) -> None:
    with pytest.raises(CredentialsRefused, match="cannot be read") as caught:
        list(with_key(office, tmp_path / "none.json").pull(reread={}, full=True))
    assert "TABLEKEEPER_GOOGLE_CREDENTIALS" in caught.value.advice


@pytest.mark.parametrize(
    "content", ["{}", "no json", "[]", '{"type":"service_account","private_key":"geheim"}']
)
def test_foreign_key_file_is_refused_without_quoting_it(office: Office, tmp_path: Path, content: str) -> None:
    key_file = tmp_path / "key.json"
    key_file.write_text(content, encoding="utf-8")
    with pytest.raises(CredentialsRefused, match="not a service account") as caught:
        list(with_key(office, key_file).pull(reread={}, full=True))
    assert "geheim" not in str(caught.value)


def test_key_that_google_does_not_know_is_refused(office: Office, tmp_path: Path) -> None:
    key = json.loads(office.key_file.read_text(encoding="utf-8"))
    key["client_email"] = "stranger@example.iam.gserviceaccount.com"
    (tmp_path / "key.json").write_text(json.dumps(key), encoding="utf-8")
    with pytest.raises(CredentialsRefused) as caught:
        list(with_key(office, tmp_path / "key.json").pull(reread={}, full=True))
    assert "clock" in caught.value.advice


@pytest.mark.parametrize("private", [True, False])
def test_unknown_or_private_spreadsheet_says_with_whom_to_share(world: Running, private: bool) -> None:
    with world.world.lock:
        spreadsheet = world.world.google.create_spreadsheet("x", private=True) if private else "1nowhere"
    connection = connection_to(world, spreadsheet, Memo(), schema_of({}), [])
    with pytest.raises(NotFound) as caught:
        connection.setup()
    assert "iam.gserviceaccount.com" in caught.value.advice


def test_no_server_at_all_is_unavailable(office: Office) -> None:
    office.connection._client._transport._url = "http://127.0.0.1:9"
    with pytest.raises(Unavailable):
        list(office.connection.pull(reread={}, full=True))


def test_tab_deleted_between_pull_and_write_is_named(office: Office) -> None:
    (row,) = office.fill(1)
    office.batch({"deleteSheet": {"sheetId": office.gid(CUSTOMERS)}})
    with pytest.raises(TableMissing):
        office.update(row, full_name="王芳")
    with pytest.raises(TableMissing):
        office.update(row, full_name="王芳")


def test_stamp_without_its_tab_is_named(office: Office) -> None:
    office.batch({"deleteSheet": {"sheetId": office.gid("系统状态")}})
    with pytest.raises(TableMissing):
        office.connection.stamp({"记录数": "1"})


def test_no_error_repeats_a_value(office: Office) -> None:
    (row,) = office.fill(1)
    office.faults({"match": WRITE, "kind": "500"})
    operation = Update(row.uid, "", row.position, numbered=True, before={}, cells={"mobile": "13800138000"})
    with pytest.raises(ServiceError) as caught:
        office.connection.apply("customers", [operation])
    error: BaseException | None = caught.value
    while error:
        assert "13800138000" not in f"{error!r}{error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize(("key", "where", "typed"), [("full_name", "E2", "王芳"), ("weight", "J2", "=I2*2")])
def test_persons_edit_is_put_back_though_the_write_over_it_had_no_answer(
    office: Office, key: str, where: str, typed: str
) -> None:
    """2: seed 720. What stood there waits in the scratch tab, and is nowhere else."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!{where}", [typed])
    office.faults({"match": WRITE, "kind": "applied_then_lost"})
    with pytest.raises(AnswerLost):
        office.update(row, **{key: "系统"})
    assert office.values(f"{CUSTOMERS}!{where}") == [[typed]]
    assert office.values("_tablekeeper!A1:Z2600") == []


def test_write_that_never_arrived_puts_nothing_back(office: Office) -> None:
    """2: a person typed the very same; the scratch tab shows what stood there before an earlier write."""
    (row,) = office.fill(1)
    (written,) = office.update(row, full_name="系统").written
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    office.faults({"match": WRITE, "kind": "500"})
    with pytest.raises(AnswerLost):
        office.update(written.row, full_name="王芳")
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳"]]


def test_edit_made_after_a_write_without_answer_stands(office: Office) -> None:
    """2: whoever typed it had seen what the write left there."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    client = office.connection._client
    plain = client.cells

    def cells(*args: Any, **options: Any) -> Any:
        office.type(f"{CUSTOMERS}!E2", ["王小芳"])
        return plain(*args, **options)

    client.cells = cells  # type: ignore[method-assign]
    office.faults({"match": WRITE, "kind": "applied_then_lost"})
    with pytest.raises(AnswerLost):
        office.update(row, full_name="系统")
    assert office.values(f"{CUSTOMERS}!E2") == [["王小芳"]]
