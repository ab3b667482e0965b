"""What operations and data owners work off at the prompt: status, held rows, conflicts, deletions, history."""

from collections.abc import Iterator
from typing import Any

import pytest

from sync.lease import lease
from tests.tablekeeper.cli_office import MOBILE, Office, office_at_work

WRONG = "1380013"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("office")) as made:
        yield made


# Status


def test_without_a_daemon_status_says_that_plaintext_is_exposed_and_since_when(office: Office) -> None:
    answer = office.run("status", "--json")
    diagnosis = answer.json["diagnosis"]
    assert answer.code == 0
    assert diagnosis["what"] == "the daemon is not running"
    assert (diagnosis["plaintext_exposed"], diagnosis["next"]) == (True, "tablekeeper run")
    assert diagnosis["since"] == answer.json["last_cycle"]["airtable"]
    assert answer.json["held"]["客户基本信息"] == 1
    assert answer.json["tokens"] == 2


def test_while_a_daemon_works_status_names_what_waits_for_staff(office: Office) -> None:
    with lease(office.home):
        answer = office.run("status")
    assert answer.code == 0
    first = answer.out.splitlines()[0]
    assert first == "running and in step; 1 row(s) wait to be mended, 0 wait for those"


# Held rows


def test_held_names_field_reason_and_row_but_not_the_value(office: Office) -> None:
    answer = office.run("held", "--json")
    (row,) = answer.json["held"]
    assert (row["table"], row["key"], row["field"]) == ("客户基本信息", "C00000002", "手机号码")
    assert row["message"] == "共7位,应为11位"
    assert row["link"].startswith(office.description["airtable"]["endpoint_url"] + "/app")
    assert WRONG not in answer.out + office.run("held").out


def test_new_row_that_lacks_what_it_must_have_is_listed(office: Office) -> None:
    """Status counts it, and nothing of it waits in a cell."""
    nameless = office.airtable("客户基本信息").create({"手机号码": MOBILE})
    assert office.run("sync").code == 0
    found = office.run("held", "--json").json
    told = [(one["field"], one["message"]) for one in found["held"] if one["key"] != "C00000002"]
    assert ("客户姓名", "不能为空") in told
    assert found["rows"] == office.run("status", "--json").json["held"]["客户基本信息"] == 2
    office.airtable("客户基本信息").delete(nameless["id"])
    assert office.run("sync").code == 0


# Conflicts


def disagree(office: Office, header: str, first: str, second: str) -> dict[str, Any]:
    """Somebody types in Airtable, somebody else in Sheets, before the daemon comes by."""
    row = office.customer("C00000001")
    office.airtable("客户基本信息").update(row["id"], {header: first})
    office.type_in_sheets("客户基本信息", header, "C00000001", second)
    assert office.run("sync").code == 0
    conflict: dict[str, Any] = office.run("conflicts", "--json").json["conflicts"][-1]
    return conflict


def shown(office: Office, header: str) -> Any:
    return office.customer("C00000001")["fields"].get(header)


def test_taking_the_other_value_writes_it_everywhere_and_into_the_history(office: Office) -> None:
    conflict = disagree(office, "职业", "教师", "医生")
    assert (conflict["kept"], conflict["other"]) == ("教师", "医生")
    assert office.run("conflicts", "resolve", str(conflict["id"]), "--take").code == 0
    assert office.run("sync").code == 0
    assert shown(office, "职业") == "医生"
    assert office.run("conflicts", "--json").json["conflicts"] == []
    last = office.run("history", conflict["uid"], "--json").json["history"][-1]
    assert (last["before"], last["after"], last["by"]) == ("教师", "医生", "tester")


def test_keeping_the_value_that_stands_changes_nothing(office: Office) -> None:
    conflict = disagree(office, "国籍", "法国", "德国")
    assert office.run("conflicts", "resolve", str(conflict["id"]), "--keep").code == 0
    # Only the explanation goes, from the one row that said so.
    assert sum(office.run("sync", "--json").json["written"].values()) == 1
    assert office.run("sync", "--json").json["written"] == {}
    assert shown(office, "国籍") == "法国"
    assert office.run("conflicts", "--json").json["conflicts"] == []


def test_a_value_that_was_changed_since_is_not_overwritten(office: Office) -> None:
    conflict = disagree(office, "邮政编码", "100000", "200000")
    row = office.customer("C00000001")
    office.airtable("客户基本信息").update(row["id"], {"邮政编码": "300000"})
    assert office.run("sync").code == 0
    answer = office.run("conflicts", "resolve", str(conflict["id"]), "--take", "--json")
    assert answer.code == 1
    assert "was changed since" in answer.json["error"]
    assert shown(office, "邮政编码") == "300000"
    listed = office.run("conflicts")
    assert "stands: 300000" in listed.out and "not taken: 200000" in listed.out
    kept = office.run("conflicts", "resolve", str(conflict["id"]), "--keep")
    assert kept.code == 0 and "邮政编码: 300000;" in kept.out


def test_a_sensitive_conflict_shows_masks_and_its_other_value_can_be_taken(office: Office) -> None:
    conflict = disagree(office, "备用电话", "13700137001", "13700137002")
    assert conflict["kept"].startswith("137****7001〔")
    assert office.run("conflicts", "resolve", str(conflict["id"]), "--take").code == 0
    assert office.run("sync").code == 0
    assert shown(office, "备用电话") == conflict["other"]
    assert office.run("vault", "verify", "--json").json["vault_tokens"]["customers.phone_other"] == 1


def test_keeping_a_sensitive_value_takes_the_other_one_out_of_use(office: Office) -> None:
    conflict = disagree(office, "备用电话", "13700137003", "13700137004")
    assert office.run("conflicts", "resolve", str(conflict["id"]), "--keep").code == 0
    answer = office.run("vault", "verify", "--json")
    assert (answer.code, answer.json["vault_tokens"]["customers.phone_other"]) == (0, 1)


def test_a_conflict_wants_a_word(office: Office) -> None:
    assert office.run("conflicts", "resolve", "1").code == 2
    assert office.run("conflicts", "resolve", "999", "--keep").code == 1


# Deletions


def test_deletions_wait_for_a_person_and_come_back_when_refused(office: Office) -> None:
    office.settings(deletes_max=0)
    made = office.airtable("员工与部门").batch_create(
        [{"工号": f"T000{n}", "姓名": "临时工"} for n in (1, 2)]
    )
    assert office.run("sync").code == 0
    office.airtable("员工与部门").batch_delete([row["id"] for row in made])
    answer = office.run("sync")
    assert (answer.code, "tablekeeper deletions" in answer.err) == (4, True)
    waiting = {one["key"]: one["uid"] for one in office.run("deletions", "--json").json["deletions"]}
    assert waiting.keys() == {"T0001", "T0002"}
    assert office.run("deletions", "approve", waiting["T0001"]).code == 0
    assert office.run("deletions", "refuse", "--all", "--json").json["rows"] == 2
    assert office.run("deletions", "approve", waiting["T0001"]).code == 0
    assert office.run("sync").code == 0
    numbers = {row["fields"].get("工号") for row in office.airtable("员工与部门").all()}
    assert (numbers & {"T0001", "T0002"}) == {"T0002"}
    assert office.run("deletions", "--json").json["deletions"] == []
    office.settings()


def test_a_deletion_that_does_not_wait_cannot_be_decided(office: Office) -> None:
    assert office.run("deletions", "approve", "R0").code == 1
    assert office.run("deletions", "approve").code == 2


# History


def test_history_shows_masks_and_names_nobody_whom_the_service_does_not_name(office: Office) -> None:
    answer = office.run("history", office.uid("C00000001"), "--json")
    phone = next(one for one in answer.json["history"] if one["field"] == "手机号码")
    assert phone["before"] == "空白"
    assert phone["after"].startswith("139****9000〔")
    assert MOBILE not in answer.out
    assert next(one["after"] for one in answer.json["history"] if one["field"] == "服务业务员") == "A0001"


@pytest.mark.parametrize("name", ["手机号码", "mobile"])
def test_history_of_one_field_leaves_the_others_out(office: Office, name: str) -> None:
    uid = office.uid("C00000001")
    everything = office.run("history", uid, "--json").json["history"]
    found = office.run("history", uid, "--field", name, "--json").json["history"]
    assert found == [one for one in everything if one["key"] == "mobile"]
    assert 0 < len(found) < len(everything)


def test_history_of_a_field_that_never_changed_is_empty(office: Office) -> None:
    answer = office.run("history", office.uid("C00000001"), "--field", "没有这一栏", "--json")
    assert (answer.code, answer.json["history"]) == (0, [])


def test_history_of_a_stranger_fails(office: Office) -> None:
    assert office.run("history", "R0").code == 1


def test_a_held_value_is_given_up_by_header_only_when_told_so(office: Office) -> None:
    (row,) = office.run("held", "--json").json["held"]
    asked = office.run("held", "resolve", row["uid"], row["field"])
    assert (asked.code, "--discard" in asked.err) == (2, True)
    unknown = office.run("held", "resolve", row["uid"], "不是一栏", "--discard")
    assert (unknown.code, "tablekeeper held" in unknown.err) == (2, True)
    assert office.run("held", "resolve", "R0", row["field"], "--discard").code == 1
