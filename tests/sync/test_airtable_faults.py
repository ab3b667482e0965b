"""What each kind of answer means, and that no error repeats what a person typed. Single exchanges, answered by hand."""

import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses

from sync.airtable.client import AirtableClient
from sync.airtable.faults import Rejected
from sync.airtable.webhook import Webhook
from sync.errors import (
    AnswerLost,
    BudgetSpent,
    CredentialsRefused,
    NotFound,
    ServiceError,
    Throttled,
    Unavailable,
)
from tests.sync.airtable_office import MemoryBindings

URL = "http://airtable.test"
TABLE_URL = f"{URL}/v0/appX/tblX"
SECRET = "330106198402291234"


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def service() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(clock: FakeClock) -> AirtableClient:
    return AirtableClient(
        service="airtable", url=URL, token="patX", base_id="appX", clock=clock, sleep=clock.sleep
    )


def write(client: AirtableClient) -> None:
    client.update("tblX", {"recX": {"fldX": SECRET}}, typecast=False)


def read(client: AirtableClient) -> None:
    list(client.pages("tblX", fields=["fldX"], formula=f"{{fldX}}='{SECRET}'"))


def envelope(kind: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": f'Field "x" cannot accept "{SECRET}"'}}


LIMIT = {"errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded."}]}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, envelope("AUTHENTICATION_REQUIRED"), CredentialsRefused),
        (401, "<html>", CredentialsRefused),
        (403, envelope("INVALID_PERMISSIONS"), CredentialsRefused),
        (403, envelope("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"), NotFound),
        (403, "<html>blocked</html>", AnswerLost),
        (404, {"error": "NOT_FOUND"}, NotFound),
        (404, {"error": {"type": "NOT_FOUND"}}, NotFound),
        (413, "", Rejected),
        (422, envelope("INVALID_VALUE_FOR_COLUMN"), Rejected),
        (429, LIMIT, Throttled),
        (429, "", Throttled),
        (429, envelope("PUBLIC_API_BILLING_LIMIT_EXCEEDED"), BudgetSpent),
        (429, {"errors": [{"error": "PUBLIC_API_BILLING_LIMIT_EXCEEDED"}]}, BudgetSpent),
        (500, envelope("SERVER_ERROR"), AnswerLost),
        (503, "<html>Sorry</html>", AnswerLost),
        (200, "<html>Sign in to the network</html>", AnswerLost),
    ],
)
def test_a_refused_write_is_told_by_type(
    service: responses.RequestsMock,
    client: AirtableClient,
    status: int,
    body: Any,
    expected: type[ServiceError],
) -> None:
    answer = {"body": body} if isinstance(body, str) else {"json": body}
    service.patch(TABLE_URL, status=status, **answer)
    with pytest.raises(expected) as caught:
        write(client)
    assert type(caught.value) is expected
    assert len(service.calls) == 1


@pytest.mark.parametrize(
    "answer", [{"status": 500}, {"status": 200, "body": "<html>"}, {"body": requests.ReadTimeout()}]
)
def test_a_read_is_tried_four_times_and_then_unavailable(
    service: responses.RequestsMock, client: AirtableClient, answer: dict[str, Any]
) -> None:
    service.post(f"{TABLE_URL}/listRecords", **answer)
    with pytest.raises(Unavailable) as caught:
        read(client)
    assert type(caught.value) is Unavailable and len(service.calls) == 4


@pytest.mark.parametrize(
    "failure", [requests.ReadTimeout, requests.ConnectionError, requests.exceptions.ChunkedEncodingError]
)
def test_a_write_without_an_answer_may_have_taken_effect(
    service: responses.RequestsMock, client: AirtableClient, failure: type[Exception]
) -> None:
    service.patch(TABLE_URL, body=failure(SECRET))
    with pytest.raises(AnswerLost):
        write(client)
    assert len(service.calls) == 1


def test_a_write_that_never_left_did_not_take_effect(clock: FakeClock) -> None:
    nobody = AirtableClient(
        service="airtable",
        url="http://127.0.0.1:1",
        token="patX",
        base_id="appX",
        clock=clock,
        sleep=clock.sleep,
    )
    with pytest.raises(Unavailable) as caught:
        write(nobody)
    assert not isinstance(caught.value, AnswerLost)


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
def test_no_error_repeats_what_a_person_typed(
    service: responses.RequestsMock,
    client: AirtableClient,
    call: Callable[[AirtableClient], None],
    status: int,
) -> None:
    service.patch(TABLE_URL, status=status, json=envelope("SOME_TYPE"))
    service.post(f"{TABLE_URL}/listRecords", status=status, json=envelope("SOME_TYPE"))
    with pytest.raises(ServiceError) as caught:
        call(client)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"), [({}, 30), ({"Retry-After": "5"}, 30), ({"Retry-After": "90"}, 90)]
)
def test_a_rate_limit_is_waited_out(
    service: responses.RequestsMock,
    client: AirtableClient,
    clock: FakeClock,
    header: dict[str, str],
    seconds: int,
) -> None:
    service.patch(TABLE_URL, status=429, json=LIMIT, headers=header)
    with pytest.raises(Throttled):
        write(client)
    clock.sleep(seconds - 1)
    with pytest.raises(Throttled):
        write(client)
    assert len(service.calls) == 1
    clock.sleep(1)
    with pytest.raises(Throttled):
        write(client)
    assert len(service.calls) == 2


def test_calls_keep_below_five_a_second(
    service: responses.RequestsMock, client: AirtableClient, clock: FakeClock
) -> None:
    service.patch(TABLE_URL, json={"records": []})
    times = []
    for _ in range(23):
        write(client)
        times.append(clock())
    assert all(
        later - earlier > timedelta(seconds=1) for earlier, later in zip(times, times[5:], strict=False)
    )


def test_a_webhook_that_the_role_does_not_allow_is_asked_for_once(
    service: responses.RequestsMock, client: AirtableClient, clock: FakeClock
) -> None:
    service.post(f"{URL}/v0/bases/appX/webhooks", status=403, json=envelope("INVALID_PERMISSIONS"))
    webhook = Webhook(client, MemoryBindings(), clock=clock)
    assert webhook.renew() is None and webhook.renew() is None and webhook.changes() is None
    assert webhook.refused and len(service.calls) == 1


def hook_entry(
    *,
    enabled: bool = True,
    expires: str = "2026-03-09T00:00:00.000Z",
    previous: bool = True,
    told: tuple[str, ...] = ("tableData", "tableFields"),
) -> dict[str, Any]:
    includes = {"includes": {"includePreviousCellValues": True}} if previous else {}
    return {
        "id": "achX",
        "isHookEnabled": enabled,
        "cursorForNextPayload": 7,
        "expirationTime": expires,
        "specification": {"options": {"filters": {"dataTypes": [*told]}, **includes}},
    }


@pytest.mark.parametrize(
    "entry",
    [
        hook_entry(enabled=False),
        hook_entry(expires="2026-03-01T00:00:00.000Z"),
        {**hook_entry(), "id": "achY"},
        hook_entry(previous=False),
        hook_entry(told=("tableData",)),
    ],
)
def test_a_webhook_that_is_not_alive_is_not_believed(
    service: responses.RequestsMock, client: AirtableClient, clock: FakeClock, entry: dict[str, Any]
) -> None:
    service.get(f"{URL}/v0/bases/appX/webhooks", json={"webhooks": [entry]})
    bindings = MemoryBindings({"webhook:id": "achX", "webhook:cursor": "5"})
    assert Webhook(client, bindings, clock=clock).changes() is None


def test_a_webhook_that_reports_an_error_is_taken_away(
    service: responses.RequestsMock, client: AirtableClient, clock: FakeClock
) -> None:
    service.get(f"{URL}/v0/bases/appX/webhooks", json={"webhooks": [hook_entry()]})
    payload = {"timestamp": "", "baseTransactionNumber": 9, "error": True, "code": "INVALID_HOOK"}
    page = {"payloads": [payload], "cursor": 6, "mightHaveMore": False}
    service.get(f"{URL}/v0/bases/appX/webhooks/achX/payloads", json=page)
    service.delete(f"{URL}/v0/bases/appX/webhooks/achX", body="")
    bindings = MemoryBindings({"webhook:id": "achX", "webhook:cursor": "5"})
    webhook = Webhook(client, bindings, clock=clock)
    assert webhook.changes() is None and bindings == {} and not webhook.refused
