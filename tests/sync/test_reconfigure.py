"""A configuration that changes under an archive at work: what the hub makes of it, and what it says beforehand."""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from sync.config import SyncConfig
from sync.connection import SystemColumn
from sync.effects import effects
from sync.engine import Engine, Replica
from sync.history_chain import history_faults
from sync.reconfigure import ChangeRefused, reconfigure, remembered
from sync.rewriting import stored
from sync.shape import Shape
from sync.store.hub import Hub
from tests.postgres import stored_in
from tests.sync.conftest import MAIN, SCHEMA, NewOffice, Office
from tests.sync.memory import MemoryConnection
from validators.schema import SchemaConfig
from vault.config import RoleConfig, VaultConfig
from vault.declassifying import approve, approvers
from vault.errors import RoleRefuses
from vault.keys import Argon2Cost
from vault.users import User, Users

CLAIMS: dict[str, Any] = {"name": "理赔部", "service": "sheets", "tables": ["customers"], "edit": {}}
Change = Callable[[dict[str, Any]], None]


def changed(office: Office, change: Change = lambda schema: None, *departments: dict[str, Any]) -> Office:
    """The same archive and tables after a restart with another configuration."""
    raw = copy.deepcopy(SCHEMA)
    change(raw)
    old, schema = office.engine, SchemaConfig.model_validate(raw)
    settings = {"settle_s": 0, "settle_partial_s": 0, "delete_grace_s": 0, "replicas": [*MAIN, *departments]}
    config = SyncConfig.model_validate(settings)
    url = old.hub.engine.url.render_as_string(hide_password=False)
    old.hub.close()
    there = {one.name: one.connection for one in old.replicas}
    office.engine = Engine(
        schema=schema,
        config=config,
        hub=Hub(url, schema),
        vault=old.vault,
        masks=old.masks,
        replicas=tuple(
            Replica(there.get(one.name) or MemoryConnection(one.name, "key"), one, schema)
            for one in config.replicas
        ),
        clock=old.clock,
        random_bits=old.random_bits,
        zone=old.zone,
    )
    return office


def told(office: Office) -> list[str]:
    """What the new configuration will do, before it does it."""
    old = remembered(office.engine.hub)
    assert old is not None
    new = Shape(office.engine.schema, office.engine.config.replicas)
    with office.engine.hub.reading() as unit:
        return [str(one) for one in effects(unit, old, new, office.engine.today())]


def held_by_hub(office: Office) -> bytes:
    """Everything that the hub's store holds."""
    return stored_in(office.engine.hub.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def at_work(new_office: NewOffice) -> Office:
    office = new_office(CLAIMS)
    for name, job in (("王小明", "教师"), ("李小红", "护士")):
        office.airtable.type_row("customers", full_name=name, occupation=job, notes="备注内容")
    office.calm()
    office.airtable.find("customers", full_name="王小明").cells["occupation"] = "园艺师"
    office.calm()
    return office


def occupation(**settings: object) -> Change:
    def change(schema: dict[str, Any]) -> None:
        schema["tables"]["customers"]["fields"]["occupation"] |= settings

    return change


def test_field_made_sensitive_is_sealed_everywhere_and_purged_from_the_hub(at_work: Office) -> None:
    office = at_work
    escaped = "园艺师".encode("unicode_escape").replace(b"\\u", b"\\u")
    assert escaped in held_by_hub(office) or "园艺师".encode() in held_by_hub(office)
    office = changed(office, occupation(sensitive={"mask": "redact"}), CLAIMS)
    assert told(office) == ["档案:客户·职业:将加密2个值,6格"]
    office.calm()
    for name in ("airtable", "sheets", "理赔部"):
        line = office.replica(name).find("customers", full_name="王小明")
        assert re.fullmatch(r".*〔\w{10}〕", line.cells["occupation"])
    for text in ("园艺师", "教师"):
        assert text.encode() not in held_by_hub(office) and text.encode("unicode_escape") not in held_by_hub(
            office
        )
    assert history_faults(office.engine.hub, office.engine.vault) == []


def test_value_held_in_a_field_that_is_made_sensitive_is_purged_too(new_office: NewOffice) -> None:
    def plain(schema: dict[str, Any]) -> None:
        schema["tables"]["customers"]["fields"]["occupation"]["max_length"] = 4

    office = changed(new_office(), plain)
    line = office.airtable.type_row("customers", full_name="王小明", occupation="高级园艺设计师")
    office.calm()
    escaped = "高级园艺设计师".encode("unicode_escape")
    assert escaped in held_by_hub(office) or "高级园艺设计师".encode() in held_by_hub(office)
    office = changed(office, occupation(sensitive={"mask": "redact"}))
    reconfigure(office.engine)
    for text in ("高级园艺设计师".encode(), "高级园艺设计师".encode("unicode_escape")):
        assert text not in held_by_hub(office)
    office.calm()
    assert "高级园艺设计师" not in str(line.cells)


def test_value_that_was_not_written_over_yet_when_its_field_became_sensitive_is_nobodys_edit(
    at_work: Office,
) -> None:
    """4: seed 4722. Airtable showed still what Sheets had changed: that is known, sealed or not."""
    office = at_work
    office.sheets.find("customers", full_name="王小明").cells["occupation"] = "飞行员"
    office.airtable.fail_after = 0
    office.cycle()
    office.airtable.fail_after = None
    office = changed(office, occupation(sensitive={"mask": "redact"}), CLAIMS)
    office.calm()
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []
    shown = {
        one.find("customers", full_name="王小明").cells["occupation"]
        for one in (office.airtable, office.sheets)
    }
    assert len(shown) == 1


def test_value_of_an_insert_without_an_answer_is_purged_too(at_work: Office) -> None:
    office = at_work
    office.airtable.type_row("customers", full_name="张敏", occupation="飞行员")
    office.sheets.loses_answers = True
    office.cycle()
    office.sheets.loses_answers = False
    office = changed(office, occupation(sensitive={"mask": "redact"}), CLAIMS)
    reconfigure(office.engine)
    for text in ("飞行员".encode(), "飞行员".encode("unicode_escape")):
        assert text not in held_by_hub(office)


def test_replica_that_joins_makes_no_conflict_of_an_insert_without_an_answer(at_work: Office) -> None:
    office = at_work
    line = office.airtable.type_row("customers", full_name="张敏", occupation="飞行员")
    office.sheets.loses_answers = True
    office.cycle()
    office.sheets.loses_answers = False
    line.cells["occupation"] = "护士"
    office = changed(office, lambda schema: None, CLAIMS, {**CLAIMS, "name": "客服部"})
    office.calm()
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []


def test_sealed_value_is_what_it_was(at_work: Office) -> None:
    office = at_work
    office = changed(office, occupation(sensitive={"mask": "redact"}), CLAIMS)
    office.calm()
    with office.engine.hub.reading() as unit:
        tokens = [str(one.values["occupation"]) for one in unit.records.of_table("customers")]
    assert set(office.engine.vault.open_for_check(tokens).values()) == {"园艺师", "护士"}


NAMES = ("li.na", "wang.fang", "zhao.lei")
KEY = "correct-battery-staple"


def approvers_of(office: Office) -> list[User]:
    """Users of the vault: two who may approve, and a third who may not."""
    roles = {"主管": RoleConfig(approve=True), "客服": RoleConfig()}
    office.engine.vault.config = VaultConfig(roles=roles)
    users = Users(office.engine.vault, cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))
    return [
        users.add(name, title=name, role=role, approved_by="chen", key=KEY, actor="ops")
        for name, role in zip(NAMES, ("主管", "主管", "客服"), strict=True)
    ]


def test_sensitive_field_is_made_plain_by_two_users_of_the_vault_only(at_work: Office) -> None:
    office = at_work
    vault, field = office.engine.vault, "customers.occupation"
    first, second, clerk = approvers_of(office)
    office = changed(office, occupation(sensitive={"mask": "redact"}), CLAIMS)
    office.calm()

    def refused(*names: str) -> None:
        plain = {"approved_by": names, "reason": "公开资料"} if names else None
        with pytest.raises(ChangeRefused, match=r"tables\.customers\.fields\.occupation"):
            changed(office, occupation(plain=plain), CLAIMS).cycle()

    refused()
    refused(*NAMES[:2])  # Names in a file approve nothing.
    approve(vault, first, [field], reason="公开资料")
    approve(vault, first, [field], reason="公开资料")
    refused(*NAMES[:2])
    with pytest.raises(RoleRefuses):
        approve(vault, clerk, [field], reason="公开资料")
    refused(NAMES[0], NAMES[2])
    approve(vault, second, ["customers.mobile"], reason="另一栏")
    refused(*NAMES[:2])
    approve(vault, second, [field], reason="公开资料")
    refused(NAMES[0], "somebody")
    Users(vault).disable(NAMES[1], actor="ops")
    refused(*NAMES[:2])
    Users(vault).enable(NAMES[1], approved_by="chen", actor="ops")
    office = changed(office, occupation(plain={"approved_by": NAMES[:2], "reason": "公开资料"}), CLAIMS)
    assert told(office) == ["档案:客户·职业:将改为明文2个值,6格"]
    office.calm()
    for name in ("airtable", "sheets", "理赔部"):
        jobs = {line.cells["occupation"] for line in office.replica(name).lines("customers")}
        assert jobs == {"园艺师", "护士"}
    assert approvers(vault, field) == frozenset()  # Used up.


def test_values_that_are_none_of_the_new_type_stay_where_they_stand_and_in_the_ledger(
    at_work: Office,
) -> None:
    office = at_work
    office.airtable.find("customers", full_name="李小红").cells["occupation"] = "2020-01-02"
    office.calm()
    office = changed(office, occupation(type="date"), CLAIMS)
    assert told(office) == ["档案:客户·职业:2个值按新类型重读", "档案:客户·职业:1个值将不再有效"]
    office.calm()
    line = office.airtable.find("customers", full_name="王小明")
    assert line.cells["occupation"] == "园艺师" and line.system[SystemColumn.STATUS] == "错误"
    assert office.sheets.find("customers", full_name="李小红").cells["occupation"] == "2020-01-02"
    with office.engine.hub.reading() as unit:
        (entry,) = unit.lists.conflicts()
        (good,) = [one for one in unit.records.of_table("customers") if "occupation" in one.values]
    assert entry.other == "园艺师" and good.values["occupation"].isoformat() == "2020-01-02"


def test_option_that_is_renamed_is_renamed_in_every_row(new_office: NewOffice) -> None:
    office = new_office()
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    link = [office.airtable.row_id("customers", customer)]
    office.airtable.type_row("policies", policy_no="P2020", customer_no=link, status="有效")
    office.calm()

    def rename(schema: dict[str, Any]) -> None:
        schema["options"]["status"] = {"values": ["有效中", "终止"], "aliases": {"有效": "有效中"}}

    office = changed(office, rename)
    assert told(office) == ["档案:保单·状态:“有效”改为“有效中”,1个值"]
    office.calm()
    assert office.airtable.lines("policies")[0].cells["status"] == "有效中"
    assert office.sheets.lines("policies")[0].cells["status"] == "有效中"


def test_option_that_is_taken_away_is_told_and_stays_where_it_was_chosen(new_office: NewOffice) -> None:
    office = new_office()
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    link = [office.airtable.row_id("customers", customer)]
    for number in ("P2020", "P2021"):
        office.airtable.type_row("policies", policy_no=number, customer_no=link, status="有效")
    office.calm()

    def take_away(schema: dict[str, Any]) -> None:
        schema["options"]["status"]["values"].remove("有效")

    office = changed(office, take_away)
    assert told(office) == ["档案:保单·状态:选项“有效”不再可选,已填的2个值保持不变"]
    office.calm()
    for replica in (office.airtable, office.sheets):
        assert [line.cells["status"] for line in replica.lines("policies")] == ["有效", "有效"]


def test_field_that_is_dropped_and_comes_back_has_kept_its_values(at_work: Office) -> None:
    office = at_work

    def drop(schema: dict[str, Any]) -> None:
        del schema["tables"]["customers"]["fields"]["occupation"]

    office = changed(office, drop, CLAIMS)
    assert told(office) == ["档案:客户·职业:不再同步,2个值留在档案里"]
    office.airtable.find("customers", full_name="王小明").cells["full_name"] = "王晓明"
    office.calm()
    with office.engine.hub.reading() as unit:
        assert len(stored(unit.connection, "customers", "occupation")) == 2
    office = changed(office, lambda schema: None, CLAIMS)
    office.calm()
    with office.engine.hub.reading() as unit:
        jobs = {one.values.get("occupation") for one in unit.records.of_table("customers")}
    assert jobs == {"园艺师", "护士"}


def test_department_that_loses_a_column_is_told_in_numbers_and_the_archive_keeps_it(at_work: Office) -> None:
    office = at_work
    fewer = {**CLAIMS, "fields": {"customers": ["customer_no", "full_name"]}}
    office = changed(office, lambda schema: None, fewer)
    assert told(office) == ["理赔部:客户将移除6列,6格"]
    office.calm()
    assert {line.cells["occupation"] for line in office.airtable.lines("customers")} == {"园艺师", "护士"}


def test_column_that_comes_back_to_a_department_is_filled_and_clears_nothing(at_work: Office) -> None:
    office = at_work
    theirs = {**CLAIMS, "edit": {"customers": ["occupation"]}}
    office = changed(office, lambda schema: None, theirs)
    office.calm()
    office = changed(office, lambda schema: None, {**CLAIMS, "fields": {"customers": ["full_name"]}})
    office.calm()
    for line in office.replica("理赔部").lines("customers"):
        del line.cells["occupation"]
    office = changed(office, lambda schema: None, theirs)
    office.calm()
    assert {line.cells["occupation"] for line in office.airtable.lines("customers")} == {"园艺师", "护士"}
    assert {line.cells["occupation"] for line in office.replica("理赔部").lines("customers")} == {
        "园艺师",
        "护士",
    }


def test_filter_that_changes_deletes_nothing_and_says_how_many_rows_come_and_go(at_work: Office) -> None:
    office = at_work
    filtered = {**CLAIMS, "filter": {"customers": "occupation == '护士'"}}
    office = changed(office, lambda schema: None, filtered)
    assert told(office) == ["理赔部:客户将移出1行(次日早晨)"]
    office.calm()
    office.clock.advance(86_400)
    office.calm()
    assert [line.cells["full_name"] for line in office.replica("理赔部").lines("customers")] == ["李小红"]
    assert len(office.airtable.lines("customers")) == len(office.sheets.lines("customers")) == 2
    office = changed(office, lambda schema: None, CLAIMS)
    office.calm()
    assert len(office.replica("理赔部").lines("customers")) == 2


def test_department_that_is_retired_and_emptied_meanwhile_deletes_nothing_when_it_comes_back(
    at_work: Office,
) -> None:
    office = at_work
    sheet = office.replica("理赔部")
    retired = changed(office)
    assert told(retired) == ["理赔部:不再同步,2行留在原处,档案不变"]
    retired.calm()
    sheet.lines("customers").clear()
    office = changed(retired, lambda schema: None, CLAIMS)
    office.calm()
    assert len(office.replica("理赔部").lines("customers")) == len(office.airtable.lines("customers")) == 2


def test_same_configuration_changes_nothing(at_work: Office) -> None:
    office = at_work
    before = office.writes
    office = changed(office, lambda schema: None, CLAIMS)
    assert told(office) == []
    office.calm()
    assert office.writes == before
