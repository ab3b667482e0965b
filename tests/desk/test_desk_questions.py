"""A form and a file that is looked at answer whether somebody has a number: not to who tries numbers through."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from tablekeeper.archive import Archive
from tablekeeper.desk.draft import Draft, Unfit, forms_of, save
from tablekeeper.desk.import_page import _read
from tablekeeper.desk.telling import Mistaken
from tablekeeper.importing.read import File
from tests.desk.test_desk_finding import archive_of
from validators.identity import check_character
from vault.alarms import open_alarms

CLERK, NAME = "李柜员", "周小兰"
BEGINNING = "11010519900307"


def number(order: int) -> str:
    """A valid number of somebody born in one district on one day."""
    body = f"{BEGINNING}{order:03d}"
    return body + check_character(body)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path, lambda fields: None) as made:
        enter(made, number(123), NAME)
        yield made


def enter(archive: Archive, identity: str, name: str, **more: str) -> None:
    forms = forms_of(archive.config)
    assert forms
    draft = Draft(forms)
    for key, text in {"full_name": name, "id_type": "居民身份证", "id_number": identity, **more}.items():
        draft.put("customers", key, text)
    save(archive.engine, draft, actor=CLERK)


def workbook(orders: range) -> File:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["姓名", "身份证号码"])
    for order in orders:
        sheet.append([NAME, number(order)])
    content = BytesIO()
    book.save(content)
    return File("台账.xlsx", content.getvalue())


def test_a_file_with_a_known_number_says_that_it_is_there(archive: Archive) -> None:
    (customers, *_) = _read(archive, workbook(range(123, 124)), CLERK).report.tables
    assert (customers.present, customers.new) == (1, 0)


def test_a_file_of_candidates_for_one_persons_number_is_not_answered(archive: Archive) -> None:
    with pytest.raises(Mistaken):
        _read(archive, workbook(range(101, 146)), CLERK)
    assert [one.kind for one in open_alarms(archive.vault)] == ["guesses"]


def test_candidates_in_one_file_after_the_other_are_not_answered_either(archive: Archive) -> None:
    answered = 0
    with pytest.raises(Mistaken):
        for order in range(101, 200, 2):
            _read(archive, workbook(range(order, order + 1)), CLERK)
            answered += 1
    assert answered <= archive.config.vault.guesses.alike_max


def test_a_form_that_cannot_be_saved_does_not_tell_whose_number_it_is(archive: Archive) -> None:
    with pytest.raises(Unfit) as unfit:
        enter(archive, number(123), "他人", mobile="1380013")
    assert {issue.code for issue in unfit.value.found.values() if issue.holds} == {"phone_length"}
    with pytest.raises(Unfit) as unfit:
        enter(archive, number(123), "他人")
    assert "not_unique" in {issue.code for issue in unfit.value.found.values()}
