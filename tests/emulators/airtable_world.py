"""A world with one customer table, and plain clients for the daemon and a member of staff. Shared by the Airtable tests."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from emulators.clock import Clock
from emulators.exchange import Request
from emulators.world import World

CUSTOMER_FIELDS: list[dict[str, Any]] = [
    {"name": "姓名", "type": "singleLineText"},
    {"name": "等级", "type": "singleSelect", "options": {"choices": [{"name": "金"}, {"name": "银"}]}},
    {"name": "标签", "type": "multipleSelects", "options": {"choices": [{"name": "老客户"}]}},
    {"name": "保费", "type": "currency", "options": {"precision": 2, "symbol": "¥"}},
    {"name": "生日", "type": "date", "options": {"dateFormat": {"name": "iso"}}},
    {
        "name": "回访时间",
        "type": "dateTime",
        "options": {
            "dateFormat": {"name": "iso"},
            "timeFormat": {"name": "24hour"},
            "timeZone": "Asia/Shanghai",
        },
    },
    {"name": "已签", "type": "checkbox", "options": {"icon": "check", "color": "greenBright"}},
    {"name": "备注", "type": "richText"},
]


@dataclass(frozen=True, slots=True)
class Answered:
    """Status and body of an answer."""

    status: int
    body: Any

    @property
    def error(self) -> str:
        """The error's type, whichever envelope holds it."""
        error = self.body["error"]
        return str(error if isinstance(error, str) else error["type"])


@dataclass(frozen=True, slots=True)
class Client:
    """Sends JSON to the world as the owner of one token."""

    world: World
    token: str

    def __call__(self, method: str, path: str, body: Any = None, query: Any = ()) -> Answered:
        """One request below /v0."""
        request = Request(
            "airtable",
            method,
            "/v0/" + quote(path),
            tuple(query.items() if isinstance(query, dict) else query),
            {"authorization": f"Bearer {self.token}"},
            b"" if body is None else orjson.dumps(body),
        )
        response = self.world.handle(request).response
        assert response is not None
        return Answered(response.status, orjson.loads(response.body))


class Office:
    """The world, its two clients, and the ids of the customer table."""

    def __init__(self, *, seed: int = 1) -> None:
        self.world = World(clock=Clock(manual=True), seed=seed, quotas=False)
        self.daemon = Client(self.world, self.world.airtable.token)
        self.staff = Client(self.world, self.world.airtable.staff_token)
        self.base = self.world.base_id
        self.schema_path = f"meta/bases/{self.base}/tables"
        self.table = self.create_table("客户", CUSTOMER_FIELDS)
        self.path = f"{self.base}/{self.table['id']}"

    def create_table(self, name: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
        """A new table, as the person at the screen makes it."""
        answered = self.staff("POST", self.schema_path, {"name": name, "fields": fields})
        assert answered.status == 200, answered
        return dict(answered.body)

    def create(self, *rows: dict[str, Any], path: str = "", typecast: bool = False) -> list[str]:
        """New records; their ids."""
        body = {"records": [{"fields": row} for row in rows], "typecast": typecast}
        answered = self.daemon("POST", path or self.path, body)
        assert answered.status == 200, answered
        return [record["id"] for record in answered.body["records"]]

    def cells(self, record_id: str, path: str = "") -> dict[str, Any]:
        """A record's cells by field name."""
        answered = self.daemon("GET", f"{path or self.path}/{record_id}")
        assert answered.status == 200, answered
        return dict(answered.body["fields"])

    def field(self, name: str, table: dict[str, Any] | None = None) -> dict[str, Any]:
        """The definition of a field as it is now."""
        wanted = (table or self.table)["id"]
        tables = self.daemon("GET", self.schema_path).body["tables"]
        fields = next(entry["fields"] for entry in tables if entry["id"] == wanted)
        return next(dict(entry) for entry in fields if entry["name"] == name)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.world.clock.advance(seconds)
