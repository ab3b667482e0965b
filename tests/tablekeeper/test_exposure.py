"""What the command exposure counts, over emulated services."""

from collections.abc import Iterator

import pytest

from tests.tablekeeper.cli_office import Office, office_at_work


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("office")) as office:
        yield office


def test_plaintext_and_people_are_counted_and_a_reached_threshold_alarms_once(office: Office) -> None:
    before = office.run("exposure", "--json").json
    office.airtable("客户基本信息").create(
        {
            "客户编号": "C00000059",
            "客户姓名": "孙七",
            "身份证号码": "11010519900307",
            "手机号码": "13600136000",
        }
    )
    office.airtable("客户基本信息").create(
        {"客户编号": "C00000069", "客户姓名": "钱小", "出生日期": "2020-05-01"}
    )
    assert office.run("sync").code == 0
    found = office.run("exposure", "--json").json
    cells = {(one["replica"], one["field"]): one for one in found["cells"]}
    mobile = cells["airtable", "customers.mobile"]
    known = {(one["replica"], one["field"]): one["found"] for one in before["cells"]}
    assert mobile["found"] == known.get(("airtable", "customers.mobile"), 0) + 1
    assert (mobile["standing"], mobile["longest_s"] >= 0) == (0, True)
    assert cells["airtable", "customers.id_number"]["found"] > known.get(
        ("airtable", "customers.id_number"), 0
    )
    assert found["declared"] == before["declared"] + 2
    assert found["declared_sensitive"] == before["declared_sensitive"] + 1
    assert found["stray_sensitive"] >= 1
    reached = {one["name"]: one["reached"] for one in found["thresholds"]}
    assert reached == {"people": False, "sensitive": True, "many_sensitive": False}
    office.run("exposure", "--json")
    alarms = [
        one for one in office.run("vault", "alarms", "--json").json["alarms"] if one["kind"] == "exposure"
    ]
    assert len(alarms) == 1
    assert "13600136000" not in office.run("exposure").out
