"""A person with an open claim: what the claim needs stays at work, everything else is restricted."""

import json
from collections.abc import Iterator

import pytest

from sync.store.records import State
from tablekeeper.case_ends import end_cases
from tablekeeper.cli.main import options
from tablekeeper.cli.opening import opened
from tablekeeper.mailing import facts
from tests.tablekeeper.cli_office import Office, office_at_work

TO_ERASE = "可彻底删除的受限客户"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("cases")) as office:
        with office.editing() as raw:
            for replica in raw["sync"]["replicas"]:
                replica["tables"] = [*replica["tables"], "claims", "consents"]
        assert office.run("setup").code == 0
        customer = office.airtable("客户基本信息").create(
            {"客户编号": "C00000201", "客户姓名": "孙七", "手机号码": "13100131000"}
        )
        for number in ("P0000201", "P0000202"):
            office.airtable("保险合同信息").create(
                {"保单号": number, "投保人": [customer["id"]], "终止日期": "2001-02-03", "保单状态": "终止"}
            )
        office.airtable("同意记录").create({"客户": [customer["id"]], "用途与范围": "营销"})
        claimed = next(
            row for row in office.airtable("保险合同信息").all() if row["fields"]["保单号"] == "P0000201"
        )
        office.airtable("历史理赔记录").create(
            {"赔案号": "CLM0000201", "保单号": [claimed["id"]], "出险人": [customer["id"]]}
        )
        assert office.run("sync").code == 0
        yield office


def shown(office: Office, text: str) -> bool:
    rows = [
        office.airtable(name).all() for name in ("客户基本信息", "保险合同信息", "历史理赔记录", "同意记录")
    ]
    return text in json.dumps(rows, ensure_ascii=False)


def erase(office: Office, uid: str, *more: str) -> dict[str, object]:
    answer = office.run("vault", "erase", uid, "--reason", "申请", "--json", *more)
    assert answer.code == 0, answer.err
    found: dict[str, object] = answer.json
    return found


def test_what_an_open_claim_needs_stays_until_it_is_closed_and_the_rest_leaves(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = office.uid("C00000201")
    token = office.customer("C00000201")["fields"]["手机号码"].split("〔")[1].rstrip("〕")
    done = erase(office, uid, "--yes")
    assert (done["restricted"], done["open_cases"]) == (uid, ["历史理赔记录 CLM0000201"])
    assert done["rows"] == {"policies": 1, "consents": 1}
    assert office.run("sync").code == 0
    kept = ("C00000201", "P0000201", "CLM0000201")
    assert [shown(office, text) for text in (*kept, "P0000202", "营销")] == [True, True, True, False, False]
    assert office.run("reveal", token, "--purpose", "联系客户").code != 0
    assert "13100131000" in office.run("reveal", token, "--purpose", "理赔").out

    monkeypatch.setattr(options, "config", office.config)
    with office.surroundings({}), opened() as archive, archive.hub.unit() as unit:
        (gone,) = [one for one in unit.records.of_table("policies", *State) if one.key == "P0000202"]
        # As a restored backup would have it.
        unit.records.save("policies", gone.uid, gone.values, state=State.LIVE, now=archive.engine.clock())
    assert office.run("sync").code == 0
    assert not shown(office, "P0000202")

    claim = office.airtable("历史理赔记录").all()[0]
    office.airtable("历史理赔记录").update(claim["id"], {"理赔状态": "已撤案"})
    assert office.run("sync").code == 0

    with office.surroundings({}), opened() as archive:
        assert dict(facts(archive).operations)[TO_ERASE] == "0"
        assert (end_cases(archive), end_cases(archive)) == (1, 0)
        assert dict(facts(archive).operations)[TO_ERASE] == "1"
    assert office.run("sync").code == 0
    assert not any(shown(office, text) for text in kept)
    assert office.run("reveal", token, "--purpose", "理赔").code != 0
    assert erase(office, uid, "--dry-run")["would"] == "erased"
    assert office.run("vault", "restricted", "--json").json["restricted"][0]["purposes"] == []
    assert erase(office, uid, "--yes")["erased"] == uid
