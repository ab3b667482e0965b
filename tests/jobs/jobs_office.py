"""A small insurer for the tests of jobs: its settings, a real hub on disk, and a clock that stands still."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from jobs.calendar import Calendar
from jobs.collect import collect
from jobs.config import JobsConfig
from jobs.digest import Place
from jobs.digest_page import Anchor
from jobs.due import Today
from jobs.items import Items
from jobs.preview import Archive
from jobs.reminders import ReminderBook
from sync.store.hub import Hub
from sync.store.records import State
from sync.store.seen import Held, SeenState
from validators.issues import Issue
from validators.schema import Level, SchemaConfig
from vault.masks import MasksConfig

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)

LINK_STAFF = {"type": "link", "to": "staff"}
SCHEMA = SchemaConfig.model_validate(
    {
        "tables": {
            "customers": {
                "name": "客户基本信息",
                "key": "customer_no",
                "label": "full_name",
                "subject": "self",
                "owner": "agent_no",
                "fields": {
                    "customer_no": {"name": "客户编号", "type": "text"},
                    "full_name": {"name": "客户姓名", "type": "text"},
                    "mobile": {"name": "手机号码", "type": "phone", "sensitive": {"mask": "phone"}},
                    "agent_no": {"name": "服务业务员", **LINK_STAFF},
                    "status": {"name": "客户状态", "type": "text"},
                    "next_review_on": {"name": "下次审查日期", "type": "date"},
                },
            },
            "policies": {
                "name": "保险合同信息",
                "key": "policy_no",
                "subject": "customer_no",
                "owner": "customer_no.agent_no",
                "fields": {
                    "policy_no": {"name": "保单号", "type": "text"},
                    "customer_no": {"name": "投保人", "type": "link", "to": "customers"},
                    "insured_no": {"name": "被保险人", "type": "link", "to": "customers"},
                    "premium": {"name": "保费金额", "type": "money"},
                    "status": {"name": "保单状态", "type": "text"},
                    "signed_at": {"name": "签单时间", "type": "datetime"},
                    "decided_on": {"name": "核定日期", "type": "date"},
                    "expiry_date": {"name": "满期日期", "type": "date"},
                    "service_agent_no": {"name": "服务业务员", **LINK_STAFF},
                },
            },
            "staff": {
                "name": "员工与部门",
                "key": "staff_no",
                "label": "name",
                "owner": "manager_no",
                "fields": {
                    "staff_no": {"name": "工号", "type": "text"},
                    "name": {"name": "姓名", "type": "text"},
                    "email": {"name": "工作邮箱", "type": "email"},
                    "manager_no": {"name": "直属主管", **LINK_STAFF},
                    "backup_no": {"name": "代理人(休假)", **LINK_STAFF},
                    "away_from": {"name": "休假起", "type": "date"},
                    "away_to": {"name": "休假止", "type": "date"},
                    "active": {"name": "在职", "type": "bool"},
                },
            },
        }
    }
)

REVIEW = {
    "id": "review",
    "kind": "季度审查",
    "table": "customers",
    "anchor": "next_review_on",
    "at": [-14, 0, 14],
    "when": "status != '已注销'",
    "title": "审查客户档案",
}
POLICY_END = {
    "id": "policy_end",
    "kind": "续保",
    "table": "policies",
    "anchor": "expiry_date",
    "at": [-60, -30, -15, -7],
    "when": "status == '有效'",
    "to": "service_agent_no",
    "title": "联系客户续保",
    "priority": "高",
}
HELD_ROWS = {
    "id": "held_rows",
    "kind": "数据校验错误",
    "table": "*",
    "anchor": "held",
    "at": [0, 2],
    "title": "更正未生效的内容",
}
MANAGERS = {"id": "manager_daily", "to": "managers"}
OWNERS = {"id": "owner_daily", "to": "owners"}


def jobs_config(**sections: Any) -> JobsConfig:
    """The three reminders and the managers' digest, unless a section says otherwise."""
    default = {"reminders": [REVIEW, POLICY_END, HELD_ROWS], "digests": [MANAGERS]}
    return JobsConfig.model_validate({**default, **sections})


@dataclass(frozen=True)
class Office:
    """A hub with people in it. Records are called by short names, which are their uids."""

    hub: Hub

    def save(self, table: str, uid: str, /, state: State = State.LIVE, **values: Any) -> None:
        """Create or change a record."""
        with self.hub.unit() as unit:
            unit.records.save(table, uid, values, state=state, now=NOW)

    def hire(self, uid: str, **values: Any) -> None:
        """A member of staff, named and addressed after the uid unless said otherwise."""
        known = {"staff_no": uid, "name": uid, "email": f"{uid}@insurer.example", "active": True}
        row = {key: value for key, value in {**known, **values}.items() if value is not None}
        self.save("staff", uid, **row)

    def hold(
        self, table: str, uid: str, *fields: str, replica: str = "sheets", status: str | None = None
    ) -> None:
        """Let a row wait with held fields in a replica; without any it is in order, unless `status` says otherwise."""
        held = {key: Held(Issue("shape", Level.ERROR, (key,), "格式不符", "在本格改正")) for key in fields}
        with self.hub.unit() as unit:
            status = status or ("错误" if held else "通过")
            unit.seen.save(replica, table, [SeenState(uid, held=held, status=status)])

    def links(self, places: Iterable[Place]) -> dict[Place, tuple[Anchor, ...]]:
        """The addresses of records' rows, as the application gives them: after a look into the hub."""
        found: dict[Place, tuple[Anchor, ...]] = {}
        with self.hub.unit() as unit:
            for table, uid in places:
                if unit.records.get(table, uid):
                    found[table, uid] = (Anchor("Airtable", f"https://tables.example/{table}/{uid}"),)
        return found

    def look(self, today: date = MONDAY, archive: Archive | None = None) -> None:
        """The daily pass over what is due, without its rows in the to-do table."""
        archive = archive or self.archive()
        book, day = (
            ReminderBook(archive.schema, archive.config),
            Today.of(today, Calendar(archive.config.calendar)),
        )
        with self.hub.unit() as unit:
            items, found = Items(unit.connection), collect(archive.ground(unit, book, day))
            items.keep(found.dues, items.open(), today=today, now=NOW)

    def archive(self, config: JobsConfig | None = None) -> Archive:
        """What digests are made from."""
        return Archive(
            name="客户保险档案",
            hub=self.hub,
            schema=self.hub.schema,
            config=config or jobs_config(),
            masks=MasksConfig(),
            links=self.links,
            open=lambda tokens: {},
        )
