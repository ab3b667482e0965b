"""A served world with a small table on either side, and how a test finds its way on the page."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect
from pyairtable import Api

from emulators.server import Running, running

SCRIPT = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
CHOICES = {"choices": [{"name": "金"}, {"name": "银"}]}
CUSTOMER_FIELDS = [
    {"name": "姓名", "type": "singleLineText"},
    {"name": "等级", "type": "singleSelect", "options": CHOICES},
    {"name": "保费", "type": "currency", "options": {"precision": 2, "symbol": "¥"}},
    {"name": "生日", "type": "date", "options": {"dateFormat": {"name": "iso"}}},
    {"name": "已签", "type": "checkbox", "options": {"icon": "check", "color": "greenBright"}},
    {"name": "备注", "type": "multilineText"},
]
SHEET = [
    ["姓名", "等级", "保费", "已签", "编号"],
    ["丙", "金", "30", "TRUE", "R3"],
    ["甲", "银", "10", "FALSE", "R1"],
    ["乙", "金", "20", "FALSE", SCRIPT],
]


@dataclass(frozen=True, slots=True)
class Office:
    """The running world, and what its interfaces answer the daemon."""

    served: Running

    @property
    def url(self) -> str:
        return str(self.served.description["google"]["endpoint_url"])

    @property
    def customers(self) -> Any:
        airtable = self.served.description["airtable"]
        api = Api(airtable["token"], endpoint_url=airtable["endpoint_url"])
        return api.table(airtable["base_id"], "客户")

    def rows(self) -> list[dict[str, Any]]:
        """The records as they stand, in the order in which they were made."""
        table = self.customers
        return [record["fields"] for record in table.all(view=table.schema().views[0].id)]

    def sheet(self, *, formulas: bool = False) -> list[list[Any]]:
        """The tab's values."""
        how = {"valueRenderOption": "FORMULA"} if formulas else {}
        return list(self.google("GET", "/values/A1:E50", params=how).get("values", []))

    def google(self, method: str, path: str, **options: Any) -> Any:
        """A request about the spreadsheet, as the daemon."""
        google = self.served.description["google"]
        answer = requests.request(
            method,
            f"{google['endpoint_url']}/v4/spreadsheets/{google['spreadsheet_id']}{path}",
            headers={"Authorization": f"Bearer {google['token']}"},
            timeout=10,
            **options,
        )
        answer.raise_for_status()
        return answer.json()

    def batch(self, *changes: dict[str, Any]) -> None:
        """One batchUpdate."""
        self.google("POST", ":batchUpdate", json={"requests": list(changes)})

    def journal(self) -> list[dict[str, Any]]:
        """The API calls so far."""
        answer = requests.get(f"{self.served.description['control_url']}/requests", timeout=10)
        return list(answer.json())

    def mail(self, subject: str, text: str, html: str) -> None:
        """A mail arrives."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@x.cn", "b@x.cn", subject
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        smtp = self.served.description["smtp"]
        with smtplib.SMTP(smtp["host"], smtp["port"]) as client:
            client.send_message(message)


@contextmanager
def page_office() -> Iterator[Office]:
    """A world with three customers on either side."""
    with running(quotas=False) as served:
        office = Office(served)
        airtable = served.description["airtable"]
        api = Api(airtable["token"], endpoint_url=airtable["endpoint_url"])
        api.base(airtable["base_id"]).create_table("客户", CUSTOMER_FIELDS)
        office.customers.batch_create(
            [
                {"姓名": "丙", "等级": "金", "保费": 30, "已签": True},
                {"姓名": "甲", "等级": "银", "保费": 10},
                {"姓名": "乙", "等级": "金", "保费": 20, "备注": SCRIPT},
            ]
        )
        _fill_sheet(office)
        yield office


def _fill_sheet(office: Office) -> None:
    office.google("PUT", "/values/A1", params={"valueInputOption": "USER_ENTERED"}, json={"values": SHEET})
    options = [{"userEnteredValue": "金"}, {"userEnteredValue": "银"}]
    frozen = {"sheetId": 0, "gridProperties": {"frozenRowCount": 1}}
    hidden = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}
    office.batch(
        {"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenRowCount"}},
        _rule(1, {"type": "ONE_OF_LIST", "values": options}),
        _rule(3, {"type": "BOOLEAN"}),
        {
            "repeatCell": {
                "range": _column(0, 0) | {"endRowIndex": 1},
                "cell": {"note": "按证件填写"},
                "fields": "note",
            }
        },
        {
            "updateDimensionProperties": {
                "range": hidden,
                "properties": {"hiddenByUser": True},
                "fields": "hiddenByUser",
            }
        },
    )


def _column(index: int, top: int = 1) -> dict[str, int]:
    return {"sheetId": 0, "startRowIndex": top, "startColumnIndex": index, "endColumnIndex": index + 1}


def _rule(index: int, condition: dict[str, Any]) -> dict[str, Any]:
    return {"setDataValidation": {"range": _column(index), "rule": {"condition": condition}}}


@dataclass(frozen=True, slots=True)
class Pane:
    """One service on the page. Rows and columns count from 0, as the page counts them."""

    page: Page
    name: str

    @property
    def root(self) -> Locator:
        return self.page.locator(f".pane.{self.name}")

    def cell(self, row: int, column: int) -> Locator:
        return self.root.locator(f'[data-row="{row}"][data-column="{column}"]')

    def shows(self, row: int, column: int, text: str) -> None:
        """Wait until a cell shows this."""
        expect(self.cell(row, column)).to_have_text(text)

    def type(self, row: int, column: int, text: str, *, end: str = "Enter") -> None:
        """Click on a cell, type over it, and leave it."""
        self.cell(row, column).click()
        self.page.keyboard.type(text)
        self.page.keyboard.press(end)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def choose(self, top: int, left: int, bottom: int, right: int) -> None:
        """Choose a range."""
        self.cell(top, left).click()
        self.cell(bottom, right).click(modifiers=["Shift"])

    def tool(self, text: str) -> None:
        """Press a button of the toolbar."""
        self.root.get_by_role("toolbar").get_by_role("button", name=text, exact=True).click()


def pane(page: Page, name: str) -> Pane:
    """A service's pane, once the page shows it."""
    page.locator("body[data-ready]").wait_for()
    found = Pane(page, name)
    found.cell(1, 0).wait_for()
    return found
