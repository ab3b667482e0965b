"""Intake in a browser: a form from the configuration, prefilled from the identity number, validated while typing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import DESKTOP, PHONE, OpenPage
from tests.desk.desk_office import DeskOffice
from tests.sync.people import ID_NUMBER

WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label).first.fill(value)


@WIDTHS
def test_customer_and_policy_are_entered_without_touching_a_cloud(
    desk: DeskOffice, open_page: OpenPage, keep_picture: Callable[..., Path], width: int
) -> None:
    page = desk.sign_in(open_page, "/enter", width=width)
    fill(page, "客户姓名", "孙七")
    fill(page, "身份证号码", ID_NUMBER[:-2])
    expect(page.get_by_text("共16位,应为18位")).to_be_visible()
    keep_picture(page, "wrong")
    fill(page, "身份证号码", ID_NUMBER)
    expect(page.get_by_label("出生日期").first).to_have_value("1990-03-07")
    expect(page.get_by_text("登记地:北京市朝阳区")).to_be_visible()
    keep_picture(page, "prefilled", full_page=True)
