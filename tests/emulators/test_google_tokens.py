"""The token endpoint, and what a token may do."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from google.auth import jwt
from google.auth.crypt import RSASigner

from emulators.exchange import Request, Response
from tests.emulators.google_office import BASE, Office

SHEETS = "https://www.googleapis.com/auth/spreadsheets"
DRIVE_READ = "https://www.googleapis.com/auth/drive.metadata.readonly"
DRIVE_FILE = "https://www.googleapis.com/auth/drive.file"


@pytest.fixture
def office() -> Office:
    return Office()


def ask(office: Office, signer: RSASigner | None = None, **claims: Any) -> Response:
    account = office.service.service_account_file(BASE)
    now = int(time.time())
    payload = {
        "iss": account["client_email"],
        "aud": account["token_uri"],
        "scope": SHEETS,
        "iat": now,
        "exp": now + 3600,
        **claims,
    }
    assertion = jwt.encode(signer or RSASigner.from_string(account["private_key"]), payload).decode()
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    return office.service.handle(Request("google", "POST", "/token", body=urlencode(form).encode()))


def token(office: Office, **claims: Any) -> str:
    response = ask(office, **claims)
    assert response.status == 200, response.body
    return str(json.loads(response.body)["access_token"])


def test_a_signed_assertion_buys_a_token_for_an_hour(office: Office) -> None:
    answer = json.loads(ask(office).body)
    assert (answer["expires_in"], answer["token_type"]) == (3599, "Bearer")
    assert office.call("GET", "", token=answer["access_token"])["spreadsheetId"] == office.book
    office.advance(seconds=3600)
    error = office.refused("GET", "", token=answer["access_token"])
    assert (error["code"], error["status"]) == (401, "UNAUTHENTICATED")


def test_a_foreign_key_is_refused(office: Office) -> None:
    other = Office().service.service_account_file(BASE)
    response = ask(office, RSASigner.from_string(other["private_key"]))
    assert response.status == 400
    assert json.loads(response.body) == {
        "error": "invalid_grant",
        "error_description": "Invalid JWT Signature.",
    }


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.test/token"},
        {"iss": "nobody@example.com"},
        {"iat": int(time.time()) - 9000, "exp": int(time.time()) - 5400},
        {"iat": int(time.time()), "exp": int(time.time()) + 7200},
        {"scope": ""},
    ],
)
def test_a_wrong_claim_is_refused(office: Office, claims: dict[str, Any]) -> None:
    assert ask(office, **claims).status == 400


def test_a_token_reaches_as_far_as_its_scope(office: Office) -> None:
    drive_only, sheets_only = token(office, scope=DRIVE_READ), token(office, scope=SHEETS)
    assert (
        office.refused("GET", "", token=drive_only)["message"]
        == "Request had insufficient authentication scopes."
    )
    assert office.send("GET", f"/drive/v3/files/{office.book}", token=drive_only).status == 200
    assert office.send("GET", f"/drive/v3/files/{office.book}", token=sheets_only).status == 403
    assert (
        office.send("PATCH", f"/drive/v3/files/{office.book}", {"name": "x"}, token=drive_only).status == 403
    )


def test_a_read_only_token_does_not_write(office: Office) -> None:
    reader = token(office, scope=SHEETS + ".readonly")
    assert office.send("GET", f"/v4/spreadsheets/{office.book}/values/A1", token=reader).status == 200
    assert office.send("POST", f"/v4/spreadsheets/{office.book}/values/A1:clear", token=reader).status == 403


def test_drive_file_does_not_see_a_sheet_that_was_merely_shared(office: Office) -> None:
    own = token(office, scope=DRIVE_FILE)
    assert office.send("GET", f"/drive/v3/files/{office.book}", token=own).status == 404
    made = office.send(
        "POST",
        "/drive/v3/files",
        {"name": "x", "mimeType": "application/vnd.google-apps.spreadsheet"},
        token=own,
    )
    assert office.send("GET", f"/v4/spreadsheets/{json.loads(made.body)['id']}", token=own).status == 200


def test_no_token_and_a_wrong_token_are_not_authenticated(office: Office) -> None:
    for wrong in ("", "ya29.wrong"):
        assert office.refused("GET", "", token=wrong)["code"] == 401


def test_callers_are_told_apart(office: Office) -> None:
    def caller(bearer: str) -> str:
        return office.service.caller(
            Request("google", "GET", "/v4/spreadsheets/x", headers={"authorization": f"Bearer {bearer}"})
        )

    assert (caller(office.service.staff_token), caller(office.service.token)) == ("staff", "daemon")
