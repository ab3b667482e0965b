"""The daily look for identifiers where none belong: found in every corner of both services, told without a value."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import requests
import yaml
from gspread.utils import rowcol_to_a1

from tests.tablekeeper.cli_office import Office, office_at_work

CARD, MOBILE, NUMBER = "6222021234567890128", "13700137001", "11010519491231002X"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("leaks")) as made:
        yield made


def base(office: Office, method: str, path: str, body: object = None) -> dict[str, object]:
    """A person works on the base's own columns."""
    told = office.description["airtable"]
    url = f"{told['endpoint_url']}/v0/meta/bases/{told['base_id']}/tables{path}"
    headers = {"Authorization": f"Bearer {told['staff_token']}"}
    answer = requests.request(method, url, headers=headers, json=body, timeout=10)
    answer.raise_for_status()
    return dict(answer.json())


def test_a_clean_archive_has_none_and_says_when_it_was_looked_at(office: Office) -> None:
    answer = office.run("leaks", "--json")
    assert (answer.code, answer.json) == (0, {"found": {}, "unread": []})
    noted = office.run("status", "--json").json["leak_scan"]
    assert noted.endswith(" 未发现")
    assert abs(date.fromisoformat(noted[:10]) - date.today()) <= timedelta(days=1)


def test_numbers_in_strange_columns_and_tabs_are_found_and_not_told(office: Office) -> None:
    """Beside the table on Sheets, in a tab of somebody's own, and in a column that a person added to Airtable."""
    sheets = office._sheets("GET", "?fields=sheets.properties")["sheets"]
    tab = next(one["properties"] for one in sheets if one["properties"]["title"] == "客户基本信息")
    wider = {"appendDimension": {"sheetId": tab["sheetId"], "dimension": "COLUMNS", "length": 1}}
    draft = {"addSheet": {"properties": {"title": f"草稿{MOBILE}"}}}
    office._sheets("POST", ":batchUpdate", {"requests": [wider, draft]})
    last = tab["gridProperties"]["columnCount"] + 1
    for row, text in ((1, "我的记号"), (3, f"卡 {CARD}")):
        cell = f"客户基本信息!{rowcol_to_a1(row, last)}"
        office._sheets("PUT", f"/values/{cell}?valueInputOption=RAW", {"values": [[text]]})
    office._sheets("PUT", f"/values/草稿{MOBILE}!B2?valueInputOption=RAW", {"values": [[NUMBER]]})
    tables = base(office, "GET", "")["tables"]
    table = next(one["id"] for one in tables if one["name"] == "客户基本信息")  # type: ignore[attr-defined]
    base(office, "POST", f"/{table}/fields", {"name": "私人备注", "type": "singleLineText"})
    office.airtable("客户基本信息").update(office.customer("C00000001")["id"], {"私人备注": MOBILE})
    answer = office.run("leaks", "--json")
    assert answer.code == 4
    found = answer.json["found"]
    assert found.pop(f"sheets 客户基本信息·第{last}列") == 1
    assert found.pop("sheets 其他表·第2列") == 1
    [(place, count)] = found.items()
    assert (place.startswith("airtable 客户基本信息·第"), count) == (True, 1)
    told = answer.out + answer.err + office.run("status").out
    assert not [value for value in (CARD, MOBILE, NUMBER) if value in told]


def test_its_calls_count_in_the_month_and_stop_at_the_reserve(office: Office) -> None:
    raw = yaml.safe_load(office.config.read_text(encoding="utf-8"))
    (airtable,) = (one for one in raw["sync"]["replicas"] if one["name"] == "airtable")

    def allowed(calls: int) -> None:
        airtable["calls_per_month"] = calls
        office.config.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def used() -> int:
        (month,) = office.run("status", "--json").json["calls"].values()
        return int(month["used"])

    allowed(200_000)
    before = used()
    assert office.run("leaks", "--json").json["unread"] == []
    now = used()
    assert now > before
    raw["sync"]["max_lag_s"] = 3_000_000
    allowed(now)
    assert office.run("leaks", "--json").json["unread"] == ["airtable"]
    assert used() == now
    del airtable["calls_per_month"]
    office.config.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_a_service_that_cannot_be_read_is_named(office: Office) -> None:
    answer = office.run("leaks", "--json", changed={"TABLEKEEPER_SPREADSHEET": "nowhere"})
    assert answer.json["unread"] == ["sheets"]
