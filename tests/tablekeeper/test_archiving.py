"""Files of people leave the tables, come back exactly as they were, or end after retention with two people."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyrage
import pytest
import yaml

from jobs import archiving
from jobs.archive_register import Entry, Register
from tests.tablekeeper.cli_office import Answer, Office, office_at_work

KEY = "a key that is long enough for 1 user"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("archiving")
    with office_at_work(folder) as made:
        identity = pyrage.x25519.Identity.generate()
        (folder / "identity.txt").write_text(str(identity), encoding="utf-8")
        with made.editing() as raw:
            raw["backup"] = {"recipients": [str(identity.to_public())]}
        for name, role in (("an.dang", "档案管理"), ("he.gui", "合规")):
            given = ("--role", role, "--title", name, "--approved-by", "boss")
            assert made.run("vault", "user", "add", name, *given, given=f"{KEY}\n").code == 0
        yield made


def people(office: Office) -> Any:
    return office.airtable("客户基本信息")


def as_user(office: Office, name: str, *command: str) -> Answer:
    return office.run(*command, "--user", name, changed={"TABLEKEEPER_USER_KEY": KEY})


def arrive(office: Office, number: str, **fields: object) -> str:
    """A customer who has left the company, and their contract; the 记录编号."""
    row = {"客户编号": number, "客户姓名": "钱五", "手机号码": f"138{number[-8:]}", "客户状态": "已注销"}
    made = people(office).create({**row, "业务关系结束日": "2001-02-03", **fields})
    office.airtable("保险合同信息").create(
        {
            "保单号": f"P{number}",
            "投保人": [made["id"]],
            "保单状态": "终止",
            "终止日期": "2001-02-03",
            "终止原因": "退保终止",
            "退保金额": 1200,
        }
    )
    assert office.run("sync").code == 0
    return office.uid(number)


def stored(office: Office, uid: str) -> list[tuple[object, ...]]:
    """The person's records in the hub, without what every save renews."""
    query = """SELECT "table", uid, key, state, hints, "values" FROM record WHERE uid = ? OR "values" LIKE ? ORDER BY uid"""
    with closing(sqlite3.connect(office.home / "hub.sqlite3")) as hub:
        return list(hub.execute(query, (uid, f"%{uid}%")))


def let_go(office: Office, uid: str) -> None:
    assert as_user(office, "an.dang", "archive", "approve", uid).code == 0
    assert office.run("archive", "run").code == 0
    assert office.run("sync").code == 0
    assert office.run("archive", "run", "--json").json["archived"] == 1


def numbers(office: Office) -> set[object]:
    return {row["fields"].get("客户编号") for row in people(office).all()}


def test_a_file_leaves_the_tables_and_comes_back_exactly_as_it_was(office: Office) -> None:
    uid = arrive(office, "C10000001")
    assert uid in {one["uid"] for one in office.run("archive", "list", "--json").json["candidates"]}
    before = stored(office, uid)
    assert len(before) == 2
    let_go(office, uid)
    assert "C10000001" not in numbers(office)
    assert "{}" in {row[-1] for row in stored(office, uid)}, "the hub forgot the values"
    bundle = office.home / "archive" / f"{uid}.age"
    assert "钱五".encode() not in bundle.read_bytes()
    identity = str(office.folder / "identity.txt")
    answer = office.run("archive", "restore", uid, "--identity", identity, "--json")
    assert (answer.code, answer.json) == (0, {"restored": uid, "records": 2})
    assert stored(office, uid) == before
    assert office.run("sync").code == 0
    assert "C10000001" in numbers(office)
    assert not bundle.exists()


def test_a_hold_and_an_open_contract_keep_a_file(office: Office) -> None:
    held = arrive(office, "C10000002", 法律保留=True)
    insured = arrive(office, "C10000003")
    row = people(office).create({"客户编号": "C10000004", "客户姓名": "孙六", "客户状态": "已注销"})
    office.airtable("保险合同信息").create(
        {"保单号": "PC10000004", "投保人": [row["id"]], "保单状态": "有效"}
    )
    assert office.run("sync").code == 0
    active = office.uid("C10000004")
    told = office.run("archive", "list", "--json").json
    blocked = {one["uid"]: one["blocked"] for one in told["blocked"]}
    assert blocked[held] == ["legal hold"]
    assert blocked[active] == ["not at rest: 保险合同信息 PC10000004"]
    assert insured in {one["uid"] for one in told["candidates"]}
    refused = as_user(office, "an.dang", "archive", "approve", insured, held)
    assert (refused.code, "legal hold" in refused.err) == (2, True)
    assert not office.run("archive", "list", "--json").json["files"], "all or none"


def test_a_task_that_staff_wrote_keeps_a_file_until_it_is_done(office: Office) -> None:
    uid = arrive(office, "C10000009")
    number = "UPDATE record SET \"values\" = ?, state = 'live' WHERE uid = 'task'"
    with closing(sqlite3.connect(office.home / "hub.sqlite3")) as hub, hub:
        hub.execute(
            "INSERT INTO record VALUES ('tasks', 'task', 1, 'T1', 'live', '{}', '[]', '2020-01-01 00:00:00', '2020-01-01 00:00:00')"
        )
        hub.execute(number, ('{"target_no": "PC10000009", "title": "寄回原件", "status": "待办"}',))
    blocked = {one["uid"]: one["blocked"] for one in office.run("archive", "list", "--json").json["blocked"]}
    assert blocked[uid] == ["open task: 寄回原件 PC10000009"]
    with closing(sqlite3.connect(office.home / "hub.sqlite3")) as hub, hub:
        hub.execute(number, ('{"target_no": "PC10000009", "title": "寄回原件", "status": "已完成"}',))
    assert uid in {one["uid"] for one in office.run("archive", "list", "--json").json["candidates"]}


def test_an_open_item_keeps_a_file_unless_it_is_routine(office: Office) -> None:
    uid = arrive(office, "C10000010")
    item = (
        'INSERT INTO reminder (item, key, reminder, "table", uid, field, anchor, stage, since, task, hand_to,'
        " snooze_until, snoozes, told_urgently, first_at) VALUES (?, '', ?, 'customers', ?, '', '2026-01-01', 0,"
        " '2026-01-01', '', '', '', 0, '', '2026-01-01 00:00:00')"
    )
    with closing(sqlite3.connect(office.home / "hub.sqlite3")) as hub, hub:
        hub.execute(item, ("routine", "review_quarterly", uid))
    assert uid in {one["uid"] for one in office.run("archive", "list", "--json").json["candidates"]}
    with closing(sqlite3.connect(office.home / "hub.sqlite3")) as hub, hub:
        hub.execute(item, ("pressing", "deletions", uid))
    blocked = {one["uid"]: one["blocked"] for one in office.run("archive", "list", "--json").json["blocked"]}
    assert blocked[uid] == ["open task: 数据校验错误 C10000010"]


def test_only_the_archive_role_lets_a_file_go(office: Office) -> None:
    uid = arrive(office, "C10000005")
    refused = as_user(office, "he.gui", "archive", "approve", uid)
    assert (refused.code, "档案管理" in refused.err) == (1, True)


def test_an_edited_bundle_brings_nothing_back(office: Office) -> None:
    uid = arrive(office, "C10000006")
    let_go(office, uid)
    bundle = office.home / "archive" / f"{uid}.age"
    bundle.write_bytes(bundle.read_bytes()[:-1])
    answer = office.run("archive", "restore", uid, "--identity", str(office.folder / "identity.txt"))
    assert (answer.code, "not the file that was written" in answer.err) == (1, True)


def test_destruction_needs_two_people_and_leaves_a_certificate(office: Office) -> None:
    uid = arrive(office, "C10000007")
    let_go(office, uid)
    assert office.run("archive", "hold", uid, "--reason", "court").code == 0
    assert "court" in as_user(office, "an.dang", "archive", "destroy", uid).err
    assert office.run("archive", "release", uid).code == 0
    assert as_user(office, "he.gui", "archive", "destroy", uid).code == 1, "the archive role asks first"
    assert as_user(office, "an.dang", "archive", "destroy", uid).code == 4
    assert as_user(office, "an.dang", "archive", "destroy", uid).code == 1, "nobody confirms themselves"
    answer = as_user(office, "he.gui", "archive", "destroy", uid, "--json")
    assert answer.code == 0
    certificate = yaml.safe_load(Path(answer.json["certificate"]).read_text(encoding="utf-8"))
    assert (certificate["wanted_by"], certificate["confirmed_by"]) == ("an.dang", "he.gui")
    assert certificate["values_destroyed"] == 1
    assert not Path(certificate["bundle"]).exists()


def test_what_is_still_to_be_kept_is_not_destroyed(office: Office) -> None:
    uid = arrive(office, "C10000008", 业务关系结束日="2026-01-02")
    let_go(office, uid)
    refused = as_user(office, "an.dang", "archive", "destroy", uid)
    assert (refused.code, "kept until 2036-01-02" in refused.err) == (2, True)


class Killed(BaseException):
    """The daemon is killed."""


def pack(office: Office, uid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file go, and be killed when its bundle stands and no row has left."""

    def killed(*_: object) -> None:
        raise Killed

    assert as_user(office, "an.dang", "archive", "approve", uid).code == 0
    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(archiving, "_moved", killed)
        office.run("archive", "run")


def row_of(office: Office, uid: str) -> dict[str, Any]:
    [found] = [row for row in people(office).all() if row["fields"].get("记录编号") == uid]
    return dict(found)


def edit(office: Office, uid: str, **fields: object) -> None:
    """Staff type into the person's row."""
    people(office).update(row_of(office, uid)["id"], fields)


def test_what_is_typed_after_the_bundle_was_written_is_in_a_new_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = arrive(office, "C10000011")
    pack(office, uid, monkeypatch)
    edit(office, uid, 备注="常住上海")
    assert office.run("sync").code == 0
    assert office.run("archive", "run").code == 0
    assert office.run("archive", "run").code == 0
    assert office.run("sync").code == 0
    assert office.run("archive", "run", "--json").json["archived"] == 1
    assert office.run("archive", "restore", uid, "--identity", str(office.folder / "identity.txt")).code == 0
    assert office.run("sync").code == 0
    assert row_of(office, uid)["fields"]["备注"] == "常住上海"


def test_a_hold_after_the_bundle_was_written_keeps_the_file(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = arrive(office, "C10000012")
    pack(office, uid, monkeypatch)
    edit(office, uid, 法律保留=True)
    assert office.run("sync").code == 0
    for _ in range(2):
        assert office.run("archive", "run").code == 0
        assert office.run("sync").code == 0
    assert "C10000012" in numbers(office)
    assert not (office.home / "archive" / f"{uid}.age").exists()


def test_an_edit_while_the_rows_leave_brings_the_whole_file_back(office: Office) -> None:
    uid = arrive(office, "C10000013")
    before = len(stored(office, uid))
    assert as_user(office, "an.dang", "archive", "approve", uid).code == 0
    assert office.run("archive", "run", "--json").json["moved"] == 1
    edit(office, uid, 备注="常住上海")
    assert office.run("sync").code == 0
    assert office.run("archive", "run").code == 0
    assert office.run("sync").code == 0
    assert row_of(office, uid)["fields"]["备注"] == "常住上海"
    assert [row[3] for row in stored(office, uid)] == ["live"] * before
    assert uid not in {one["uid"] for one in office.run("archive", "list", "--json").json["files"]}


def test_a_move_that_was_cut_short_is_ended(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed when the records had ended and it was not yet noted."""
    uid = arrive(office, "C10000014")
    assert as_user(office, "an.dang", "archive", "approve", uid).code == 0
    put = Register.put

    def killed_when_moved(register: Register, entry: Entry) -> None:
        if entry.stage == "moved":
            raise Killed
        put(register, entry)

    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(Register, "put", killed_when_moved)
        office.run("archive", "run")
    assert office.run("archive", "run", "--json").json["moved"] == 1
    assert office.run("sync").code == 0
    assert office.run("archive", "run", "--json").json["archived"] == 1


def test_a_restore_that_was_cut_short_is_ended_and_takes_back_no_edit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then nobody may destroy what stands in the tables again."""
    uid = arrive(office, "C10000015")
    let_go(office, uid)
    restore = ("archive", "restore", uid, "--identity", str(office.folder / "identity.txt"))

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(Register, "drop", killed)
        office.run(*restore)
    assert office.run("sync").code == 0
    edit(office, uid, 备注="常住上海")
    assert office.run("sync").code == 0
    assert "back in the tables" in as_user(office, "an.dang", "archive", "destroy", uid).err
    assert office.run(*restore).code == 0
    assert office.run("sync").code == 0
    assert row_of(office, uid)["fields"]["备注"] == "常住上海"
    assert uid not in {one["uid"] for one in office.run("archive", "list", "--json").json["files"]}
