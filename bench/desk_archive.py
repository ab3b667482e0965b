"""An archive of many customers for the bench of the desk: hub and vault as the daemon leaves them, without any service."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sync.connection import Uid
from sync.store.hub import Hub
from sync.store.records import State
from sync.store.seen import SeenState
from sync.uid import new_uid
from tablekeeper.archive import hub_url, vault_url
from tablekeeper.config import Config
from validators.identity import check_character
from validators.values import Value
from vault.keys import Argon2Cost, from_passphrase
from vault.plaintext import Plaintext
from vault.users import Users
from vault.values import Secret
from vault.vault import Vault

BLOCK = 2_000
TABLE = "customers"
KEY, PASSPHRASE, CLERK = "correct horse battery", "only for the bench", "clerk"
CHEAP = Argon2Cost(iterations=1, lanes=1, memory_kib=64)
NOBODY = "http://127.0.0.1:1"
"""The desk calls no service while it shows a record."""


def fill(config: Config, home: Path, records: int) -> list[Uid]:
    """Make hub and vault in this folder, with one user; the uids of the customers."""
    vault = Vault.create(vault_url(home), from_passphrase(PASSPHRASE, cost=CHEAP), config=config.vault)
    hub = Hub(hub_url(home), config)
    try:
        Users(vault, cost=CHEAP).add(
            CLERK, title=CLERK, role="客服", approved_by="boss", key=KEY, actor="ops"
        )
        now, bits = datetime.now(UTC), random.Random(3).getrandbits
        uids = [new_uid(now, bits) for _ in range(records)]
        for start in range(0, records, BLOCK):
            _fill_block(hub, vault, start, uids[start : start + BLOCK], now)
        return uids
    finally:
        hub.close()
        vault.close()


def variables(home: Path) -> dict[str, str]:
    """The environment of a desk on that archive."""
    credentials = home / "nobody.json"
    credentials.write_text("{}")
    return {
        "TABLEKEEPER_HOME": str(home),
        "TABLEKEEPER_PASSPHRASE": PASSPHRASE,
        "TABLEKEEPER_AIRTABLE_URL": NOBODY,
        "TABLEKEEPER_AIRTABLE_TOKEN": "none",
        "TABLEKEEPER_AIRTABLE_BASE": "appNone",
        "TABLEKEEPER_GOOGLE_URL": NOBODY,
        "TABLEKEEPER_GOOGLE_CREDENTIALS": str(credentials),
        "TABLEKEEPER_SPREADSHEET": "none",
    }


def _fill_block(hub: Hub, vault: Vault, start: int, uids: list[Uid], now: datetime) -> None:
    secrets = [secret for number, uid in enumerate(uids, start) for secret in _secrets(number, uid)]
    tokens = iter(vault.seal(secrets))
    rows = {
        uid: {**_plain(number), "id_number": next(tokens).token, "mobile": next(tokens).token}
        for number, uid in enumerate(uids, start)
    }
    with hub.unit() as unit:
        unit.records.save_many(TABLE, {uid: (row, State.LIVE, ()) for uid, row in rows.items()}, now=now)
        for replica in ("airtable", "sheets"):
            states = [
                SeenState(
                    uid,
                    row_id=f"rec{uid[-14:]}" if replica == "airtable" else "",
                    position=start + at,
                    base=row,
                )
                for at, (uid, row) in enumerate(rows.items())
            ]
            unit.seen.save(replica, TABLE, states)


def _secrets(number: int, uid: Uid) -> Iterator[Secret]:
    body = f"11010519{60 + number % 40}0101{number % 1000:03}"
    idno = body + check_character(body)
    yield Secret(f"{TABLE}.id_number", uid, Plaintext(idno), f"1{'*' * 16}{idno[-1]}", searchable=True)
    yield Secret(
        f"{TABLE}.mobile",
        uid,
        Plaintext(f"+86139{number:08}"),
        f"139****{number % 10000:04}",
        searchable=True,
    )


def _plain(number: int) -> dict[str, Value]:
    return {
        "customer_no": f"C{number:08}",
        "full_name": "王" + chr(0x4E00 + number % 2000) + chr(0x4E00 + number // 2000),
        "customer_type": "个人",
        "gender": "女",
        "nationality": "中国",
        "id_type": "居民身份证",
        "occupation": "教师",
        "status": "在保客户",
        "level": "普通",
    }
