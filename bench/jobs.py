"""What reminders and digests cost: side by side with reading the same rows, so that the ratio does not depend on the machine."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from jobs.calendar import Calendar
from jobs.collect import Ground, collect
from jobs.due import Today
from jobs.files import Files
from jobs.preview import Archive, digests_named, find, write_mails
from jobs.reminders import ReminderBook
from sync.store.hub import Hub
from sync.store.records import State
from tablekeeper.config import Config, load

CUSTOMERS, POLICIES, RECIPIENTS = 100_000, 150_000, 1_000
REPEATS = 3
BLOCK = 5_000
ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
DAY = date(2026, 11, 23)


def job_figures() -> dict[str, Any]:
    """`reminders_cpu_ratio`: all reminders over the rows ÷ reading them. `digest_s`: rendering 1,000 mails of 20 items."""
    config = load(ROOT / "config.yaml")
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(f"sqlite:///{folder}/hub.db", config)
        try:
            _fill(hub)
            return {**_reminders(hub, config), **_digests(folder, config)}
        finally:
            hub.close()


def _reminders(hub: Hub, config: Config) -> dict[str, float]:
    book = ReminderBook(config, config)
    today = Today.of(DAY, Calendar(config.calendar))
    with hub.reading() as unit:

        def read() -> None:
            for table in ("customers", "policies"):
                for _ in unit.records.of_table(table):
                    pass

        def ask() -> None:
            collect(Ground(unit, Files(unit, config), config, book, today, lambda tokens: {}))

        pairs = [(_cpu_s(read), _cpu_s(ask)) for _ in range(REPEATS)]
    reading_s, asking_s = (median(times) for times in zip(*pairs, strict=True))
    return {
        "reminders_cpu_ratio": round(asking_s / reading_s, 2),
        "reminders_s": round(asking_s, 2),
        "reminders_rows_per_s": round((CUSTOMERS + POLICIES) / asking_s),
    }


def _digests(folder: str, config: Config) -> dict[str, float]:
    """From what was found to the rendered mails."""
    hub = Hub(f"sqlite:///{folder}/digests.db", config)
    try:
        with hub.unit() as unit:
            staff = {f"s{n:04}": _person(n) for n in range(RECIPIENTS)}
            unit.records.save_many(
                "staff", {uid: (row, State.LIVE, ()) for uid, row in staff.items()}, now=NOW
            )
            rows = {
                f"c{n:05}": _customer(n, agent=f"s{n % RECIPIENTS:04}", due=True)
                for n in range(20 * RECIPIENTS)
            }
            unit.records.save_many(
                "customers", {uid: (row, State.LIVE, ()) for uid, row in rows.items()}, now=NOW
            )
        archive = Archive("bench", hub, config, config, config.masks, lambda places: {}, lambda tokens: {})
        with hub.reading() as unit:
            found = find(
                unit, archive, ReminderBook(config, config), Today.of(DAY, Calendar(config.calendar))
            )
        started = time.process_time()
        mails = write_mails(found, archive, digests_named(config, ["agent_daily"])).mails
        seconds = time.process_time() - started
        assert len(mails) >= RECIPIENTS, "every agent has something due"
        return {"digest_s": round(seconds * 1_000 / len(mails), 2)}
    finally:
        hub.close()


def _cpu_s(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _fill(hub: Hub) -> None:
    """Customers and contracts as an office has them: one in twenty is due for something."""
    with hub.unit() as unit:
        unit.records.save_many(
            "staff", {f"s{n:04}": (_person(n), State.LIVE, ()) for n in range(100)}, now=NOW
        )
    for table, count, row in (("customers", CUSTOMERS, _customer), ("policies", POLICIES, _policy)):
        for first in range(0, count, BLOCK):
            with hub.unit() as unit:
                rows = {f"{table[0]}{n:06}": (row(n), State.LIVE, ()) for n in range(first, first + BLOCK)}
                unit.records.save_many(table, rows, now=NOW)


def _person(number: int) -> dict[str, Any]:
    return {
        "staff_no": f"A{number:04}",
        "name": "王芳",
        "email": f"a{number:04}@example.cn",
        "department": "业务部",
        "active": True,
    }


def _customer(number: int, *, agent: str = "", due: bool = False) -> dict[str, Any]:
    reviewed = DAY - timedelta(days=number * 7919 % 80)
    return {
        "customer_no": f"C{number:08}",
        "full_name": "王小明",
        "gender": "女",
        "birth_date": date(1950, 1, 1) + timedelta(days=number * 104_729 % 20_000),
        "id_number": f"TOKEN{number:05}A",
        "mobile": f"TOKEN{number:05}B",
        "home_address": f"TOKEN{number:05}C",
        "id_valid_to": DAY + timedelta(days=-5 if due else 100 + number * 31 % 3000),
        "occupation": "教师",
        "occupation_class": "1类",
        "agent_no": agent or f"s{number % 100:04}",
        "status": "在保客户",
        "created_on": date(2020, 1, 1) + timedelta(days=number * 13 % 2000),
        "reviewed_on": reviewed,
        "next_review_on": reviewed + timedelta(days=90),
    }


def _policy(number: int) -> dict[str, Any]:
    effective = DAY - timedelta(days=number * 7 % 3000)
    return {
        "policy_no": f"P2020{number:08}",
        "customer_no": f"c{number % CUSTOMERS:06}",
        "insured_no": f"c{number % CUSTOMERS:06}",
        "product_name": "康宁终身",
        "product_type": "医疗保险",
        "apply_date": effective,
        "issue_date": effective,
        "delivered_date": effective,
        "callback_on": effective,
        "effective_date": effective,
        "expiry_date": effective + timedelta(days=3650),
        "pay_frequency": "年交",
        "next_due": DAY + timedelta(days=number * 11 % 365),
        "grace_until": DAY + timedelta(days=60 + number * 11 % 365),
        "agent_no": f"s{number % 100:04}",
        "status": "有效" if number % 5 else "终止",
    }
