"""docs/EMULATORS.md names what there is: switches with their defaults, faults, control actions, refused requests."""

import re
from pathlib import Path

from emulators.control import ACTIONS
from emulators.faults import KINDS
from emulators.google.batch import HANDLERS
from emulators.google.schema import MESSAGES
from emulators.policy import Policy

TEXT = (Path(__file__).parents[2] / "docs" / "EMULATORS.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The text below a heading, as far as the next."""
    found = re.search(rf"^#+ {heading}\n(.*?)(?=^#+ |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def test_every_switch_is_told_with_its_default() -> None:
    told = re.findall(r"^\| `(\w+)` \| (on|off) \|", section("Switches"), re.MULTILINE)
    assert dict(told) == {name: "on" if on else "off" for name, on in Policy().dump().items()}


def test_every_fault_is_told() -> None:
    first_cells = re.findall(r"^\| (`[^|]+) \|", section("Faults"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(first_cells))) == KINDS


def test_every_control_action_is_told() -> None:
    told = re.findall(r"`(GET|POST) (\w+)(?:\?\S+)?`", section("Control"))
    assert set(told) - {("GET", "mailbox_url")} == set(ACTIONS)


def test_every_refused_request_is_told() -> None:
    told = set(re.findall(r"`([a-z]\w+)`", section("Refused with 501"))) - {"pasteData", "html"}
    assert told == MESSAGES["Request"].keys() - HANDLERS.keys()
