"""The page of a record in a browser: comparing, showing, correcting, mending, deciding, restoring. Counts a clerk's clicks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tablekeeper.desk.frame import STATIC
from tests.browser import DESKTOP, PHONE, OpenPage
from tests.desk.desk_office import CLICKS_MAX, Clicks, DeskOffice
from tests.tablekeeper.cli_office import MOBILE

WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])
Picture = Callable[..., Path]


def record(desk: DeskOffice, open_page: OpenPage, number: str, *, width: int = DESKTOP) -> Page:
    return desk.sign_in(open_page, f"/r/{desk.office.uid(number)}", width=width)


# The clerk's five tasks


@WIDTHS
def test_a_phone_is_read_in_at_most_three_clicks(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, width: int
) -> None:
    page = record(desk, open_page, "C00000001", width=width)
    keep_picture(page, "record", full_page=True)
    click = Clicks(page)
    click("显示手机号码")
    keep_picture(page, "purposes")
    click("联系客户")
    expect(page.locator(".shown")).to_have_text(MOBILE)
    keep_picture(page, "shown")
    assert 0 < click.count <= CLICKS_MAX


def test_an_identity_number_is_corrected_in_at_most_three_clicks(
    desk: DeskOffice, open_page: OpenPage
) -> None:
    page = record(desk, open_page, "C00000001")
    click = Clicks(page)
    click("填写身份证号码")
    click.type("11010519491231002X", into="完整新值")
    click("保存")
    expect(page.get_by_text("已保存，稍后写入各表")).to_be_visible()
    expect(page.locator(".mask", has_text="1****************X")).to_be_visible()
    assert 0 < click.count <= CLICKS_MAX
    assert desk.office.run("sync").code == 0
    assert desk.office.customer("C00000001")["fields"]["身份证号码"].startswith("1****************X〔")


def test_a_deleted_row_is_restored_in_at_most_three_clicks(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    made = desk.office.airtable("员工与部门").create({"工号": "T0009", "姓名": "误删"})
    assert desk.office.run("sync").code == 0
    row = desk.office.airtable("员工与部门").get(made["id"])
    desk.office.airtable("员工与部门").delete(made["id"])
    assert desk.office.run("sync").code == 0
    page = desk.sign_in(open_page, f"/r/{row['fields']['记录编号']}", width=PHONE)
    keep_picture(page, "deleted")
    click = Clicks(page)
    click("恢复本记录")
    expect(page.get_by_text("本记录已删除")).to_have_count(0)
    assert 0 < click.count <= CLICKS_MAX
    assert desk.office.run("sync").code == 0
    numbers = {one["fields"].get("工号") for one in desk.office.airtable("员工与部门").all()}
    assert "T0009" in numbers


@WIDTHS
def test_a_person_is_found_in_at_most_three_clicks(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, width: int
) -> None:
    page = record(desk, open_page, "C00000002", width=width)
    click = Clicks(page)
    click("查找")
    click.type("139 0013 9000", into="号码或姓名")
    click("联系客户")
    expect(page.get_by_role("link", name="C00000001")).to_be_visible()
    expect(page.get_by_text("139****9000")).to_be_visible()
    keep_picture(page, "found")
    assert 0 < click.count <= CLICKS_MAX
    assert MOBILE not in page.content()
    assert MOBILE not in page.url


# What is shown, and for how long


def test_value_is_not_in_the_page_before_it_is_asked_for_nor_after_it_is_put_away(
    desk: DeskOffice, open_page: OpenPage
) -> None:
    page = record(desk, open_page, "C00000001")
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(str(frame))))
    page.reload()
    page.wait_for_function("window.did_handshake")
    assert MOBILE not in page.content() + "".join(sent)
    page.get_by_role("button", name="显示手机号码").click()
    page.get_by_role("button", name="联系客户", exact=True).click()
    expect(page.locator(".shown")).to_have_text(MOBILE)
    page.get_by_role("button", name="收起").click()
    expect(page.locator(".shown")).to_have_count(0)
    assert MOBILE not in page.content()
    assert (
        page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])").count(
            MOBILE
        )
        == 0
    )


def test_browser_forgets_a_shown_value_after_a_minute_whatever_the_server_does(open_page: OpenPage) -> None:
    """The page's own script, alone, on a clock that is moved by hand."""
    page = open_page("about:blank")
    page.clock.install()
    page.add_script_tag(path=STATIC / "desk.js")
    page.evaluate("document.body.innerHTML = '<output class=shown>13900139000</output>'")
    page.clock.run_for(59_000)
    assert MOBILE in page.content()
    page.clock.run_for(2_000)
    assert MOBILE not in page.content()


def test_purpose_is_asked_once_in_a_while_for_one_person(desk: DeskOffice, open_page: OpenPage) -> None:
    page = record(desk, open_page, "C00000001")
    page.get_by_role("button", name="显示手机号码").click()
    page.get_by_role("button", name="联系客户", exact=True).click()
    page.get_by_role("button", name="收起").click()
    page.get_by_role("button", name="显示手机号码").click()
    expect(page.locator(".shown")).to_have_text(MOBILE)


@pytest.mark.parametrize(
    ("said", "answer"), [(MOBILE, "一致"), ("139-0013-9000", "一致"), ("13900139001", "不一致")]
)
def test_comparing_tells_nothing_but_whether_it_is_the_same(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture, said: str, answer: str
) -> None:
    page = record(desk, open_page, "C00000001", width=PHONE)
    page.get_by_role("button", name="核对手机号码").click()
    page.get_by_label("客户报出的内容").fill(said)
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator(".answer")).to_have_text(answer)
    keep_picture(page, answer)
    assert MOBILE not in page.content()


def test_wrong_value_is_refused_with_the_words_of_the_rules(desk: DeskOffice, open_page: OpenPage) -> None:
    page = record(desk, open_page, "C00000001")
    page.get_by_role("button", name="更正手机号码").click()
    page.get_by_label("完整新值").fill("1390013")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("共7位，应为11位")


# What waits in the record


def test_held_value_is_seen_and_mended_by_who_has_to(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    page = record(desk, open_page, "C00000002", width=PHONE)
    expect(page.get_by_text("共7位，应为11位")).to_be_visible()
    keep_picture(page, "held")
    page.get_by_role("button", name="显示所填内容：手机号码").click()
    page.get_by_role("button", name="更正资料", exact=True).click()
    expect(page.locator(".shown")).to_have_text("1380013")
    page.get_by_role("button", name="收起").click()
    page.get_by_role("button", name="更正所填的手机号码").click()
    page.get_by_label("完整新值").fill("13800138000")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("待更正", exact=True)).to_have_count(0)
    assert desk.office.run("sync").code == 0
    assert desk.office.customer("C00000002")["fields"]["手机号码"].startswith("138****8000〔")


def test_held_plain_value_is_seen_and_mended_and_goes_to_all_tables(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    office = desk.office
    office.type_in_sheets("客户基本信息", "建档日期", "C00000001", "二月三十日")
    assert office.run("sync").code == 0
    page = record(desk, open_page, "C00000001", width=PHONE)
    expect(page.get_by_text("sheets 中填的是 二月三十日")).to_be_visible()
    keep_picture(page, "held-plain", full_page=True)
    click = Clicks(page)
    click("更正所填的建档日期")
    keep_picture(page, "mending")
    page.get_by_role("dialog").get_by_label("建档日期").fill("2026-01-02")
    click("保存")
    expect(page.get_by_text("已保存，稍后写入各表")).to_be_visible()
    expect(page.get_by_text("待更正", exact=True)).to_have_count(0)
    assert 0 < click.count <= CLICKS_MAX
    assert office.run("sync").code == 0
    assert office.customer("C00000001")["fields"]["建档日期"] == "2026-01-02"


def test_mend_at_a_page_that_is_out_of_date_is_refused_and_says_why(
    desk: DeskOffice, open_page: OpenPage
) -> None:
    office = desk.office
    office.type_in_sheets("客户基本信息", "客户类型", "C00000001", "不明")
    assert office.run("sync").code == 0
    page = record(desk, open_page, "C00000001")
    page.get_by_role("button", name="更正所填的客户类型").click()
    office.type_in_sheets("客户基本信息", "客户类型", "C00000001", "个人")
    assert office.run("sync").code == 0
    page.get_by_role("dialog").get_by_label("客户类型").click()
    page.get_by_role("option", name="个体工商户").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("刚刚有了变化")
    assert office.run("sync").code == 0
    assert office.customer("C00000001")["fields"]["客户类型"] == "个人"


def test_conflict_is_decided_by_a_button_for_each_value(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    office = desk.office
    office.airtable("客户基本信息").update(office.customer("C00000001")["id"], {"职业": "教师"})
    office.type_in_sheets("客户基本信息", "职业", "C00000001", "医生")
    assert office.run("sync").code == 0
    page = record(desk, open_page, "C00000001", width=PHONE)
    keep_picture(page, "conflict")
    page.get_by_role("button", name="改用“医生”").click()
    expect(page.get_by_text("两边填得不一样")).to_have_count(0)
    assert office.run("sync").code == 0
    assert office.customer("C00000001")["fields"]["职业"] == "医生"


def test_emptied_field_gets_its_value_back(desk: DeskOffice, open_page: OpenPage) -> None:
    office = desk.office
    customer = office.customer("C00000001")
    before = customer["fields"]["手机号码"]
    office.airtable("客户基本信息").update(customer["id"], {"手机号码": ""})
    assert office.run("sync").code == 0
    page = record(desk, open_page, "C00000001")
    page.get_by_role("button", name="恢复手机号码").click()
    expect(page.get_by_text("已恢复，稍后写回各表")).to_be_visible()
    assert office.run("sync").code == 0
    assert office.customer("C00000001")["fields"]["手机号码"] == before


def test_history_names_who_changed_what_and_shows_masks(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Picture
) -> None:
    page = record(desk, open_page, "C00000001")
    page.get_by_role("button", name="查看历史与相关记录").click()
    expect(page.get_by_text("139****9000〔").first).to_be_visible()
    keep_picture(page, "history", full_page=True)
    assert MOBILE not in page.content()


def test_stranger_s_number_leads_to_a_clear_page(desk: DeskOffice, open_page: OpenPage) -> None:
    page = desk.sign_in(open_page, "/r/R0000")
    expect(page.get_by_role("heading", name="档案中没有这条记录")).to_be_visible()


def test_signing_out_takes_the_page_away_in_every_tab(desk: DeskOffice, open_page: OpenPage) -> None:
    page = record(desk, open_page, "C00000001")
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="退出").click()
    other.wait_for_url("**/sign-in**")
