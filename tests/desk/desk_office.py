"""A desk for the tests: the command in a process of its own, beside an archive of emulated services; and a clerk's browser."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from playwright.sync_api import Page, expect

from tablekeeper.archive import vault_url
from tablekeeper.config import load
from tests.browser import DESKTOP, OpenPage
from tests.tablekeeper.cli_office import PASSPHRASE, Office
from vault.keys import Argon2Cost, from_passphrase
from vault.users import Users
from vault.vault import Vault

COMMAND = "from tablekeeper.cli import main; main()"
KEY = "correct horse battery"
CLERK, SALES, MANAGER = "李柜员", "王业务", "周经理"
ROLES = {CLERK: "客服", SALES: "业务员", MANAGER: "管理层"}

SECRET_VARIABLE = "TABLEKEEPER_OIDC_SECRET"


CLICKS_MAX, TABS_MAX = 3, 40
NOTE_CLICKS = "addEventListener('pointerdown', () => window.noteClick(), true);"


class Clicks:
    """Counts every click in a page from now on, whatever was clicked; text is typed where the page has put the cursor."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0
        page.expose_function("noteClick", self._note)
        page.add_init_script(NOTE_CLICKS)
        page.evaluate(NOTE_CLICKS)

    def _note(self) -> None:
        self.count += 1

    def __call__(self, name: str) -> None:
        """Click a button or link."""
        self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        ).first.click()

    def type(self, text: str, *, into: str) -> None:
        """Type into the field of this label, which has the cursor or is reached with the tabulator."""
        field = self.page.get_by_label(into).first
        expect(field).to_be_visible()
        for _ in range(TABS_MAX):
            if field.evaluate("field => field === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        expect(field).to_be_focused()
        self.page.keyboard.type(text)


@dataclass(frozen=True)
class DeskOffice:
    """A running desk and the office that it belongs to."""

    office: Office
    url: str
    log: Path

    def sign_in(
        self, open_page: OpenPage, path: str = "/find", *, width: int = DESKTOP, name: str = CLERK
    ) -> Page:
        """A person's browser, signed in, at a page of the desk. That the form itself works is a test of its own."""
        with requests.Session() as session:
            session.headers["Origin"] = self.url
            assert sign_in(session, self, name=name).status_code == 303
            cookie = {"name": "desk", "value": session.cookies["desk"], "url": self.url}
        return open_page(self.url + path, width=width, storage_state={"cookies": [cookie], "origins": []})


def form(session: requests.Session, desk: DeskOffice) -> str:
    """What the form to sign in carries for this browser."""
    found = re.search(r'name="form" value="(\w+)"', session.get(f"{desk.url}/sign-in").text)
    assert found
    return found[1]


def sign_in(session: requests.Session, desk: DeskOffice, key: str = KEY, **changes: str) -> requests.Response:
    """Send the form, as a browser without script does."""
    fields = {"form": form(session, desk), "to": "", "name": CLERK, "key": key, **changes}
    return session.post(f"{desk.url}/sign-in", data=fields, allow_redirects=False)


def add_users(office: Office) -> None:
    """One person of each role, whose keys are checked at once."""
    cheap = Argon2Cost(iterations=1, lanes=1, memory_kib=64)
    vault = Vault.open(vault_url(office.home), from_passphrase(PASSPHRASE), config=load(office.config).vault)
    try:
        for name, role in ROLES.items():
            Users(vault, cost=cheap).add(
                name, title=role, role=role, approved_by="陈合规", key=KEY, actor="运维"
            )
    finally:
        vault.close()


@contextmanager
def running_desk(
    office: Office, *options: str, config: Path | None = None, secret: str = "", before: str = ""
) -> Iterator[DeskOffice]:
    """Start the command on a free port; end it at the end of the block.

    `secret` is that of an identity provider's client; `before` is Python that runs in the desk's process first.
    """
    log = office.folder / "desk.log"
    others = {name: text for name, text in os.environ.items() if not name.startswith("TABLEKEEPER_")}
    with log.open("ab") as errors:
        running = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"{before}\n{COMMAND}",
                "--config",
                str(config or office.config),
                "desk",
                "--port",
                "0",
                "--json",
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**others, **office.environment, SECRET_VARIABLE: secret},
            text=True,
        )
    try:
        yield DeskOffice(office, _address(running, log), log)
    finally:
        running.terminate()
        running.communicate(timeout=20)


def _address(running: "subprocess.Popen[str]", log: Path) -> str:
    assert running.stdout is not None
    told = ""
    for line in running.stdout:
        told += line
        if line.rstrip() == "}":
            return str(json.loads(told)["url"])
    raise AssertionError(f"the desk did not start: {log.read_text()}")
