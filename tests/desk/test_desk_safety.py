"""What a person may not do or see at the desk, tried in a browser: roles by field, disabled users, scripts in cells, values in logs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tablekeeper.archive import vault_url
from tablekeeper.config import load
from tests.browser import OpenPage
from tests.desk.desk_office import CLERK, KEY, MANAGER, ROLES, SALES, DeskOffice
from tests.tablekeeper.cli_office import MOBILE, PASSPHRASE
from vault.config import Action
from vault.keys import Argon2Cost, from_passphrase
from vault.users import Users
from vault.vault import Vault

SCRIPT = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>{{7*7}}${7*7}"
OFFERED: dict[str, Action] = {"显示": "reveal", "核对": "compare", "更正": "correct"}


def record(desk: DeskOffice, open_page: OpenPage, number: str, *, name: str = CLERK) -> Page:
    return desk.sign_in(open_page, f"/r/{desk.office.uid(number)}", name=name)


@pytest.mark.parametrize("name", [CLERK, SALES, MANAGER])
def test_each_role_is_offered_what_the_config_allows_it_field_by_field(
    desk: DeskOffice, open_page: OpenPage, name: str
) -> None:
    config = load(desk.office.config)
    page = record(desk, open_page, "C00000001", name=name)
    for key, field in config.tables["customers"].sensitive.items():
        for words, action in OFFERED.items():
            blank = page.locator(".line", has_text=field.name).locator(".mask", has_text="空白").count()
            allowed = config.vault.allows(ROLES[name], action, f"customers.{key}")
            expected = f"{'填写' if blank and action == 'correct' else words}{field.name}"
            offered = allowed and (not blank or action == "correct")
            expect(page.get_by_role("button", name=expected, exact=True)).to_have_count(int(offered))


@pytest.mark.parametrize("act", ["reveal", "compare", "correct", "restore", "refill"])
def test_what_is_not_offered_is_not_done_for_who_asks_by_hand(
    desk: DeskOffice, open_page: OpenPage, act: str
) -> None:
    """The button's message is forged: the page's own listener sends whatever a button says."""
    page = record(desk, open_page, "C00000001", name=MANAGER)
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(str(frame))))
    page.reload()
    page.wait_for_function("window.did_handshake")
    page.evaluate(
        """(act) => { const b = document.createElement('button'); b.dataset.act = act; b.dataset.of = 'mobile';
        document.querySelector('section').append(b); b.click(); }""",
        act,
    )
    assert any(act in frame for frame in asked)
    # The history is asked for after it, and answers after it.
    page.get_by_role("button", name="查看历史与相关记录").click()
    expect(page.get_by_role("heading", name="历史")).to_be_visible()
    expect(page.locator(".panel")).to_have_count(0)
    expect(page.get_by_text("已恢复")).to_have_count(0)


def test_open_page_of_a_user_who_is_disabled_goes_away_by_itself(
    desk: DeskOffice, open_page: OpenPage
) -> None:
    office, name = desk.office, "赵离职"
    root = from_passphrase(PASSPHRASE)
    vault = Vault.open(vault_url(office.home), root, config=load(office.config).vault)
    users = Users(vault, cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))
    try:
        users.add(name, title="客服", role="客服", approved_by="陈合规", key=KEY, actor="运维")
        page = record(desk, open_page, "C00000001", name=name)
        expect(page.get_by_role("button", name="显示手机号码")).to_be_visible()
        users.disable(name, actor="运维")
        page.wait_for_url("**/sign-in**")
        page.goto(desk.url + "/find")
        expect(page.get_by_label("密码")).to_be_visible()
    finally:
        vault.close()


def test_script_in_a_cell_is_text_wherever_it_is_shown(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Callable[..., Path]
) -> None:
    office = desk.office
    office.airtable("客户基本信息").update(
        office.customer("C00000002")["id"], {"备注": SCRIPT, "职业": SCRIPT[:40]}
    )
    office.type_in_sheets("客户基本信息", "建档日期", "C00000002", SCRIPT)
    assert office.run("sync").code == 0
    page = record(desk, open_page, "C00000002")
    expect(page.locator(".typed", has_text="onerror=")).to_be_visible()
    page.get_by_role("button", name="查看历史与相关记录").click()
    expect(page.locator(".past li", has_text="onerror=").first).to_be_visible()
    page.get_by_role("button", name="更正所填的建档日期").click()
    expect(page.get_by_role("dialog").get_by_text("onerror=")).to_be_visible()
    keep_picture(page, "script")
    assert "{{7*7}}" in page.inner_text("main")
    assert "owned" not in page.title()
    assert page.locator("main script, main img, .panel script, .panel img").count() == 0


def test_value_that_was_shown_compared_and_searched_is_in_no_log_and_no_address(
    desk: DeskOffice, open_page: OpenPage
) -> None:
    page = record(desk, open_page, "C00000001")
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.get_by_role("button", name="显示手机号码").click()
    page.get_by_role("button", name="联系客户", exact=True).click()
    expect(page.locator(".shown")).to_have_text(MOBILE)
    page.get_by_role("button", name="收起").click()
    page.get_by_role("button", name="更正手机号码").click()
    page.get_by_label("完整新值").fill(MOBILE + "9")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("12位")
    page.goto(desk.url + "/find")
    page.get_by_label("号码或姓名").fill(MOBILE)
    page.get_by_role("button", name="联系客户", exact=True).click()
    expect(page.get_by_role("link", name="C00000001")).to_be_visible()
    assert len(addresses) > 1
    assert MOBILE not in "".join(addresses) + page.url
    log = desk.log.read_text()
    assert "desk_searched" in log
    assert MOBILE not in log
