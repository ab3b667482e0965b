"""The house itself: its names are free, its locks are whole, its generated pages are fresh."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from tablekeeper.config import json_schema_text

ROOT = Path(__file__).parents[1]
NAMES = ("tablekeeper", "jobs", "sync", "vault", "validators", "emulators")
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", NAMES)
def test_no_installed_distribution_claims_a_name_of_ours(name: str) -> None:
    """`validators`, for one, is also a distribution of others: a dependency that drew it in would shadow ours."""
    assert set(metadata.packages_distributions().get(name, [])) <= {"tablekeeper"}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_locked_requirement_has_a_version_and_a_hash(lock: str) -> None:
    requirements = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8").strip())
    assert len(requirements) > 30
    assert not [text for text in requirements if "==" not in text or "--hash=sha256:" not in text]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in text


def test_both_locks_agree_on_versions() -> None:
    """Otherwise the tests would run against other libraries than the demo."""
    runtime, development = (_locked(lock) for lock in LOCKS)
    assert runtime.items() <= development.items()


def test_the_locks_hold_every_dependency_that_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    runtime = {*map(_name, project["dependencies"]), *map(_name, extras["emulators"])}
    development = {*map(_name, extras["dev"])} - {"tablekeeper"}
    assert runtime <= _locked("requirements.lock").keys()
    assert development <= _locked("requirements-dev.lock").keys()


def test_the_schema_for_editors_is_fresh() -> None:
    """Mend with `make schema`."""
    assert (ROOT / "docs/config.schema.json").read_text(encoding="utf-8") == json_schema_text()


def _locked(lock: str) -> dict[str, str]:
    """Each requirement with its version and its marker: some are locked twice, for old and new Pythons."""
    lines = re.findall(r"^([\w.-]+)==([^\s\\]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    return {_name(name): version for name, version in lines}


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()
