"""The engine against the emulators, over HTTP on loopback: setup, import, first spreading, idle and full cycles."""

import os
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emulators import running
from emulators.server import Running
from sync.admit import NewRow, admit
from sync.config import ReplicaConfig
from sync.cycle import run_cycle
from sync.uid import new_uid
from tablekeeper.archive import open_archive
from tablekeeper.cli.opening import make_vault
from tablekeeper.config import Config, load
from tablekeeper.environment import Environment

CUSTOMERS = 600
REPEATS = 10
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ROOT = Path(__file__).resolve().parent.parent


def engine_figures(customers: int = CUSTOMERS) -> dict[str, Any]:
    """Every measurement of the engine, one after the other, on one archive with two records per customer."""
    with running(quotas=False) as world, tempfile.TemporaryDirectory() as home:
        os.environ.update(
            {**world.env, "TABLEKEEPER_HOME": home, "TABLEKEEPER_PASSPHRASE": secrets.token_hex()}
        )
        return measure(world, impatient(load(ROOT / "config.yaml")), customers)


def impatient(config: Config) -> Config:
    """The shipped config without waiting: what is measured is work."""
    replicas = tuple(ReplicaConfig(name=name, service=name, calls_per_s=0) for name in ("airtable", "sheets"))
    changes = {"settle_s": 0, "settle_partial_s": 0, "delete_grace_s": 0, "replicas": replicas}
    return config.model_copy(update={"sync": config.sync.model_copy(update=changes)})


def measure(world: Running, config: Config, customers: int) -> dict[str, Any]:
    """Seconds and requests of setup, import, first spreading, an idle cycle and one edit."""
    environment = Environment.read()
    make_vault(config, environment)
    requests = Requests(world)
    with open_archive(config, environment) as archive:
        engine = archive.engine
        figures: dict[str, Any] = {"customers": customers, "records": 2 * customers}

        def timed(name: str, work: Callable[[], object], repeats: int = 1) -> None:
            requests.taken()
            started = time.perf_counter()
            for _ in range(repeats):
                work()
            figures[f"{name}_s"] = round((time.perf_counter() - started) / repeats, 4)
            figures[f"{name}_requests"] = requests.taken() / repeats
            print(
                f"{name:>14} {figures[f'{name}_s']:9.3f} s {figures[f'{name}_requests']:7.1f} requests",
                flush=True,
            )

        timed("setup", lambda: [replica.connection.setup() for replica in engine.replicas])
        timed("setup_again", lambda: [replica.connection.setup() for replica in engine.replicas])
        run_cycle(engine)
        rows = invented(customers)
        timed("import", lambda: admit(engine, rows))
        timed("spread", lambda: run_cycle(engine))
        for _ in range(3):
            run_cycle(engine)
        timed("idle_cycle", lambda: run_cycle(engine), REPEATS)
        timed("full_cycle", lambda: run_cycle(engine, full=True))
        figures["import_rows_per_s"] = round(len(rows) / figures["import_s"])
        return figures


class Requests:
    """Counts what the daemon asked of the services."""

    def __init__(self, world: Running) -> None:
        self._journal = world.world.journal
        self._last = 0

    def taken(self) -> int:
        """Requests since the last question."""
        new = [entry for entry in self._journal.since(self._last) if entry["caller"] == "daemon"]
        self._last = max((entry["n"] for entry in self._journal.since(0)), default=self._last)
        return len(new)


def invented(customers: int) -> list[NewRow]:
    """Customers that do not exist, each with a policy."""
    rows: list[NewRow] = []
    for number in range(customers):
        customer, policy = (new_uid(datetime.now(UTC), secrets.randbits) for _ in range(2))
        person = {
            "full_name": "王小明",
            "id_number": identity(number),
            "mobile": f"154{number:08d}",
            "home_address": "北京市朝阳区建国路1号",
            "occupation": "教师",
        }
        contract = {
            "policy_no": f"P2025{number:08d}",
            "premium": 1200,
            "sum_insured": 100_000,
            "effective_date": "2025-01-01",
            "expiry_date": "2027-01-01",
            "status": "有效",
        }
        links = {"customer_no": customer, "insured_no": customer}
        rows += [NewRow("customers", customer, person), NewRow("policies", policy, contract, links)]
    return rows


def identity(number: int) -> str:
    """A well-formed identity number of a province that does not exist."""
    body = f"170105{1950 + number % 50}{1 + number % 12:02}{1 + number % 28:02}{number % 1000:03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]
