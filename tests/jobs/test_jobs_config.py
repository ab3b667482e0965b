"""The sections of the configuration that jobs own."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from jobs.config import JobsConfig
from jobs.reminders import problems
from tests.jobs.jobs_office import HELD_ROWS, MANAGERS, REVIEW, jobs_config
from validators.schema import SchemaConfig

CONFIG = Path(__file__).parents[2] / "config.yaml"


def test_the_default_archive_reminds_without_a_problem() -> None:
    """Every table, field, link and expression that its reminders name is there."""
    raw = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    schema = SchemaConfig.model_validate({key: raw[key] for key in SchemaConfig.model_fields})
    config = JobsConfig.model_validate({key: raw[key] for key in JobsConfig.model_fields if key in raw})
    assert {"review_quarterly", "held_rows", "renewal", "claim_decide"} <= {
        each.id for each in config.reminders
    }
    assert problems(schema, config) == []


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"reminders": [REVIEW, REVIEW]}, "review is given twice"),
        ({"reminders": [{**REVIEW, "at": [7, 0]}]}, "the earliest first"),
        ({"reminders": [{**REVIEW, "table": "*"}]}, "goes only with"),
        ({"reminders": [{**HELD_ROWS, "when": "true"}]}, "leave out `when`"),
        ({"reminders": [{**REVIEW, "priority": "极高"}]}, "紧急"),
        ({"digests": [{**MANAGERS, "at": 570}]}, "valid string"),
        ({"digests": [{**MANAGERS, "at": "25:00"}]}, "pattern"),
        ({"mail": {"sender": "档案部"}}, "pattern"),
        ({"mail": {"sender": "a@b.example\nBcc: c@d.example"}}, "pattern"),
        ({"calendar": {"closed": ["2026-05-04"], "open": ["2026-05-04"]}}, "both closed and open"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(sections: dict[str, Any], words: str) -> None:
    """With words that say what to write."""
    with pytest.raises(ValidationError, match=words):
        jobs_config(**sections)
