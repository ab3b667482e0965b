"""The heartbeat table and the addresses of records."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from sync.errors import TableMissing
from tests.sync.airtable_office import Office, open_office


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as opened:
        yield opened


def test_a_stamp_keeps_one_row_per_key(office: Office) -> None:
    office.connection.stamp({"同步": "正常", "待更正": "3"})
    office.served.world.clock.advance(1800)
    office.connection.stamp({"同步": "正常", "待更正": "2"})
    rows = [record["fields"] for record in office.table("系统状态").all()]
    assert {row["项目"]: row["内容"] for row in rows} == {"同步": "正常", "待更正": "2"}
    now = office.served.world.clock()
    assert all(abs((now - moment(row["更新时间"])).total_seconds()) < 2 for row in rows)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_stamp_survives_a_lost_answer(office: Office) -> None:
    office.fault("PATCH", "applied_then_lost")
    office.connection.stamp({"同步": "正常"})
    assert len(office.table("系统状态").all()) == 1


def test_a_stamp_is_no_news_for_the_next_pull(office: Office) -> None:
    office.pull()
    office.connection.stamp({"同步": "正常"})
    assert office.pull() == {}


def test_a_stamp_before_setup_says_what_is_missing() -> None:
    with open_office(set_up=False) as office, pytest.raises(TableMissing):
        office.connection.stamp({"同步": "正常"})


def test_a_record_has_an_address(office: Office) -> None:
    row = office.insert("R1")
    origin = office.served.description["airtable"]["endpoint_url"]
    place = f"{office.base().id}/{office.bindings['table:customers']}/{row.row_id}"
    assert office.connection.url("customers", row.row_id, -1) == f"{origin}/{place}"
    assert office.connection.url("customers", "", -1) is None
