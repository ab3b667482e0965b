"""The threat model names the test that shows each claim: it must be there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/SECURITY.md").read_text(encoding="utf-8")


def test_every_claim_names_a_test_that_is_there() -> None:
    kept_out = PAGE.split("## What is not promised")[0]
    claims = [line for line in kept_out.splitlines() if line.startswith("| whoever") or "| a user" in line]
    assert claims
    for claim in claims:
        named = re.findall(r"`(tests/[\w/]+\.py)`", claim)
        assert named, claim
        assert [one for one in named if not (ROOT / one).is_file()] == []
