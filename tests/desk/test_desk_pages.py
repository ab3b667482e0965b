"""Intake, import and status in a browser; what roles may see; and an accessibility scan of every page."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from sync.lease import lease
from sync.polling import Polling
from sync.store.hub import Hub
from tablekeeper.archive import hub_url, open_archive
from tablekeeper.config import load
from tablekeeper.environment import Environment
from tablekeeper.lag import Lag
from tablekeeper.metrics import Standing
from tests.browser import DESKTOP, PHONE, OpenPage
from tests.desk.desk_office import CLERK, CLICKS_MAX, KEY, MANAGER, SALES, Clicks, DeskOffice
from tests.sync.people import ID_NUMBER, identity
from tests.tablekeeper.cli_office import Office

WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])
Picture = Callable[..., Path]
BUDGET = "service: airtable\n    calls_per_month: 90000"
OTHER_NUMBER = identity("44030519880512002")


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label).first.fill(value)


# Intake


@WIDTHS
def test_number_is_validated_while_it_is_typed_and_fills_in_what_it_tells(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, width: int
) -> None:
    page = desk.sign_in(open_page, "/enter", width=width)
    fill(page, "身份证号码", ID_NUMBER[:-2])
    expect(page.get_by_text("共16位，应为18位")).to_be_visible()
    keep_picture(page, "wrong")
    fill(page, "身份证号码", ID_NUMBER)
    expect(page.get_by_label("出生日期").first).to_have_value("1990-03-07")
    expect(page.get_by_text("登记地：北京市朝阳区")).to_be_visible()
    keep_picture(page, "prefilled", full_page=True)


def test_customer_and_policy_are_entered_in_at_most_three_clicks_and_reach_the_tables_masked(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    page = desk.sign_in(open_page, f"/r/{desk.office.uid('C00000001')}")
    click = Clicks(page)
    click("录入")
    click.type("孙七", into="客户姓名")
    click.type(OTHER_NUMBER, into="身份证号码")
    click.type("13600136000", into="手机号码")
    click.type("P2026-0007", into="保单号")
    click("保存")
    expect(page.get_by_text("已保存，稍后写入各表")).to_be_visible()
    keep_picture(page, "entered")
    assert 0 < click.count <= CLICKS_MAX
    journal = desk.office.run("sync")
    assert journal.code == 0
    row = next(
        one for one in desk.office.airtable("客户基本信息").all() if one["fields"].get("客户姓名") == "孙七"
    )
    assert row["fields"]["手机号码"].startswith("136****6000〔")
    assert row["fields"]["出生日期"] == "1988-05-12"
    policies = [one["fields"].get("保单号") for one in desk.office.airtable("保险合同信息").all()]
    assert "P2026-0007" in policies


def test_number_that_somebody_has_is_told_on_saving_and_nothing_is_stored(
    desk: DeskOffice, open_page: OpenPage
) -> None:
    page = desk.sign_in(open_page, "/enter")
    fill(page, "客户姓名", "周八")
    fill(page, "手机号码", "1360013")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("有内容需要改正")).to_be_visible()
    expect(page.get_by_text("共7位，应为11位")).to_be_visible()
    assert desk.office.run("sync").code == 0
    names = [one["fields"].get("客户姓名") for one in desk.office.airtable("客户基本信息").all()]
    assert "周八" not in names


def test_number_of_somebody_else_is_told_only_on_saving(desk: DeskOffice, open_page: OpenPage) -> None:
    """Told while typing, it would answer whoever tries numbers through; on saving each answer counts."""
    taken = identity("32010619791105004")
    for saving in (False, True):
        page = desk.sign_in(open_page, "/enter")
        fill(page, "客户姓名", f"冯{'甲乙'[saving]}")
        fill(page, "身份证号码", taken)
        expect(page.get_by_label("出生日期").first).to_have_value("1979-11-05")
        expect(page.get_by_text("已有相同的记录")).to_have_count(0)
        page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已有相同的记录").first).to_be_visible()


# Import


def workbook(*rows: tuple[str, ...]) -> dict[str, Any]:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "=台账"
    for row in (("姓名", "手机号码", "职业"), *rows):
        sheet.append(list(row))
    content = BytesIO()
    book.save(content)
    return {"name": "台账.xlsx", "mimeType": "application/octet-stream", "buffer": content.getvalue()}


@WIDTHS
def test_workbook_is_looked_at_then_taken_in_and_its_result_kept(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, width: int
) -> None:
    name = f"吴{'九十'[width > PHONE]}"
    page = desk.sign_in(open_page, "/import", width=width)
    page.set_input_files(
        "input[type=file]", workbook((name, "1350013500" + str(width)[0], "教师"), ("郑某某", "135", ""))
    )
    expect(page.get_by_role("heading", name="预览：台账.xlsx")).to_be_visible()
    keep_picture(page, "preview", full_page=True)
    page.get_by_role("button", name="导入 2 行").click()
    expect(page.get_by_role("heading", name="已导入")).to_be_visible(timeout=20_000)
    keep_picture(page, "imported")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载结果").click()
    result = load_workbook(BytesIO(download.value.path().read_bytes()))
    cells = [cell for sheet in result for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert any(str(cell.value).startswith("'=台账") for cell in cells)
    assert not any("1350013500" in str(cell.value) for cell in cells)


def test_file_that_is_no_workbook_is_refused_in_words(desk: DeskOffice, open_page: OpenPage) -> None:
    page = desk.sign_in(open_page, "/import")
    file = {"name": "x.xlsx", "mimeType": "application/octet-stream", "buffer": b"nothing of the kind"}
    page.set_input_files("input[type=file]", file)
    expect(page.get_by_text("不是 .xlsx 工作簿")).to_be_visible()


# Status


@WIDTHS
def test_status_says_first_what_is_the_matter(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, width: int
) -> None:
    page = desk.sign_in(open_page, "/status", width=width, name=MANAGER)
    expect(page.get_by_text("守护进程没有运行", exact=True)).to_be_visible()
    expect(page.get_by_text("此后录入的内容还没有加密")).to_be_visible()
    expect(page.locator("canvas")).to_be_visible()
    keep_picture(page, "stopped", full_page=True)
    with lease(desk.office.home):
        expect(page.get_by_text("守护进程没有运行", exact=True)).to_have_count(0, timeout=20_000)


def test_status_tells_upkeep_on_the_page_and_in_the_command_alike(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    office, config = desk.office, load(desk.office.config)
    hub = Hub(hub_url(office.home), config)
    try:
        hub.bindings("checks").set("backup", "2026-11-22 02:00")
        hub.bindings("daemon").set("cycle_s", "0.25")
    finally:
        hub.close()
    told = office.run("status", "--json").json
    assert (told["backup"], told["cycle_s"], told["restore_drill"]) == ("2026-11-22 02:00", 0.25, None)
    # The office has seen a customer typed in with a phone, and masked it.
    assert (told["plaintext"]["standing"], told["plaintext"]["found"] > 0) == (0, True)
    page = desk.sign_in(open_page, "/status", name=MANAGER)
    for words in ("2026-11-22 02:00", "0.25 秒", "由运维执行 tablekeeper backup drill", "现有 0 格"):
        expect(page.get_by_text(words)).to_be_visible()
    keep_picture(page, "upkeep", full_page=True)


def facts(page: Page) -> dict[str, str]:
    """The facts of the page by name."""
    names, texts = (
        page.locator("dl.facts dt").all_inner_texts(),
        page.locator("dl.facts dd").all_inner_texts(),
    )
    return dict(zip(names, texts, strict=True))


def test_status_shows_the_figures_of_the_command_and_of_the_metrics(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    office = desk.office
    office.airtable("客户基本信息").create({"客户姓名": "钱小", "出生日期": "2020-05-01"})
    assert office.run("sync").code == 0
    assert office.run("exposure", "--json").code == 0
    told = office.run("status", "--json").json
    page = desk.sign_in(open_page, "/status", name=MANAGER)
    # Pages share an answer for some seconds; one that is open renews itself.
    customers = page.locator("#tables ~ .scroll tbody tr").filter(has_text="客户基本信息")
    expect(customers).to_contain_text(str(told["records"]["客户基本信息"]), timeout=15_000)
    alarms = page.locator("dl.facts dt", has_text="未处理的报警").locator("xpath=following-sibling::dd[1]")
    expect(alarms).to_have_text(str(told["alarms"]), timeout=15_000)
    keep_picture(page, "figures", full_page=True)
    rows = [row.split() for row in page.locator("#tables ~ .scroll tbody tr").all_inner_texts()]
    assert {name: int(count) for name, count, *_ in rows} == told["records"]
    assert {name: int(held) for name, _, held, _ in rows} == told["held"]
    assert {name: int(waiting) for name, *_, waiting in rows} == told["waiting"]
    shown = facts(page)
    assert int(shown["两边不一样"]) == told["conflicts"]
    assert int(shown["等待确认的删除"]) == told["deletions"]
    assert int(shown["保险库中的值"]) == told["tokens"]
    assert int(shown["未处理的报警"]) == told["alarms"]
    plaintext = told["plaintext"]
    assert shown["明文"] == f"现有 {plaintext['standing']} 格；近 30 天发现过 {plaintext['found']} 格"
    people = [int(text) for text in page.locator("#exposure ~ ul li b").all_inner_texts()]
    thresholds = {one["name"]: one["people"] for one in told["exposure"]["thresholds"]}
    assert people == list(thresholds.values())
    assert figures_of_the_metrics(office) == {
        "conflicts": told["conflicts"],
        "deletions": told["deletions"],
        **thresholds,
    }
    with lease(office.home):
        expect(page.locator(".verdict")).to_contain_text("本年明文出境人数达到法定门槛")


def figures_of_the_metrics(office: Office) -> dict[str, float]:
    """What the daemon would tell of the same archive."""
    with office.surroundings({}), open_archive(load(office.config), Environment.read()) as archive:
        engine = archive.engine
        connections = {one.name: (one.config, one.connection) for one in engine.replicas}
        lag = Lag(connections, limit_s=60, clock=engine.clock)
        told = list(Standing(engine, Polling(engine.config, connections, engine.hub), lag).collect())
    found = {one.name: one.samples for one in told}
    waiting = {name: found[f"tablekeeper_{name}_waiting"][0].value for name in ("conflicts", "deletions")}
    people = {one.labels["threshold"]: one.value for one in found["tablekeeper_exposed_people"]}
    return {**waiting, **people}


def test_status_tells_calls_against_their_budget(desk: DeskOffice) -> None:
    office, config = desk.office, desk.office.folder / "budget.yaml"
    config.write_text(office.config.read_text().replace("service: airtable", BUDGET, 1))
    assert office.run("status", "--json", config=config).json["calls"] == {
        "airtable": {"used": 0, "limit": 90_000}
    }


def test_deletions_that_wait_are_approved_and_refused_at_the_page(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    office = desk.office
    office.settings(deletes_max=0)
    made = office.airtable("员工与部门").batch_create(
        [{"工号": f"T100{n}", "姓名": "临时工"} for n in (1, 2)]
    )
    assert office.run("sync").code == 0
    office.airtable("员工与部门").batch_delete([row["id"] for row in made])
    assert office.run("sync").code == 4
    page = desk.sign_in(open_page, "/status", name=MANAGER, width=PHONE)
    keep_picture(page, "deletions")
    page.get_by_role("button", name="批准删除 T1001").click()
    expect(page.get_by_text("已批准")).to_be_visible()
    page.get_by_role("button", name="驳回删除 T1002").click()
    expect(page.get_by_text("已驳回")).to_be_visible()
    assert office.run("sync").code == 0
    numbers = {row["fields"].get("工号") for row in office.airtable("员工与部门").all()}
    assert numbers & {"T1001", "T1002"} == {"T1002"}
    office.settings()


# Roles


def test_what_a_role_may_not_do_is_not_offered(desk: DeskOffice, open_page: OpenPage) -> None:
    page = desk.sign_in(open_page, f"/r/{desk.office.uid('C00000001')}", name=SALES)
    expect(page.get_by_role("button", name="显示手机号码")).to_be_visible()
    expect(page.get_by_role("link", name="录入")).to_have_count(0)
    expect(page.get_by_role("link", name="状态")).to_have_count(0)
    for path in ("/enter", "/import", "/status"):
        page.goto(desk.url + path)
        expect(page.get_by_text("权限")).to_be_visible()


def test_each_role_reads_an_address_by_its_own_mask(desk: DeskOffice, open_page: OpenPage) -> None:
    customers = desk.office.airtable("客户基本信息")
    of = next(one for one in customers.all() if one["fields"].get("客户编号") == "C00000001")
    customers.update(of["id"], {"家庭住址": "浙江省杭州市西湖区文三路1号3幢"})
    assert desk.office.run("sync").code == 0
    for name, shown in ((CLERK, "浙江省杭州市西湖区文三路****"), (SALES, "浙江省杭州市西湖区****")):
        page = desk.sign_in(open_page, f"/r/{desk.office.uid('C00000001')}", name=name)
        expect(page.locator(".mask", has_text="浙江省")).to_have_text(shown)


# For everybody


@WIDTHS
@pytest.mark.parametrize("path", ["/sign-in", "/find", "/r", "/r/R0", "/enter", "/import", "/status"])
def test_page_is_fit_for_everybody(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, path: str, width: int
) -> None:
    where = f"/r/{desk.office.uid('C00000001')}" if path == "/r" else path
    if path == "/sign-in":
        page = open_page(desk.url + path, width=width)
    else:
        page = desk.sign_in(open_page, where, width=width, name=MANAGER if path == "/status" else CLERK)
    expect(page.locator("h1").first).to_be_attached()
    keep_picture(page, "page", full_page=True)


@WIDTHS
def test_refusal_is_fit_for_everybody(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, width: int
) -> None:
    page = desk.sign_in(open_page, "/status", width=width, name=SALES)
    expect(page.get_by_text("您没有查看状态的权限")).to_be_visible()
    keep_picture(page, "refused")


# Signing in


def test_clerk_signs_in_by_the_form_and_lands_where_the_link_led(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    path = f"/r/{desk.office.uid('C00000001')}"
    page = open_page(desk.url + path, width=PHONE)
    page.get_by_label("用户名").fill(CLERK)
    page.get_by_label("密码").fill("wrong key")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    keep_picture(page, "wrong")
    page.get_by_label("用户名").fill(CLERK)
    page.get_by_label("密码").fill(KEY)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="C00000001")).to_be_visible()
    assert page.url == desk.url + path
