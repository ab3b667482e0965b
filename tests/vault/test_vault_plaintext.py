"""The type in which plaintext travels: whatever would put it into words by mistake refuses, and shows nothing in doing so."""

import copy
import io
import json
import pickle
import sqlite3
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
import structlog
from pydantic import BaseModel

from vault.plaintext import Plaintext
from vault.values import Secret

VALUE = "110105199003078475"
SECRET = Plaintext(VALUE)


ROOT = Path(__file__).parents[2]
OPENING = {
    "vault/access.py",  # compares what a customer says
    "vault/guesses.py",  # marks what was typed
    "vault/index.py",  # marks what is searched
    "vault/rows.py",  # seals
    "sync/decode.py",  # judges a held value again
    "sync/judge.py",  # the bare numbers of plain fields
    "sync/protect.py",  # makes the mask
    "sync/secrets.py",  # what rules read
    "tablekeeper/cli/secrets.py",  # shows a held value on record
    "tablekeeper/demo/checks.py",  # looks for leaks
    "tablekeeper/desk/questions.py",  # what an identity number guesses at
    "tablekeeper/importing/preview.py",  # the bare numbers of plain fields
    "tablekeeper/typed.py",  # shows a value on record
}


class Model(BaseModel):
    anything: Any


def in_a_workbook() -> None:
    openpyxl.Workbook().active.append([SECRET])


def in_a_database() -> None:
    sqlite3.connect(":memory:").execute("SELECT ?", (SECRET,))


REFUSING: list[Callable[[], object]] = [
    lambda: str(SECRET),
    lambda: f"{SECRET}",
    lambda: "{:>30}".format(SECRET),  # noqa: UP032
    lambda: "%s" % SECRET,  # noqa: UP031
    lambda: "、".join([SECRET]),  # type: ignore[list-item]
    lambda: "for " + SECRET,  # type: ignore[operator]
    lambda: print(SECRET, file=io.StringIO()),
    lambda: pickle.dumps(SECRET),
    lambda: copy.deepcopy(SECRET),
    lambda: json.dumps({"value": SECRET}),
    lambda: orjson.dumps({"value": SECRET}),
    lambda: orjson.dumps(Secret("customers.id_number", "R1", SECRET, "1****1")),
    lambda: asdict(Secret("customers.id_number", "R1", SECRET, "1****1")),
    lambda: Model(anything=SECRET).model_dump_json(),
    in_a_workbook,
    in_a_database,
]


@pytest.mark.parametrize("way", REFUSING, ids=range(len(REFUSING)))
def test_what_would_put_it_into_words_fails_and_says_nothing_of_it(way: Callable[[], object]) -> None:
    with pytest.raises(Exception) as failure:
        way()
    told = "".join(traceback.format_exception(failure.value))
    assert VALUE not in told


def test_a_repr_and_a_log_line_show_nothing() -> None:
    written = io.StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(written), [structlog.processors.JSONRenderer()])
    log.info("event", value=SECRET, inside=[{"deep": SECRET}])
    secret = Secret("customers.id_number", "R1", SECRET, "1****1")
    assert VALUE not in written.getvalue() + repr(SECRET) + repr(secret) + repr(Model(anything=SECRET))


def test_only_exposing_gives_it_back() -> None:
    assert SECRET.expose() == VALUE
    with pytest.raises(TypeError):
        vars(SECRET)


def test_it_equals_the_same_content_wrapped_or_bare_and_nothing_else() -> None:
    assert Plaintext("a") == Plaintext("a") == "a"
    assert Plaintext("a") != Plaintext("b")
    assert Plaintext("a") != "b"
    assert {Plaintext("a"): 1}[Plaintext("a")] == 1


def test_whoever_opens_plaintext_in_one_more_place_says_so_here() -> None:
    opening = {
        path.relative_to(ROOT).as_posix()
        for package in ("vault", "sync", "jobs", "tablekeeper")
        for path in (ROOT / package).rglob("*.py")
        if ".expose()" in path.read_text(encoding="utf-8")
    }
    assert opening == OPENING
