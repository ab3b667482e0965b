"""What names a person beside their records leaves with them: rows of the to-do table and mails."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from jobs.mail import Mail
from jobs.outbox import Outbox
from tablekeeper.archive import Archive
from tablekeeper.cli.main import options
from tablekeeper.cli.opening import opened
from tests.tablekeeper.cli_office import Office, office_at_work

NUMBER, OTHER = "C00000002", "C00000001"
MAILS = (("theirs", NUMBER), ("others", OTHER), ("longer", f"{NUMBER}1"), ("prefixed", f"X{NUMBER}"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("mentions")) as office:
        with office.editing() as raw:
            for replica in raw["sync"]["replicas"]:
                replica["tables"] = [*replica["tables"], "tasks"]
        assert office.run("setup").code == 0
        tasks = office.airtable("提醒与待办")
        tasks.create({"类型": "其他", "关联编号": NUMBER, "事项": "请陈静补号码"})
        tasks.create({"类型": "其他", "关联编号": OTHER, "事项": "回访赵六"})
        assert office.run("sync").code == 0
        yield office


def mail(id_: str, number: str) -> Mail:
    words = f"客户 {number} 的资料待更正"
    return Mail(
        id=id_,
        digest="owners",
        recipient=f"{id_}@example.com",
        subject=words,
        text=words,
        html=words,
        headers={},
    )


def mails(archive: Archive) -> dict[str, tuple[str, str]]:
    with archive.hub.reading() as unit:
        rows = unit.connection.exec_driver_sql("SELECT id, state, subject || text || html FROM outbox")
        return {id_: (state, words) for id_, state, words in rows}


def test_tasks_and_mails_about_an_erased_person_go_with_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "config", office.config)
    uid = office.uid(NUMBER)
    assert "请陈静补号码" in json.dumps(office.airtable("提醒与待办").all(), ensure_ascii=False)
    with office.surroundings({}), opened() as archive:
        box = Outbox(archive.hub, lambda: datetime.now(UTC))
        assert all(box.put(mail(id_, number)) for id_, number in MAILS)
    done = office.run("vault", "erase", uid, "--reason", "申请", "--yes", "--json").json
    assert done["erased"] == uid
    assert (done["rows"]["tasks"] >= 1, done["mails"]) == (True, 1)
    with office.surroundings({}), opened() as archive:
        kept = mails(archive)
    assert kept["theirs"] == ("replaced", "")
    for id_, number in MAILS[1:]:
        assert (kept[id_][0], number in kept[id_][1]) == ("stored", True)
    assert office.run("sync").code == 0
    shown = json.dumps(office.airtable("提醒与待办").all(), ensure_ascii=False)
    assert ("请陈静补号码" in shown, NUMBER in shown, "回访赵六" in shown) == (False, False, True)
