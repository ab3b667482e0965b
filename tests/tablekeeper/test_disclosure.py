"""What one row leaves open of a masked value, counted over a config."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tablekeeper.config import parse
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.disclosure import Visible, cards, disclosures, identity_numbers, phones

ROOT = Path(__file__).parents[2]
KNOWN = Visible(birth_date=True, sex=True, district=True)


def archive(**changes: Any) -> str:
    """The default config with these settings of fields, written `table__field`."""
    raw = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    raw["vault"]["mask_candidates_min"] = changes.pop("candidates_min", 40)
    raw["masks"] = raw.get("masks", {}) | changes.pop("masks", {})
    for name, settings in changes.items():
        table, field = name.split("__")
        raw["tables"][table]["fields"][field] |= settings
    return yaml.safe_dump(raw, allow_unicode=True, sort_keys=False)


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        parse(text)
    return [f"{one.path} {one.message}" for one in caught.value.problems]


@pytest.mark.parametrize(
    ("head", "tail", "beside", "left"),
    [
        (0, 0, KNOWN, 500),
        (1, 1, KNOWN, 45),
        (3, 4, KNOWN, 1),
        (6, 4, Visible(), 35_064 // 11),
        (6, 4, Visible(birth_date=True), 1),
        (0, 1, Visible(), 2_800 * 35_064 * 1_000 // 11),
        (14, 0, Visible(), 1_000),
        (14, 0, Visible(sex=True), 500),
        (15, 0, KNOWN, 50),
        (16, 0, KNOWN, 5),
        (17, 0, KNOWN, 1),
        (0, 2, KNOWN, 9),
        (6, 1, Visible(birth_date=True), 90),
    ],
)
def test_an_identity_number_leaves_what_its_structure_says(
    head: int, tail: int, beside: Visible, left: int
) -> None:
    assert identity_numbers(head, tail, beside) == left


@pytest.mark.parametrize(
    ("head", "tail"), [(0, 0), (1, 1), (3, 4), (6, 4), (6, 1), (0, 2), (0, 3), (15, 0), (16, 0)]
)
def test_the_count_is_the_least_that_going_through_all_numbers_of_a_day_and_district_finds(
    head: int, tail: int
) -> None:
    men = [with_check_character(f"11010519900307{order:03}") for order in range(1, 1_000, 2)]
    alike = Counter((number[:head], number[len(number) - tail :]) for number in men)
    assert identity_numbers(head, tail, KNOWN) == min(alike.values())


def with_check_character(body: str) -> str:
    """ISO 7064 MOD 11-2, written out."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (
        body
        + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
    )


def test_a_shown_year_leaves_its_days_and_a_shown_date_itself() -> None:
    assert identity_numbers(10, 0, Visible()) == 365 * 1_000
    assert identity_numbers(14, 4, Visible()) == 1


def test_phones_and_cards_leave_their_hidden_digits() -> None:
    assert (phones(3, 4), phones(7, 4)) == (10_000, 1)
    assert (cards(0, 4), cards(6, 4)) == (100_000, 100_000)


def test_the_default_archive_leaves_enough_open_everywhere() -> None:
    config = parse(archive())
    found = disclosures(config, config.sync, config.masks)
    assert {one.replica for one in found} >= {"airtable", "sheets"}
    left = {(one.table, one.field): one.candidates for one in found if one.replica == "airtable"}
    assert left["customers", "id_number"] == 45
    assert left["customers", "mobile"] == 10_000
    assert left["health_risk", "diseases"] is None


def test_a_mask_that_shows_too_much_beside_the_birth_date_is_refused_with_numbers_and_mend() -> None:
    wider = archive(masks={"idno": {"keep_head": 3, "keep_tail": 4, "fill": "****"}})
    (problem,) = {re.sub("in .*?:", "in …:", one, count=1) for one in refused(wider)}
    assert problem.startswith("tables.customers.fields.id_number.sensitive.mask")
    assert "leaves 1 value(s)" in problem
    assert "birth date, sex, district" in problem
    assert "mask_candidates_min (40)" in problem


def test_a_higher_limit_refuses_the_fields_below_it_alone() -> None:
    fields = {one.split(".")[3] for one in refused(archive(candidates_min=46))}
    assert fields == {"id_number"}


def test_a_replica_without_the_birth_date_leaves_more() -> None:
    raw = yaml.safe_load(archive())
    raw["sync"]["replicas"] = [
        {"name": "part", "service": "sheets", "fields": {"customers": ["id_type", "id_number"]}}
    ]
    config = parse(yaml.safe_dump(raw, allow_unicode=True))
    (one,) = (d for d in disclosures(config, config.sync, config.masks) if d.field == "id_number")
    assert one.candidates == 280 * 35_064 * 1_000 // 11
