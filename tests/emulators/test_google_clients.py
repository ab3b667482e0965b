"""Unmodified gspread and google-auth against the service."""

from typing import Any

import gspread
import pytest
import requests
from google.auth.transport.requests import Request as AuthRequest
from google.oauth2.service_account import Credentials
from gspread.utils import ValidationConditionType, ValueRenderOption

from tests.emulators.google_office import BASE, InProcess, Office

SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]


class Local(gspread.HTTPClient):
    """gspread's client, sent to the service's address."""

    def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> Any:
        """One request."""
        for host in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
            endpoint = endpoint.replace(host, BASE)
        return super().request(method, endpoint, *args, **kwargs)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def client(office: Office) -> gspread.Client:
    session = requests.Session()
    session.mount(BASE, InProcess(office.service))
    credentials = Credentials.from_service_account_info(
        office.service.service_account_file(BASE), scopes=SCOPES
    )
    credentials.refresh(AuthRequest(session))
    session.headers["Authorization"] = f"Bearer {credentials.token}"
    return gspread.Client(auth=None, session=session, http_client=Local)


@pytest.fixture
def book(office: Office, client: gspread.Client) -> gspread.Spreadsheet:
    return client.open_by_key(office.book)


def test_gspread_writes_and_reads_a_sheet(book: gspread.Spreadsheet) -> None:
    sheet = book.sheet1
    sheet.update([["姓名", "年龄"], ["王芳", 42]], "A1")
    assert sheet.get_all_records() == [{"姓名": "王芳", "年龄": 42}]
    assert sheet.acell("B2", value_render_option=ValueRenderOption.unformatted).value == 42
    assert sheet.find("王芳").address == "A2"


def test_gspread_adds_rows_below_the_table(book: gspread.Spreadsheet) -> None:
    sheet = book.sheet1
    sheet.append_row(["a", "b"])
    sheet.append_rows([["c", "d"], ["e", "f"]])
    sheet.insert_row(["x", "y"], 2)
    sheet.delete_rows(3)
    assert sheet.get_all_values() == [["a", "b"], ["x", "y"], ["e", "f"]]


def test_gspread_formats_protects_and_validates(book: gspread.Spreadsheet) -> None:
    sheet = book.sheet1
    sheet.update([["v"]], "A1")
    sheet.format("A1", {"textFormat": {"bold": True}, "numberFormat": {"type": "TEXT"}})
    sheet.add_protected_range("A1:A2", warning_only=True)
    sheet.add_validation("B2:B5", ValidationConditionType.one_of_list, ["是", "否"], showCustomUi=True)
    sheet.freeze(rows=1)
    sheet.insert_note("A1", "说明")
    sheet.hide_columns(2, 3)
    sheet.add_dimension_group_rows(1, 3)
    sheet.set_basic_filter("A1:B3")
    sheet.clear_basic_filter()
    assert sheet.get_note("A1") == "说明"
    assert book.fetch_sheet_metadata()["sheets"][0]["protectedRanges"][0]["warningOnly"] is True


def test_gspread_manages_sheets(book: gspread.Spreadsheet) -> None:
    added = book.add_worksheet("客户基本信息", 10, 5)
    copy = added.duplicate(new_sheet_name="副本")
    added.update_title("客户")
    assert [sheet.title for sheet in book.worksheets()] == ["副本", "Sheet1", "客户"]
    book.del_worksheet(copy)
    assert book.worksheet("客户").id == added.id


def test_gspread_shares_and_lists_files(client: gspread.Client) -> None:
    made = client.create("新表")
    made.share("someone@example.com", perm_type="user", role="reader")
    assert {entry["role"] for entry in made.list_permissions()} == {"owner", "reader"}
    made.remove_permissions("someone@example.com", role="reader")
    assert len(made.list_permissions()) == 1
    assert client.open("新表").id == made.id
    copy = client.copy(made.id, title="抄本", copy_comments=False)
    assert copy.title == "抄本"
    client.del_spreadsheet(made.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(made.id)
