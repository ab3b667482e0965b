"""5: which record a row of Airtable is whose uid belongs to a record that the base no longer has; seed 2841."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.airtable.webhook import HOOK_BINDING
from sync.connection import SystemColumn
from tests.sync.test_overwritten import NUMBER, Archive, opened


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as one:
        yield one


def restored(archive: Archive, backup: Path) -> None:
    """The operator starts the daemon on the hub of then."""
    archive.hub.close()
    for left in archive.folder.glob("hub.sqlite3-*"):
        left.unlink()
    shutil.copy(backup, archive.folder / "hub.sqlite3")
    archive.open()


def backed_up(archive: Archive) -> Path:
    """A copy of the hub, while the daemon stands."""
    archive.hub.close()
    shutil.copy(archive.folder / "hub.sqlite3", archive.folder / "backup")
    archive.open()
    return archive.folder / "backup"


@pytest.mark.parametrize("heard", [True, False], ids=["webhook", "listing"])
def test_record_that_was_put_back_after_the_backup_is_that_record(archive: Archive, heard: bool) -> None:
    uid, shown = archive.shown(SystemColumn.UID), archive.shown("身份证号码")
    backup = backed_up(archive)
    table = archive.office.table()
    table.delete(table.all()[0]["id"])
    archive.line.cells["full_name"] = "王大伟"  # An edit beats the delete: the daemon puts the record back.
    archive.calm()
    restored(archive, backup)
    if not heard:
        archive.office.bindings.drop(HOOK_BINDING)
    archive.calm()
    assert (archive.shown(SystemColumn.UID), archive.shown("身份证号码")) == (uid, shown)
    assert archive.shown("客户姓名") == archive.line.cells["full_name"] == "王大伟"
    assert len(archive.sheets.lines("customers")) == 1
    table.update(table.all()[0]["id"], {"客户姓名": "王小伟"})
    archive.calm()
    assert archive.line.cells["full_name"] == "王小伟"


def test_copy_for_another_person_whose_original_is_deleted_at_once_is_another_record(
    archive: Archive,
) -> None:
    uid = archive.shown(SystemColumn.UID)
    table = archive.office.table()
    (original,) = table.all()
    table.create({**original["fields"], "客户编号": "C2", "客户姓名": "李红"})
    table.delete(original["id"])
    archive.calm()
    assert archive.shown(SystemColumn.UID) not in ("", None, uid)
    assert archive.shown("身份证号码") != NUMBER and not archive.shown("身份证号码")
