"""Backup, drill and restore of an archive whose hub and vault are databases of a PostgreSQL server."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pyrage
import pytest
import sqlalchemy as sa

from jobs import backup_scratch
from jobs.backup_server import HUB_FORM, Form, bring_in, copy_out, fill
from jobs.backup_snapshot import differences
from sync.store.hub import Hub
from tablekeeper.config import load
from tests.tablekeeper.cli_office import PASSPHRASE, Office, bare_office
from vault.keys import Argon2Cost, from_passphrase
from vault.vault import Vault


class Served:
    """An archive on a server, with a recipient for its backups."""

    def __init__(self, office: Office, urls: list[str]) -> None:
        self.office, self.urls = office, urls
        self.there: dict[str, str | None] = {
            "TABLEKEEPER_HUB_URL": urls[0].replace("+psycopg", "", 1),
            "TABLEKEEPER_VAULT_URL": urls[1].replace("+psycopg", "", 1),
        }
        secret = pyrage.x25519.Identity.generate()
        self.identity = office.folder / "identity.txt"
        self.identity.write_text(str(secret), encoding="utf-8")
        with office.editing() as raw:
            raw["backup"] = {"recipients": [str(secret.to_public())], "to": str(office.folder / "elsewhere")}

    def run(self, *arguments: str) -> dict[str, object]:
        answer = self.office.run(*arguments, "--json", changed=self.there)
        assert answer.code in (0, 4), answer.err
        return dict(answer.json)

    def back_up(self) -> tuple[str, str]:
        archive, keys = (one["file"] for one in self.run("backup")["files"])  # type: ignore[attr-defined]
        return archive, keys

    def rows(self, query: str, *, hub: bool = True) -> list[tuple[object, ...]]:
        with psycopg.connect(
            self.there["TABLEKEEPER_HUB_URL" if hub else "TABLEKEEPER_VAULT_URL"] or ""
        ) as one:
            return one.execute(query).fetchall()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, databases: Callable[[], str]) -> Iterator[Served]:
    with bare_office(tmp_path_factory.mktemp("served")) as office:
        made = Served(office, [databases() for _ in range(2)])
        cheap = Argon2Cost(iterations=1, lanes=1, memory_kib=64)
        Vault.create(made.urls[1], from_passphrase(PASSPHRASE, cost=cheap)).close()
        assert office.run("setup", changed=made.there).code == 0
        office.airtable("客户基本信息").create({"客户编号": "C00000001", "手机号码": "13900139000"})
        assert office.run("sync", changed=made.there).code == 0
        yield made


def test_a_copy_of_a_server_comes_back_row_by_row(
    served: Served, databases: Callable[[], str], tmp_path: Path
) -> None:
    first, second, empty = tmp_path / "first", tmp_path / "second", databases()
    copy_out(served.urls[0], first, HUB_FORM)
    with psycopg.connect(empty.replace("+psycopg", "", 1)) as others:
        others.execute("CREATE TABLE of_somebody_else (one int)")
    bring_in(empty, first, HUB_FORM, aside="before")
    with psycopg.connect(empty.replace("+psycopg", "", 1)) as others:
        others.execute("SELECT one FROM of_somebody_else")
        others.execute("UPDATE record SET key = 'written since'")
    bring_in(empty, first, HUB_FORM, aside="before")
    with psycopg.connect(empty.replace("+psycopg", "", 1)) as others:
        changed = others.execute("SELECT count(*) FROM record WHERE key = 'written since'").fetchone()
        assert changed != (0,), "doing it again changes nothing"
    bring_in(empty, first, HUB_FORM, aside="later")
    copy_out(empty, second, HUB_FORM)
    assert differences(first, second) == {}
    assert served.rows("SELECT count(*) FROM record")[0][0]


def test_a_copy_beside_a_writer_is_one_state(databases: Callable[[], str], tmp_path: Path) -> None:
    """Two counters in different tables always rise together; a torn copy would show them apart."""
    url = databases()
    Hub(url, load(Path("config.yaml"))).close()
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
            connection.execute("INSERT INTO counter VALUES ('first', 0)")
            connection.execute("INSERT INTO binding VALUES ('second', 'x', '0')")
            connection.commit()
            while not stop.is_set():
                connection.execute("UPDATE counter SET value = value + 1 WHERE name = 'first'")
                connection.execute("UPDATE binding SET value = (CAST(value AS int) + 1)::text")
                connection.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy_out(url, tmp_path / str(number), HUB_FORM)
            with closing(sqlite3.connect(tmp_path / str(number))) as copy:
                both = "SELECT (SELECT value FROM counter), (SELECT CAST(value AS int) FROM binding)"
                first, second = copy.execute(both).fetchone()
                assert first == second
    finally:
        stop.set()
        writer.join()


def test_a_drill_looks_at_every_row_and_value_of_a_server(served: Served) -> None:
    """It is restored where it lies: in a schema of the same server, of which nothing is left."""
    told = served.run("backup", "drill")
    assert (told["passed"], told["values"], told["place"]) == (True, 1, "server")
    drills = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tablekeeper_drill%'"
    assert served.rows(drills) == served.rows(drills, hub=False) == [(0,)]


def test_a_drill_finds_a_server_that_does_not_give_back_what_it_got(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:

    def spoilt(empty: sa.Connection, source: Path, form: Form) -> None:
        fill(empty, source, form)
        if form is HUB_FORM:
            empty.exec_driver_sql("UPDATE record SET key = 'another'")

    monkeypatch.setattr(backup_scratch, "fill", spoilt)
    answer = served.office.run("backup", "drill", "--json", changed=served.there)
    assert answer.code == 1
    assert answer.json["faults"][0].startswith("hub.sqlite3: record: ")
    assert served.rows("SELECT count(*) FROM record WHERE key = 'another'") == [(0,)]


def test_a_user_who_may_not_make_schemas_is_drilled_in_files(served: Served) -> None:
    owner = served.rows("SELECT current_user")[0][0]
    ours = dict(served.there)
    for name in ours:
        database = str(ours[name])
        with psycopg.connect(database, autocommit=True) as admin:
            if name == "TABLEKEEPER_HUB_URL":
                admin.execute("CREATE ROLE plain LOGIN")
            for kind in ("TABLES", "SEQUENCES"):
                admin.execute(f"GRANT ALL ON ALL {kind} IN SCHEMA public TO plain")
        served.there[name] = database.replace(f"//{owner}", "//plain", 1)
        assert served.there[name] != database
    try:
        told = served.run("backup", "drill")
        text = served.office.run("backup", "drill", changed=served.there).out
    finally:
        served.there.update(ours)
    assert (told["passed"], told["values"], told["place"]) == (True, 1, "refused")
    assert "GRANT CREATE ON DATABASE" in text


def test_two_drills_do_not_take_each_other_s_schema(served: Served, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_out(served.urls[0], copy, HUB_FORM)
    with backup_scratch.restored_beside(served.urls[0], copy, HUB_FORM) as there:
        answer = served.office.run("backup", "drill", changed=served.there)
        assert (answer.code, "another restore drill" in answer.err) == (2, True)
        copy_out(there, tmp_path / "again", HUB_FORM)
    assert differences(copy, tmp_path / "again") == {}


def test_a_restored_server_is_as_it_was_and_what_was_there_stands_aside(served: Served) -> None:
    archive, keys = served.back_up()
    before = served.rows('SELECT uid, "values"::text FROM record ORDER BY uid')
    served.office.airtable("客户基本信息").create({"客户编号": "C00000002", "手机号码": "13900139001"})
    assert served.office.run("sync", changed=served.there).code == 0
    plan = served.run("restore", archive, "--identity", str(served.identity), "--keys", keys)
    assert plan["present"] == {"customers": 2}
    assert served.rows('SELECT uid, "values"::text FROM record ORDER BY uid') == before
    aside = f'SELECT count(*) FROM "{plan["aside"]}"'
    assert served.rows(f"{aside}.record") == [(2,)]
    assert served.rows(f"{aside}.sealed_value", hub=False) == [(2,)]
    assert served.office.run("resume", "--accept", str(plan["id"]), changed=served.there).code == 0
    # New rows get new numbers: the server counts on where the backup ended.
    assert served.office.run("sync", changed=served.there).code == 0
    assert served.office.run("vault", "verify", changed=served.there).code == 0


def test_a_backup_of_a_server_is_restored_into_files(served: Served, tmp_path: Path) -> None:
    archive, keys = served.back_up()
    home: dict[str, str | None] = {"TABLEKEEPER_HOME": str(tmp_path / "home")}
    given = ("--identity", str(served.identity), "--keys", keys, "--json")
    plan = served.office.run("restore", archive, *given, changed=home)
    assert plan.code == 4, plan.err
    assert served.office.run("resume", "--accept", plan.json["id"], changed=home).code == 0
    assert served.office.run("vault", "verify", changed=home).code == 0
    assert {path.name for path in (tmp_path / "home").glob("*.sqlite3")} == {"hub.sqlite3", "vault.sqlite3"}
