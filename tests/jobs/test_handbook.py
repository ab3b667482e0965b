"""The staff handbook says what the shipped config checks, to each department what it has, and can be read on a phone."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Page

from jobs.handbook import pages
from tablekeeper.cli.handbooks import source_of
from tablekeeper.config import load
from tests.browser import DESKTOP, PHONE, OpenPage

ROOT = Path(__file__).parents[2]
CONFIG = load(ROOT / "config.yaml")
PAGES = pages(source_of(CONFIG), date(2026, 11, 23))


def words(department: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", PAGES[department]))


def test_each_department_has_a_page() -> None:
    """Also one that looks after no table and has no spreadsheet of its own."""
    assert PAGES.keys() - {""} == set(CONFIG.options["department"].values)
    assert "您用的是全公司的总表" in words("档案管理部")
    assert all(f'href="{name}.html"' in PAGES[""] for name in PAGES if name)


def test_every_rule_that_runs_stands_in_the_page_of_who_has_all_tables() -> None:
    told = words("业务部")
    for rule in CONFIG.rules:
        assert f"{rule.level.value} {rule.message} → {rule.mend}" in told


def test_a_department_reads_of_its_own_columns_and_what_it_may_change() -> None:
    told = words("财务部")
    assert "健康状况与风险评估" not in told
    assert "保险合同信息" in told
    lines = {line.strip() for line in PAGES["财务部"].splitlines()}
    (number,) = (line for line in lines if line.startswith("<div><dt>保单号<"))
    assert "只能看" in number
    (account,) = (line for line in lines if line.startswith("<div><dt>收款账号<") or "payee" in line)
    assert "加密显示为" in account


def test_the_masks_are_shown_as_the_config_makes_them() -> None:
    assert "138****8000〔9TQK27MB4D〕" in words("业务部")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_page_fits_its_screen(
    open_page: OpenPage, keep_picture: Callable[..., Path], tmp_path: Path, width: int
) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGES["理赔部"], encoding="utf-8")
    page: Page = open_page("about:blank", width=width)
    page.set_content(file.read_text(encoding="utf-8"))
    keep_picture(page, "handbook")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
