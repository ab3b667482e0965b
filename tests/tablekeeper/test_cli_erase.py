"""Erasing and restricting a person from the command line, over emulated services."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.restore import CannotRestore, restore_record
from tablekeeper.archive import open_archive
from tablekeeper.config import load
from tablekeeper.environment import Environment
from tablekeeper.purging import purge_cleared
from tests.tablekeeper.cli_office import Office, office_at_work
from vault.purging import expired
from vault.store import sealed_value

MOBILE = "13600136000"
HELD_NAMED_FREE = ("C00000101", "C00000102", "C00000103")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("office")) as office:
        yield office


def add(office: Office, number: str, mobile: str = MOBILE) -> str:
    """A customer who came through Airtable; the uid."""
    office.airtable("客户基本信息").create(
        {"客户编号": number, "客户姓名": "孙七", "手机号码": mobile, "备注": "请致电"}
    )
    assert office.run("sync").code == 0
    return office.uid(number)


def insure(office: Office, policy: str, customer: str, **dates: str) -> None:
    row = office.customer(customer)
    office.airtable("保险合同信息").create(
        {"保单号": policy, "投保人": [row["id"]], "生效日期": "2020-01-01", **dates}
    )
    assert office.run("sync").code == 0


def shown(office: Office, text: str) -> bool:
    """Whether any row of either service shows a text."""
    tables = [office.airtable(name).all() for name in ("客户基本信息", "保险合同信息")]
    tabs = [office._sheets("GET", f"/values/{name}!A1:BZ50") for name in ("客户基本信息", "保险合同信息")]
    return text in json.dumps([tables, tabs], ensure_ascii=False)


def erase(office: Office, uid: str, *more: str) -> dict[str, object]:
    answer = office.run("vault", "erase", uid, "--reason", "申请", "--json", *more)
    assert answer.code == 0, answer.err
    found: dict[str, object] = answer.json
    return found


def test_an_erased_person_leaves_tables_and_hub_with_a_certificate(office: Office) -> None:
    uid = add(office, "C00000019")
    told = erase(office, uid, "--dry-run")
    assert (told["would"], told["rows"]) == ("erased", {"customers": 1})
    assert shown(office, "C00000019")
    done = erase(office, uid, "--yes")
    assert (done["erased"], done["tokens"], done["rows"]) == (uid, 1, {"customers": 1})
    assert office.run("sync").code == 0
    assert not shown(office, "C00000019")
    assert not shown(office, uid)
    assert "孙七" not in office.run("history", uid).out
    path = Path(str(done["certificate"]))
    assert office.run("vault", "certificate", str(path), "--json").json == {"genuine": True}
    assert "version histories" in path.with_suffix(".txt").read_text(encoding="utf-8")
    path.write_bytes(path.read_bytes().replace(b'"tokens": 1', b'"tokens": 2'))
    assert office.run("vault", "certificate", str(path), "--json").code == 1


def test_an_erasure_is_no_damage_to_verify_but_a_value_destroyed_alone_is(office: Office) -> None:
    erase(office, add(office, "C00000023", "13700137001"), "--yes")
    spoilt = add(office, "C00000024", "13700137002")
    verified = office.run("vault", "verify", "--json")
    assert verified.code == 0
    assert verified.json["erased_people"] >= 1
    with (
        office.surroundings({}),
        open_archive(load(office.config), Environment.read()) as archive,
        archive.vault.store.writing() as connection,
    ):
        gone = archive.vault.erased_columns(connection)
        connection.execute(sealed_value.update().where(sealed_value.c.subject == spoilt).values(**gone))
    verified = office.run("vault", "verify", "--json")
    assert (verified.code, verified.json["hub_tokens"]["lost"]) == (1, 1)


def test_a_stale_copy_does_not_bring_an_erased_person_back(office: Office) -> None:
    uid = add(office, "C00000029")
    erase(office, uid, "--yes")
    row = office.customer("C00000029")
    office.airtable("客户基本信息").update(row["id"], {"客户姓名": "孙七七", "手机号码": "13700137000"})
    assert office.run("sync").code == 0
    assert not shown(office, "C00000029")
    assert office.run("sync", "--json").json["written"] == {}


def test_a_contract_that_runs_restricts_without_a_date(office: Office) -> None:
    uid = add(office, "C00000039", "13500135000")
    insure(office, "P20200001", "C00000039")
    token = office.customer("C00000039")["fields"]["手机号码"].split("〔")[1].rstrip("〕")
    done = erase(office, uid, "--yes")
    assert (done["restricted"], done["until"]) == (uid, "")
    assert done["rows"] == {"customers": 1, "policies": 1}
    assert office.run("sync").code == 0
    assert not shown(office, "C00000039")
    assert not shown(office, "P20200001")
    refused = office.run("reveal", token, "--purpose", "联系客户")
    assert refused.code != 0
    assert "13500135000" not in refused.out
    assert office.run("find", "mobile", "--json", given="13500135000").json == {"found": []}
    assert "13500135000" in office.run("reveal", token, "--purpose", "法定要求").out
    with (
        office.surroundings({}),
        open_archive(load(office.config), Environment.read()) as archive,
        pytest.raises(CannotRestore),
    ):
        restore_record(archive.engine, "customers", uid, actor="tester")


def test_an_ended_contract_restricts_until_the_longest_rule_has_run(office: Office) -> None:
    uid = add(office, "C00000049", "13400134000")
    insure(office, "P20200002", "C00000049", 终止日期="2024-02-29")
    told = erase(office, uid, "--dry-run")
    assert (told["would"], told["until"]) == ("restricted", "2034-02-28")
    erase(office, uid, "--yes")
    (one,) = (
        each
        for each in office.run("vault", "restricted", "--json").json["restricted"]
        if each["subject"] == uid
    )
    assert (one["until"], one["law"]) == ("2034-02-28", told["law"])


def test_a_legal_hold_restricts_until_it_is_released(office: Office) -> None:
    uid = add(office, "C00000059", "13300133000")
    office.airtable("客户基本信息").update(office.customer("C00000059")["id"], {"法律保留": True})
    assert office.run("sync").code == 0
    done = erase(office, uid, "--yes")
    assert (done["restricted"], done["law"], done["until"]) == (uid, "法律保留", "")
    assert erase(office, uid, "--dry-run")["would"] == "restricted"
    assert office.run("vault", "release", uid, "--reason", "诉讼结束").code == 0
    assert erase(office, uid, "--dry-run")["would"] == "erased"
    assert office.run("vault", "hold", uid, "--reason", "新的诉讼").code == 0
    assert erase(office, uid, "--dry-run")["would"] == "restricted"


def test_the_hold_of_a_live_file_is_ticked_in_its_table(office: Office) -> None:
    answer = office.run("vault", "hold", office.uid("C00000001"), "--reason", "诉讼")
    assert answer.code == 2
    assert "ticked in the table" in answer.err


def test_cleared_values_under_hold_or_named_are_not_purged(office: Office) -> None:
    """Three people's phones were cleared long ago: one is held, one still named by its record, one is neither."""
    uids = {number: add(office, number, f"1320013{number[-4:]}") for number in HELD_NAMED_FREE}
    held, named, free = HELD_NAMED_FREE
    office.airtable("客户基本信息").update(office.customer(held)["id"], {"法律保留": True, "手机号码": ""})
    office.airtable("客户基本信息").update(office.customer(free)["id"], {"手机号码": ""})
    assert office.run("sync").code == 0
    with office.surroundings({}), open_archive(load(office.config), Environment.read()) as archive:
        with archive.hub.reading() as unit:
            record = unit.records.get("customers", uids[named])
            assert record is not None
            archive.vault.clear([str(record.values["mobile"])])
        archive.vault.clock = lambda: datetime.now(UTC) + timedelta(days=31)
        assert purge_cleared(archive) == 1
        found = {one.subject for one in expired(archive.vault)}
    assert found == {uids[held], uids[named]}


def test_nobody_is_erased_who_is_not_there(office: Office) -> None:
    answer = office.run("vault", "erase", "R00000000000000000000", "--reason", "申请", "--yes")
    assert answer.code != 0
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "command",
    [
        "vault erase R0",
        "vault hold R0",
        "vault release R0",
        "archive hold R0",
        "vault declassify customers.mobile",
    ],
)
@pytest.mark.parametrize("number", ["110105199003071239", "１３８ 0013 8000"])
def test_a_reason_with_a_persons_number_is_refused_and_not_quoted(
    office: Office, command: str, number: str
) -> None:
    answer = office.run(*command.split(), "--reason", f"客户{number}本人申请", "--json")
    assert answer.code == 2
    assert "stands in the reason" in answer.json["error"]
    assert number not in answer.out + answer.err
    assert number not in office.run("audit", "export").out
