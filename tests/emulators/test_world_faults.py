"""Faults on order, limits, the journal and the control endpoint, in process."""

from typing import Any

import orjson
import pytest
import requests

from emulators.adapter import IN_PROCESS_URL, mount
from emulators.control import control
from emulators.exchange import Request
from tests.emulators.airtable_world import Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def session(office: Office) -> requests.Session:
    session = requests.Session()
    mount(office.world, session)
    session.headers["Authorization"] = f"Bearer {office.world.airtable.token}"
    return session


def ask(office: Office, method: str, path: str, body: Any = None, **query: str) -> Any:
    content = b"" if body is None else orjson.dumps(body)
    response = control(office.world, Request("", method, path, tuple(query.items()), {}, content))
    return response.status, orjson.loads(response.body)


def order(office: Office, kind: str, *, match: str = "airtable", caller: str = "any", count: int = 1) -> None:
    status, _ = ask(
        office, "POST", "faults", [{"match": match, "caller": caller, "kind": kind, "count": count}]
    )
    assert status == 200


WHOAMI = f"{IN_PROCESS_URL}/v0/meta/whoami"


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("503", 503), ("html", 503)])
def test_an_ordered_error_comes_once_and_then_the_service_is_well(
    office: Office, session: requests.Session, kind: str, status: int
) -> None:
    order(office, kind)
    assert session.get(WHOAMI).status_code == status
    assert session.get(WHOAMI).status_code == 200


def test_a_rate_limit_has_the_shape_that_airtable_gives_it(office: Office, session: requests.Session) -> None:
    order(office, "429")
    assert session.get(WHOAMI).json()["errors"][0]["error"] == "RATE_LIMIT_REACHED"


def test_a_rate_limit_names_the_wait_if_the_policy_says_so(office: Office, session: requests.Session) -> None:
    order(office, "429", count=2)
    assert "Retry-After" not in session.get(WHOAMI).headers
    office.world.policy.change({"rate_limits_name_the_wait": True})
    assert session.get(WHOAMI).headers["Retry-After"] == "30"


@pytest.mark.parametrize(("kind", "created"), [("reset", 0), ("timeout", 0), ("applied_then_lost", 1)])
def test_a_lost_answer_was_applied_and_a_reset_was_not(
    office: Office, session: requests.Session, kind: str, created: int
) -> None:
    order(office, kind, match=r"airtable POST /v0/app\w+/tbl")
    with pytest.raises(requests.exceptions.ConnectionError):
        session.post(f"{IN_PROCESS_URL}/v0/{office.path}", json={"fields": {"姓名": "甲"}})
    assert len(session.get(f"{IN_PROCESS_URL}/v0/{office.path}").json()["records"]) == created


def test_silence_is_a_read_timeout_after_the_clients_own_patience(
    office: Office, session: requests.Session
) -> None:
    before = office.world.clock()
    order(office, "timeout")
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.get(WHOAMI, timeout=(2, 30))
    assert (office.world.clock() - before).total_seconds() == 30


def test_a_slow_answer_takes_time_and_is_an_answer(office: Office, session: requests.Session) -> None:
    before = office.world.clock()
    order(office, "slow")
    assert session.get(WHOAMI, timeout=(2, 30)).status_code == 200
    assert office.world.clock() > before


def test_a_fault_strikes_only_whom_it_is_meant_for(office: Office) -> None:
    order(office, "500", match="airtable GET .*whoami", caller="staff")
    assert office.daemon("GET", "meta/whoami").status == 200
    assert office.staff("GET", "meta/bases").status == 200
    assert office.staff("GET", "meta/whoami").status == 500


def test_an_empty_order_ends_every_fault_and_a_bad_one_changes_nothing(office: Office) -> None:
    order(office, "500", count=100)
    assert ask(office, "POST", "faults", [{"kind": "earthquake"}])[0] == 400
    assert office.daemon("GET", "meta/whoami").status == 500
    ask(office, "POST", "faults", [])
    assert office.daemon("GET", "meta/whoami").status == 200


def test_the_journal_tells_every_call_since_a_number(office: Office) -> None:
    _, before = ask(office, "GET", "requests")
    office.staff("GET", f"{office.base}/客户")
    _, (entry,) = ask(office, "GET", "requests", since=str(before[-1]["n"]))
    wanted = {
        "service": "airtable",
        "method": "GET",
        "path": f"/v0/{office.base}/客户",
        "status": 200,
        "caller": "staff",
    }
    assert wanted.items() <= entry.items()


def test_the_clock_moves_when_told_and_never_back(office: Office) -> None:
    before = office.world.clock()
    ask(office, "POST", "clock", {"advance_s": 90})
    assert (office.world.clock() - before).total_seconds() == 90
    assert ask(office, "POST", "clock", {"advance_s": -1})[0] == 400


def test_five_requests_a_second_and_then_thirty_seconds_of_lock_out(office: Office) -> None:
    ask(office, "POST", "quotas", {"on": True})
    statuses = [office.daemon("GET", office.path).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    office.wait(29)
    assert office.daemon("GET", office.path).status == 429
    office.wait(1)
    assert office.daemon("GET", office.path).status == 200


def test_a_person_is_not_limited_and_does_not_lock_the_daemon_out(office: Office) -> None:
    office.world.quotas.on = True
    assert [office.staff("GET", office.path).status for _ in range(60)] == [200] * 60
    assert office.daemon("GET", office.path).status == 200


def test_the_lock_out_of_one_base_leaves_the_other_open(office: Office) -> None:
    other = office.world.airtable.create_base("另一个")
    office.world.quotas.on = True
    for _ in range(6):
        office.daemon("GET", office.path)
    assert office.daemon("GET", f"meta/bases/{other}/tables").status == 200


def test_fifty_requests_a_second_of_one_person_over_all_bases(office: Office) -> None:
    office.world.quotas.on = True
    statuses = [office.daemon("GET", "meta/whoami").status for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    assert office.staff("GET", "meta/whoami").status == 200


def test_a_spent_month_is_refused_until_the_next_and_metadata_goes_on(office: Office) -> None:
    ask(office, "POST", "quotas", {"on": True, "airtable_monthly": 2})
    for _ in range(2):
        assert office.daemon("GET", office.path).status == 200
    refused = office.daemon("GET", office.path)
    assert refused.body["errors"][0]["error"] == "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
    office.wait(1)
    assert office.daemon("GET", office.schema_path).status == 200
    office.wait(31 * 86400)
    assert office.daemon("GET", office.path).status == 200


def test_a_policy_is_switched_by_name_and_a_wrong_name_is_refused(office: Office) -> None:
    assert ask(office, "POST", "policy", {"payload_per_record": True})[1]["payload_per_record"] is True
    assert ask(office, "POST", "policy", {"payload_per_record": False, "no_such_switch": True})[0] == 400
    assert office.world.policy.payload_per_record is True


def test_seeding_adds_bases_and_replaces_those_of_the_same_id(office: Office) -> None:
    table = {
        "id": "tbl" + "T" * 14,
        "name": "T",
        "primaryFieldId": "fld" + "F" * 14,
        "fields": [{"id": "fld" + "F" * 14, "name": "N", "type": "singleLineText"}],
    }
    record = {"id": "rec" + "R" * 14, "createdTime": "2022-01-01T00:00:00.000Z", "fields": {"N": "x"}}
    base = {"name": "S", "tables": [table], "records": {table["id"]: [record]}}
    for _ in range(2):
        assert ask(office, "POST", "seed", {"bases": {"app" + "S" * 14: base}})[0] == 200
    assert office.daemon("GET", f"app{'S' * 14}/T").body["records"] == [record]


def test_seeded_links_are_completed_at_their_other_end(office: Office) -> None:
    def table(letter: str, other: str) -> dict[str, Any]:
        link = {"linkedTableId": "tbl" + other * 14, "inverseLinkFieldId": "fldL" + other * 13}
        fields: list[dict[str, object]] = [
            {"id": "fld" + letter * 14, "name": "N", "type": "singleLineText"},
            {"id": "fldL" + letter * 13, "name": "L", "type": "multipleRecordLinks", "options": link},
        ]
        return {
            "id": "tbl" + letter * 14,
            "name": letter,
            "primaryFieldId": fields[0]["id"],
            "fields": fields,
        }

    one, two = "rec" + "a" * 14, "rec" + "b" * 14
    records = {
        "tbl" + "a" * 14: [{"id": one, "fields": {"L": [two]}}],
        "tbl" + "b" * 14: [{"id": two, "fields": {}}],
    }
    base = {"name": "S", "tables": [table("a", "b"), table("b", "a")], "records": records}
    ask(office, "POST", "seed", {"bases": {"app" + "S" * 14: base}})
    assert office.cells(two, f"app{'S' * 14}/b") == {"L": [one]}


def test_reset_begins_anew_under_the_same_tokens_and_ids(office: Office) -> None:
    office.create({"姓名": "甲"})
    office.world.deliver(b"Subject: x\r\n\r\ny", sender="a@x", recipients=["b@x"])
    ask(office, "POST", "reset")
    assert office.daemon("GET", office.schema_path).body == {"tables": []}
    assert office.world.mailbox.mails == []
    assert [entry["path"] for entry in ask(office, "GET", "requests")[1]] == [f"/v0/{office.schema_path}"]


def test_the_state_holds_what_was_typed(office: Office) -> None:
    office.create({"姓名": "一个很特别的名字"})
    status, state = ask(office, "GET", "state")
    assert status == 200 and "一个很特别的名字" in orjson.dumps(state).decode()


def test_the_state_shows_what_webhooks_have_told_only_when_asked(office: Office) -> None:
    specification = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    office.daemon("POST", f"bases/{office.base}/webhooks", {"specification": specification})
    (record,) = office.create({"姓名": "打错的号码"})
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"姓名": "掩码"}})
    assert "打错的号码" not in orjson.dumps(ask(office, "GET", "state")[1]).decode()
    assert "打错的号码" in orjson.dumps(ask(office, "GET", "state", history="1")[1]).decode()


def test_an_unknown_action_names_the_known_ones(office: Office) -> None:
    status, body = ask(office, "POST", "nonsense")
    assert status == 404 and "POST clock" in body["known"]
