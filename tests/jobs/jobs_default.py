"""The archive that is shipped, for tests of jobs: its settings, and an office with its staff."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from jobs.calendar import Calendar
from jobs.collect import Collected, Ground, collect
from jobs.config import JobsConfig
from jobs.due import Due, Today
from jobs.files import Files
from jobs.reminders import ReminderBook
from tests.jobs.jobs_office import MONDAY, Office
from validators.schema import SchemaConfig
from vault.plaintext import Plaintext

RAW = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))
SCHEMA = SchemaConfig.model_validate({key: RAW[key] for key in SchemaConfig.model_fields})
CONFIG = JobsConfig.model_validate({key: RAW[key] for key in JobsConfig.model_fields if key in RAW})


@dataclass
class Shipped:
    """The shipped archive in an office, and a vault that opens what it is told."""

    office: Office
    config: JobsConfig = CONFIG
    secrets: dict[str, str] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)

    def open(self, tokens: Iterable[str]) -> Mapping[str, Plaintext[str]]:
        found = [token for token in tokens if token in self.secrets]
        self.opened += found
        return {token: Plaintext(self.secrets[token]) for token in found}

    def collected(self, today: date = MONDAY) -> Collected:
        """Everything that is due, and what failed."""
        day = Today.of(today, Calendar(self.config.calendar))
        book = ReminderBook(SCHEMA, self.config)
        with self.office.hub.unit() as unit:
            return collect(Ground(unit, Files(unit, SCHEMA), SCHEMA, book, day, self.open))

    def due(self, reminder: str, today: date = MONDAY) -> list[Due]:
        """What is due of one reminder; nothing may fail."""
        found = self.collected(today)
        assert not found.failures
        return [due for due in found.dues if due.reminder == reminder]

    def save(self, table: str, uid: str, **values: Any) -> None:
        """Create or change a record."""
        self.office.save(table, uid, **{key: value for key, value in values.items() if value is not None})
