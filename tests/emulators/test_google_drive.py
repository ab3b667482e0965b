"""Drive: files, the lag of cell edits, changes, permissions, export and import."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.emulators.google_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def drive(office: Office, method: str, path: str, body: Any = None, **query: str) -> Any:
    response = office.send(method, f"/drive/v3/{path}?{urlencode(query)}", body)
    assert response.status == 200, response.body.decode()
    return json.loads(response.body)


def times(office: Office) -> Any:
    return drive(office, "GET", f"files/{office.book}", fields="version,modifiedTime")


def test_a_cell_edit_reaches_drive_about_three_minutes_later(office: Office) -> None:
    before = times(office)
    office.advance(minutes=1)
    office.put("A1", [["x"]])
    office.advance(minutes=2)
    office.put("A1", [["y"]])
    assert times(office) == before
    office.advance(minutes=1)
    after = times(office)
    assert (after["version"], after["modifiedTime"]) == ("2", "2026-03-02T04:03:00.000Z")
    office.advance(minutes=60)
    assert times(office) == after


def test_a_new_title_shows_at_once(office: Office) -> None:
    office.advance(minutes=1)
    office.batch({"updateSpreadsheetProperties": {"properties": {"title": "新名"}, "fields": "title"}})
    found = drive(office, "GET", f"files/{office.book}", fields="name,modifiedTime")
    assert found == {"name": "新名", "modifiedTime": "2026-03-02T04:01:00.000Z"}


def test_changes_list_each_file_once(office: Office) -> None:
    token = drive(office, "GET", "changes/startPageToken")["startPageToken"]
    assert drive(office, "GET", "changes", pageToken=token)["changes"] == []
    made = drive(
        office, "POST", "files", {"name": "x", "mimeType": "application/vnd.google-apps.spreadsheet"}
    )["id"]
    for _ in range(2):
        office.put("A1", [["x"]])
        office.advance(minutes=4)
    answer = drive(office, "GET", "changes", pageToken=token)
    assert [(change["fileId"], change["removed"]) for change in answer["changes"]] == [
        (made, False),
        (office.book, False),
    ]
    office.send("DELETE", f"/drive/v3/files/{made}")
    following = drive(office, "GET", "changes", pageToken=answer["newStartPageToken"])
    assert [(change["fileId"], change["removed"]) for change in following["changes"]] == [(made, True)]


def test_files_are_searched_and_paged(office: Office) -> None:
    for name in ("甲", "乙", "don't"):
        drive(office, "POST", "files", {"name": name, "mimeType": "application/vnd.google-apps.spreadsheet"})
    found = drive(
        office,
        "GET",
        "files",
        q="mimeType='application/vnd.google-apps.spreadsheet' and name = \"don't\" and trashed = false",
    )
    assert [file["name"] for file in found["files"]] == ["don't"]
    names, query = set(), {"pageSize": "3"}
    while True:
        page = drive(office, "GET", "files", **query)
        names |= {file["name"] for file in page["files"]}
        if "nextPageToken" not in page:
            break
        query["pageToken"] = page["nextPageToken"]
    assert names == {"甲", "乙", "don't", "客户档案"}


def test_permissions_show_addresses_only_when_asked(office: Office) -> None:
    short = drive(office, "GET", f"files/{office.book}/permissions")
    assert set(short["permissions"][0]) == {"kind", "id", "type", "role"}
    full = drive(office, "GET", f"files/{office.book}/permissions", fields="permissions(emailAddress,role)")
    assert {"emailAddress": "staff@example.com", "role": "writer"} in full["permissions"]


def test_an_unknown_file_is_not_found_in_drives_own_words(office: Office) -> None:
    error = json.loads(office.send("GET", "/drive/v3/files/none").body)["error"]
    assert error["message"] == "File not found: none."
    assert error["errors"][0] == {
        "message": "File not found: none.",
        "domain": "global",
        "reason": "notFound",
        "locationType": "parameter",
        "location": "fileId",
    }


def test_a_sheet_is_exported_as_csv(office: Office) -> None:
    office.put("A1:B2", [["a,b", 1], ["", "c"]])
    response = office.send("GET", f"/drive/v3/files/{office.book}/export?mimeType=text%2Fcsv")
    assert response.body == b'"a,b",1\r\n,c'


def test_an_uploaded_csv_takes_the_place_of_all_sheets(office: Office) -> None:
    office.batch({"addSheet": {"properties": {"title": "gone"}}})
    response = office.send(
        "PUT", f"/upload/drive/v2/files/{office.book}?uploadType=media&convert=True", b"a,2020-01-01\nb,7"
    )
    assert response.status == 200
    assert office.get("客户档案", "UNFORMATTED_VALUE") == [["a", 43831], ["b", 7]]


def test_a_copy_is_a_file_of_its_own(office: Office) -> None:
    office.put("A1", [["x"]])
    copy = drive(office, "POST", f"files/{office.book}/copy", {})
    assert copy["name"] == "Copy of 客户档案"
    office.put("A1", [["changed"]])
    office.book = copy["id"]
    assert office.get("A1") == [["x"]]


def test_files_are_found_in_their_folder_and_move_to_another(office: Office) -> None:
    made = drive(office, "POST", "files", {"name": "x", "parents": ["folder1"]})["id"]
    for wanted in ("'folder1' in parents", 'parents in "folder1"'):
        assert [file["id"] for file in drive(office, "GET", "files", q=wanted)["files"]] == [made]
    moved = drive(
        office, "PATCH", f"files/{made}", addParents="folder2", removeParents="folder1", fields="parents"
    )
    assert moved == {"parents": ["folder2"]}
    assert drive(office, "GET", "files", q="'folder1' in parents")["files"] == []
