"""An office for the tests of the command line: emulated services, an archive of three tables, commands run in this process."""

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest import mock

import requests
import yaml
from gspread.utils import rowcol_to_a1
from pyairtable import Api

from emulators import running
from tablekeeper.archive import vault_url
from tablekeeper.cli.main import _run
from vault.keys import Argon2Cost, from_passphrase
from vault.vault import Vault

try:  # Seven times as quick.
    from yaml import CSafeDumper as Dumper
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeDumper as Dumper  # type: ignore[assignment]
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

ROOT = Path(__file__).parents[2]
PASSPHRASE = "only for tests"
TABLES = ["staff", "customers", "policies"]
MOBILE = "13900139000"


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Office:
    """A running world, and an archive's settings in a folder."""

    folder: Path
    environment: Mapping[str, str]
    description: Mapping[str, Any]

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def run(
        self,
        *arguments: str,
        given: str = "",
        config: Path | None = None,
        changed: Mapping[str, str | None] = MappingProxyType({}),
    ) -> Answer:
        """Run a command; `given` stands on its standard input, `changed` in its environment (None: not set)."""
        out, err = io.StringIO(), io.StringIO()
        with (
            self.surroundings(changed),
            mock.patch.object(sys, "stdin", io.StringIO(given)),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = _run(["--config", str(config or self.config), *arguments])
        return Answer(code, out.getvalue(), err.getvalue())

    @contextmanager
    def surroundings(self, changed: Mapping[str, str | None]) -> Iterator[None]:
        """The environment of this archive, with changes, and nothing of ours from the machine the tests run on."""
        others = {name: text for name, text in os.environ.items() if not name.startswith("TABLEKEEPER_")}
        given = {**self.environment, **changed}
        variables = {name: text for name, text in given.items() if text is not None}
        # No test asks the database of known vulnerabilities: pip-audit is beside this Python, and not beside that one.
        elsewhere = mock.patch.object(sys, "executable", str(self.folder / "python"))
        with mock.patch.dict("os.environ", {**others, **variables}, clear=True), elsewhere:
            yield

    def settings(self, **sync: object) -> None:
        """Write config.yaml: the default archive with three tables and no waiting, and these settings of `sync`."""
        self.config.write_text((ROOT / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        with self.editing() as raw:
            main = [replica for replica in raw["sync"]["replicas"] if "place_env" not in replica]
            raw["sync"]["replicas"] = [{**replica, "tables": TABLES, "calls_per_s": 0} for replica in main]
            raw["sync"] |= {"settle_s": 0, "settle_partial_s": 0, "delete_grace_s": 0, **sync}

    @contextmanager
    def editing(self) -> Iterator[dict[str, Any]]:
        """The content of config.yaml, which is written when the block ends."""
        raw = yaml.load(self.config.read_text(encoding="utf-8"), Loader=Loader)
        yield raw
        text = yaml.dump(raw, Dumper=Dumper, allow_unicode=True, sort_keys=False)
        self.config.write_text(text, encoding="utf-8")

    def make_vault(self) -> None:
        """A vault that opens at once, unlike those that people make."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        cheap = Argon2Cost(iterations=1, lanes=1, memory_kib=64)
        Vault.create(vault_url(self.home), from_passphrase(PASSPHRASE, cost=cheap)).close()

    def airtable(self, table: str) -> Any:
        """A table of the base, as a person has it."""
        told = self.description["airtable"]
        api = Api(told["staff_token"], endpoint_url=told["endpoint_url"])
        return api.base(told["base_id"]).table(table)

    def customer(self, number: str) -> Any:
        """A customer's row in Airtable, by business key."""
        rows = self.airtable("客户基本信息").all()
        return next(row for row in rows if row["fields"].get("客户编号") == number)

    def uid(self, number: str) -> str:
        """A customer's 记录编号."""
        return str(self.customer(number)["fields"]["记录编号"])

    def type_in_sheets(self, tab: str, header: str, key: str, value: str) -> None:
        """A person types into the row of this business key."""
        rows = self._sheets("GET", f"/values/{tab}!A1:BZ50")["values"]
        row = next(number for number, row in enumerate(rows, 1) if key in row)
        place = rowcol_to_a1(row, rows[0].index(header) + 1)
        self._sheets("PUT", f"/values/{tab}!{place}?valueInputOption=RAW", {"values": [[value]]})

    def delete_tab(self, title: str) -> None:
        """A person deletes a tab."""
        sheets = self._sheets("GET", "?fields=sheets.properties")["sheets"]
        (gid,) = (one["properties"]["sheetId"] for one in sheets if one["properties"]["title"] == title)
        self._sheets("POST", ":batchUpdate", {"requests": [{"deleteSheet": {"sheetId": gid}}]})

    def _sheets(self, method: str, path: str, body: object = None) -> Any:
        told = self.description["google"]
        url = f"{told['endpoint_url']}/v4/spreadsheets/{told['spreadsheet_id']}{path}"
        headers = {"Authorization": f"Bearer {told['staff_token']}"}
        answer = requests.request(method, url, headers=headers, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def bare_office(folder: Path) -> Iterator[Office]:
    """Services and settings; nothing is set up."""
    with running(quotas=False) as world:
        environment = {
            **world.env,
            "TABLEKEEPER_HOME": str(folder / "home"),
            "TABLEKEEPER_PASSPHRASE": PASSPHRASE,
            "TABLEKEEPER_USER": "tester",
        }
        office = Office(folder, environment, world.description)
        office.settings()
        yield office


@contextmanager
def office_at_work(folder: Path) -> Iterator[Office]:
    """An archive that is set up, with a customer, one who waits to be mended, and their clerk."""
    with bare_office(folder) as office:
        office.make_vault()
        assert office.run("setup").code == 0
        clerk = office.airtable("员工与部门").create(
            {"工号": "A0001", "姓名": "李业务", "工作邮箱": "li@example.com"}
        )
        boss = office.airtable("员工与部门").create(
            {"工号": "M0001", "姓名": "周主管", "工作邮箱": "zhou@example.com"}
        )
        office.airtable("员工与部门").update(clerk["id"], {"直属主管": [boss["id"]]})
        office.airtable("客户基本信息").batch_create(
            [
                {
                    "客户编号": "C00000001",
                    "客户姓名": "赵六",
                    "手机号码": MOBILE,
                    "服务业务员": [clerk["id"]],
                },
                {
                    "客户编号": "C00000002",
                    "客户姓名": "陈静",
                    "手机号码": "1380013",
                    "服务业务员": [clerk["id"]],
                },
            ]
        )
        assert office.run("sync").code == 0
        yield office
