"""What the daemon does by itself to keep an archive safe: a backup a day, a drill from time to time, a review each quarter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyrage
import pytest

from jobs.noted import noted
from tablekeeper.archive import Archive
from tablekeeper.cli.main import options
from tablekeeper.cli.opening import opened
from tablekeeper.keeping import Keeping, note_candidates
from tests.tablekeeper.cli_office import Office, office_at_work


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("keeping")) as made:
        with made.editing() as raw:
            raw["backup"] = {
                "recipients": [str(pyrage.x25519.Identity.generate().to_public())],
                "at": "02:30",
            }
        yield made


def at(archive: Archive, now: datetime) -> Archive:
    """The archive under another clock."""
    return replace(archive, engine=replace(archive.engine, clock=lambda: now))


def test_one_backup_a_day_after_its_hour_a_drill_and_a_review_a_quarter(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "config", office.config)
    backups, reviews = office.home / "backups", office.home / "reviews"

    def files(folder: Path) -> list[str]:
        return sorted(path.name for path in folder.glob("*.*")) if folder.exists() else []

    with office.surroundings({}), opened() as archive:

        def look(year: int, month: int, day: int, hour: int, minute: int) -> None:
            Keeping(at(archive, datetime(year, month, day, hour, minute, tzinfo=UTC)), office.config).look()

        look(2027, 1, 4, 18, 0)  # 02:00 in Shanghai on the 5th
        assert files(backups) == []
        assert files(reviews) == ["2027-01-05.html", "2027-01-05.txt"]
        look(2027, 1, 4, 18, 31)
        look(2027, 1, 4, 19, 31)
        assert files(backups) == ["tablekeeper-20270104T183100Z.age"], "a second look makes no second one"
        assert archive.hub.bindings("checks").get("restore_drill") is not None
        look(2027, 1, 5, 18, 31)
        assert len(files(backups)) == 2
        assert len(files(reviews)) == 2
        look(2027, 4, 1, 4, 0)
        assert len(files(reviews)) == 4
        look(2027, 4, 7, 4, 0)
        assert len(files(reviews)) == 4
        look(2027, 4, 8, 4, 0)
        assert len(files(reviews)) == 6, "while something is to be looked into, again after a week"


def test_files_that_may_go_are_told_to_the_archive_each_month(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer who left and whose file is at rest; nothing is said while there is none."""
    monkeypatch.setattr(options, "config", office.config)
    with office.surroundings({}), opened() as archive:
        note_candidates(archive, date(2027, 5, 1))
        with archive.hub.reading() as unit:
            assert noted(unit.connection, "archivable") == []
    number = office.customer("C00000001")["id"]
    office.airtable("客户基本信息").update(number, {"客户状态": "已注销"})
    assert office.run("sync").code == 0
    with office.surroundings({}), opened() as archive:
        note_candidates(archive, date(2027, 6, 1))
        with archive.hub.reading() as unit:
            (one,) = noted(unit.connection, "archivable")
    assert (one.count, one.since) == (1, "2027-06-01")
