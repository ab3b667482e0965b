"""A desk and a restore keep out of each other's way: what is entered must not go to files that were put aside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.lease import serving, undisturbed
from tests.tablekeeper.cli_office import Office, office_at_work
from tests.tablekeeper.test_backup import Kept


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("backup")) as office:
        yield office


@pytest.fixture
def kept(working: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setattr("tablekeeper.desk.serve.serve", lambda *given, **more: None)
    return Kept(working, tmp_path)


def test_nothing_is_restored_while_a_desk_serves(kept: Kept) -> None:
    archive, keys = kept.back_up()
    with serving(kept.office.home), serving(kept.office.home):
        answer = kept.restore(archive, keys, "--json")
    assert answer.code == 1
    assert "a desk serves" in answer.json["error"]


def test_no_desk_serves_an_archive_that_is_restored_or_waits(kept: Kept) -> None:
    archive, keys = kept.back_up()
    with undisturbed(kept.office.home):
        assert kept.office.run("desk").code == 1
    plan = kept.restore(archive, keys, "--json").json["id"]
    waiting = kept.office.run("desk")
    assert (waiting.code, plan in waiting.err) == (4, True)
    kept.accept(plan)
    assert kept.office.run("desk").code == 0
