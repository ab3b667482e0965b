"""Backups and restoring on the command line, over a working archive."""

import io
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pyrage
import pytest

from jobs import restore
from jobs.restore_present import newer
from tablekeeper.cli.opening import open_vault
from tablekeeper.config import load
from tablekeeper.environment import Environment
from tests.tablekeeper.cli_office import MOBILE, Answer, Office, office_at_work
from vault.journal import Journal

SHARED = Path("/dev/shm")


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("backup")) as office:
        yield office


class Kept:
    """An archive with a recipient, and the identity that its owner keeps."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.to = office, folder / "elsewhere"
        identity = pyrage.x25519.Identity.generate()
        self.secret, self.identity = identity, folder / "identity.txt"
        self.identity.write_text(str(identity), encoding="utf-8")
        self.settings(recipients=[str(identity.to_public())], to=str(self.to))

    def settings(self, **backup: Any) -> None:
        with self.office.editing() as raw:
            raw["backup"] = {**raw["backup"], **backup}

    def back_up(self) -> tuple[Path, Path]:
        answer = self.office.run("backup", "--json")
        assert answer.code == 0, answer.err
        archive, keys = (Path(one["file"]) for one in answer.json["files"])
        return archive, keys

    def restore(self, file: Path, keys: Path, *options: str) -> Answer:
        given = ("--identity", str(self.identity), "--keys", str(keys), *options)
        return self.office.run("restore", str(file), *given)

    def accept(self, plan: str) -> None:
        assert self.office.run("resume", "--accept", plan).code == 0

    def members(self, file: Path) -> dict[str, bytes]:
        packed = pyrage.decrypt(file.read_bytes(), [self.secret])
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            return {one.name: tar.extractfile(one).read() for one in tar}


@pytest.fixture
def kept(working: Office, tmp_path: Path) -> Kept:
    return Kept(working, tmp_path)


def count(database: Path, query: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(query).fetchone()[0])


def test_a_backup_is_a_tar_that_age_opens_and_holds_no_key(kept: Kept, tmp_path: Path) -> None:
    archive, keys = kept.back_up()
    members = kept.members(archive)
    assert set(members) == {"manifest.json", "config.yaml", "hub.sqlite3", "vault.sqlite3"}
    assert set(kept.members(keys)) == {"manifest.json", "keys.sqlite3"}
    vault = tmp_path / "vault.sqlite3"
    vault.write_bytes(members["vault.sqlite3"])
    assert count(vault, "SELECT count(*) FROM sealed_value") > 0
    for table in ("envelope", "key_encryption_key", "data_key"):
        assert count(vault, f"SELECT count(*) FROM {table}") == 0
    with closing(sqlite3.connect(kept.office.home / "vault.sqlite3")) as present:
        bodies = [body for (body,) in present.execute("SELECT body FROM data_key")]
    assert not [body for body in bodies if body in members["vault.sqlite3"]], "nor in its empty pages"
    assert MOBILE.encode() not in b"".join(members.values())
    assert not list(kept.office.home.glob("copying-*"))


def test_a_backup_made_by_hand_is_known_and_restoring_names_its_steps(kept: Kept) -> None:
    archive, keys = kept.back_up()
    told = kept.office.run("status", "--json").json["backup"]
    assert datetime.strptime(told, "%Y-%m-%d %H:%M").date() >= datetime.now(UTC).date()
    answer = kept.restore(archive, keys, "--dry-run", "--json")
    steps = [line for line in answer.err.splitlines() if line.endswith("…")]
    assert steps == ["decrypting the archive …", "decrypting its keys …", "opening every value …"]


def test_without_a_recipient_there_is_no_backup_but_advice(kept: Kept) -> None:
    kept.settings(recipients=[])
    answer = kept.office.run("backup")
    assert answer.code == 2
    assert "age-keygen" in answer.err


def test_a_recipient_that_is_none_is_found_by_the_config(kept: Kept) -> None:
    kept.settings(recipients=["age1nonsense"])
    answer = kept.office.run("backup")
    assert answer.code == 2
    assert "backup.recipients.0" in answer.err


def test_a_whole_backup_is_verified_with_its_rows(kept: Kept) -> None:
    archive, keys = kept.back_up()
    told = kept.office.run("backup", "verify", str(archive), "--identity", str(kept.identity), "--json").json
    assert told["rows"]["hub.sqlite3"]["record"] == count(
        kept.office.home / "hub.sqlite3", "SELECT count(*) FROM record"
    )
    assert kept.office.run("backup", "verify", str(keys), "--identity", str(kept.identity)).code == 0


def test_a_truncated_or_edited_backup_a_strange_file_and_a_strange_identity_are_told_apart(
    kept: Kept, tmp_path: Path
) -> None:
    archive, keys = kept.back_up()
    before = {path.name: path.read_bytes() for path in kept.office.home.glob("*.sqlite3")}
    cut, edited, strange = (tmp_path / name for name in ("cut.age", "edited.age", "strange.age"))
    whole = archive.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    edited.write_bytes(whole[:-500] + bytes([whole[-500] ^ 1]) + whole[-499:])
    strange.write_bytes(b"no backup at all")
    for file in (cut, edited, strange):
        answer = kept.restore(file, keys)
        assert (answer.code, "cut short, was edited, or is no backup" in answer.err) == (1, True), file
    kept.identity.write_text(str(pyrage.x25519.Identity.generate()), encoding="utf-8")
    answer = kept.restore(archive, keys)
    assert (answer.code, "not encrypted for this identity" in answer.err) == (2, True)
    assert {path.name: path.read_bytes() for path in kept.office.home.glob("*.sqlite3")} == before
    assert not (kept.office.home / restore.STAGED).exists()


def test_a_dry_run_tells_the_plan_and_changes_nothing(kept: Kept) -> None:
    archive, keys = kept.back_up()
    answer = kept.restore(archive, keys, "--dry-run", "--json")
    assert answer.code == 0
    assert (answer.json["restored"], answer.json["records"]["customers"], answer.json["newer"]) == (
        False,
        2,
        0,
    )
    assert kept.office.run("sync").code == 0


def test_records_changed_since_are_counted_in_whatever_zone_a_backup_tells_its_time(kept: Kept) -> None:
    """The daemon tells the company's time, a command UTC."""
    hub = f"sqlite:///{kept.office.home}/hub.sqlite3"
    made = datetime.now(UTC) - timedelta(hours=1)
    assert newer(hub, made.astimezone(ZoneInfo("Asia/Shanghai"))) == newer(hub, made) > 0


def test_a_restored_archive_waits_until_its_plan_is_accepted(kept: Kept) -> None:
    archive, keys = kept.back_up()
    rows = kept.office.airtable("客户基本信息")
    changed = kept.office.customer("C00000001")
    rows.update(changed["id"], {"客户姓名": "赵新"})
    assert kept.office.run("sync").code == 0
    answer = kept.restore(archive, keys, "--json")
    plan = answer.json["id"]
    assert (answer.code, answer.json["newer"] > 0) == (4, True)
    waiting = kept.office.run("sync")
    assert (waiting.code, plan in waiting.err) == (4, True)
    assert kept.office.run("resume").code == 4
    assert kept.office.run("status", "--json").json["diagnosis"]["next"] == "tablekeeper resume"
    assert kept.office.run("resume", "--accept", "another").code == 2
    kept.accept(plan)
    assert kept.office.run("sync").code == 0
    assert kept.office.customer("C00000001")["fields"]["客户姓名"] == "赵新", (
        "what stands in the tables was typed"
    )


def test_who_was_erased_since_the_backup_stays_erased(kept: Kept) -> None:
    kept.office.airtable("客户基本信息").create(
        {"客户编号": "C00000009", "客户姓名": "周七", "手机号码": "13700137000"}
    )
    assert kept.office.run("sync").code == 0
    uid = kept.office.uid("C00000009")
    archive, keys = kept.back_up()
    assert kept.office.run("vault", "erase", uid, "--reason", "asked", "--yes").code == 0
    answer = kept.restore(archive, keys, "--json")
    assert answer.json["erased_again"] == 1
    kept.accept(answer.json["id"])
    standing = f"SELECT count(*) FROM sealed_value WHERE subject = '{uid}' AND body IS NOT NULL"
    assert count(kept.office.home / "vault.sqlite3", standing) == 0
    assert kept.office.run("sync").code == 0
    numbers = [row["fields"].get("客户编号") for row in kept.office.airtable("客户基本信息").all()]
    assert "C00000009" not in numbers


def test_who_was_restricted_or_disabled_since_the_backup_stays_so(kept: Kept) -> None:
    row = {"客户编号": "C00000011", "客户姓名": "郑九", "手机号码": "13500135011", "法律保留": True}
    kept.office.airtable("客户基本信息").create(row)
    key = "a key that is long enough for 1 user"
    given = ("--role", "客服", "--title", "客服", "--approved-by", "boss")
    assert kept.office.run("vault", "user", "add", "li.na", *given, given=f"{key}\n").code == 0
    assert kept.office.run("sync").code == 0
    uid = kept.office.uid("C00000011")
    archive, keys = kept.back_up()
    assert kept.office.run("vault", "erase", uid, "--reason", "asked", "--yes").code == 0
    assert kept.office.run("vault", "user", "disable", "li.na").code == 0
    answer = kept.restore(archive, keys, "--json")
    plan = answer.json
    assert (plan["restricted_again"], plan["disabled_again"], plan["orphans"]) == (1, 1, 0)
    kept.accept(plan["id"])
    (one,) = kept.office.run("vault", "restricted", "--json").json["restricted"]
    assert one["subject"] == uid
    (user,) = kept.office.run("vault", "user", "list", "--json").json["users"]
    assert user["disabled"]
    assert kept.office.run("sync").code == 0
    numbers = [row["fields"].get("客户编号") for row in kept.office.airtable("客户基本信息").all()]
    assert "C00000011" not in numbers


def test_the_journal_leads_a_restored_vault_on(kept: Kept, tmp_path: Path) -> None:
    kept.settings(vault_journal=str(tmp_path / "vault.journal"))
    archive, keys = kept.back_up()
    kept.office.airtable("客户基本信息").update(
        kept.office.customer("C00000001")["id"], {"手机号码": "13800138111"}
    )
    assert kept.office.run("sync").code == 0
    with kept.office.surroundings({}):
        vault = open_vault(load(kept.office.config), Environment.read())
        Journal(vault, tmp_path / "vault.journal").write()
        expected = vault.counts()
        vault.close()
    answer = kept.restore(archive, keys, "--json")
    assert answer.json["journal_rows"] > 0
    kept.accept(answer.json["id"])
    verified = kept.office.run("audit", "verify", "--json")
    (told,) = verified.json["restores"]
    assert (verified.code, told["by"], verified.json["altered_history"]) == (0, "restore", [])
    assert "was put back; history rows" in kept.office.run("audit", "verify").out
    with kept.office.surroundings({}):
        vault = open_vault(load(kept.office.config), Environment.read())
        assert vault.counts() == expected
        vault.close()


def test_older_keys_are_refused(kept: Kept) -> None:
    _, older = kept.back_up()
    kept.office.airtable("客户基本信息").create(
        {"客户编号": "C00000010", "客户姓名": "吴八", "手机号码": "13600136000"}
    )
    assert kept.office.run("sync").code == 0
    for stale in kept.to.glob("*.age"):
        stale.unlink()
    older = older.rename(older.with_name("older.age"))
    archive, _ = kept.back_up()
    answer = kept.restore(archive, older)
    assert (answer.code, "these keys are older" in answer.err) == (2, True)


@pytest.mark.parametrize("cut_after", range(9))
def test_a_restore_cut_short_anywhere_is_ended_by_resume(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, cut_after: int
) -> None:
    archive, keys = kept.back_up()
    moves = 0
    move = Path.replace

    def counted(self: Path, target: Path) -> Path:
        nonlocal moves
        if restore.STAGED in str(self) or "before-restore" in str(target):
            moves += 1
            if moves > cut_after:
                raise KeyboardInterrupt
        return move(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", counted)
        answer = kept.restore(archive, keys)
    if answer.code == 1:
        assert "cut short" in kept.office.run("status").err, "half of it serves nobody"
    waiting = kept.office.run("resume", "--json")
    assert waiting.code == 4
    kept.accept(waiting.json["id"])
    assert "every one opens" in kept.office.run("vault", "verify").out
    assert kept.office.run("sync").code == 0


@pytest.mark.skipif(
    not SHARED.is_dir() or SHARED.stat().st_dev == Path.cwd().stat().st_dev, reason="needs another disk"
)
def test_a_hub_on_another_disk_is_restored_there_and_the_old_one_kept_beside_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporaryDirectory(dir=SHARED) as disk:
        place = Path(disk, "hub", "hub.sqlite3")
        archive, keys = kept.back_up()
        given = {"TABLEKEEPER_HUB_URL": f"sqlite:///{place}"}
        options = ("--identity", str(kept.identity), "--keys", str(keys), "--json")

        def restored() -> str:
            answer = kept.office.run("restore", str(archive), *options, changed=given)
            assert answer.code == 4, answer.err
            plan = str(answer.json["id"])
            assert kept.office.run("resume", "--accept", plan, changed=given).code == 0
            return str(answer.json["aside"])

        restored()
        assert kept.office.run("sync", changed=given).code == 0
        first = count(place, "SELECT count(*) FROM record")
        aside = place.parent / restored()
        assert count(aside / place.name, "SELECT count(*) FROM record") == first > 0
        full = shutil.disk_usage(SHARED)._replace(free=1)
        monkeypatch.setattr(shutil, "disk_usage", lambda where: full)
        answer = kept.office.run("restore", str(archive), *options, changed=given)
        assert (answer.code, "1 bytes free" in answer.err) == (1, True)
        monkeypatch.undo()


def test_a_drill_compares_every_row_and_is_noted(kept: Kept) -> None:
    answer = kept.office.run("backup", "drill", "--json")
    assert (answer.code, answer.json["passed"]) == (0, True)
    records = count(kept.office.home / "hub.sqlite3", "SELECT count(*) FROM record")
    assert answer.json["rows"] > records
    assert kept.office.run("vault", "verify", "--report", "--json").json["report"]["last_restore_drill"]
