"""No mail holds anything of a person but a masked name and a business key, whatever the archive holds."""

import string
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.config import JobsConfig
from jobs.preview import Archive, preview
from sync.store.hub import Hub
from tests.jobs.jobs_office import MONDAY, Office
from validators.schema import FieldConfig, FieldType, SchemaConfig, Sensitive
from vault.masks import MasksConfig

RAW = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))
SCHEMA = SchemaConfig.model_validate({key: RAW[key] for key in SchemaConfig.model_fields})
CONFIG = JobsConfig.model_validate({key: RAW[key] for key in JobsConfig.model_fields if key in RAW})
MARKER = "¤"
"""Stands in every text that must not be mailed, and nowhere else."""

SHOWN = {("staff", "name"), ("staff", "email")}
words = st.text(alphabet=string.ascii_uppercase + string.digits, min_size=1, max_size=10)
days = st.integers(-100, 40).map(lambda offset: MONDAY + timedelta(days=offset))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The default archive instead of the small one."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    yield Office(hub)
    hub.close()


def fill(table: str, word: str, day: date, links: dict[str, str]) -> dict[str, Any]:
    """A row with something in every field; all that no mail may show is marked."""
    return {
        key: value
        for key, field in SCHEMA.tables[table].fields.items()
        if (value := _value(table, key, field, word, day, links)) is not None
    }


def _value(table: str, key: str, field: FieldConfig, word: str, day: date, links: dict[str, str]) -> Any:
    marked = f"{MARKER}{word}"
    if field.sensitive:
        return f"9TQK{marked}"
    match field.type:
        case FieldType.LINK:
            return links.get(field.to or "")
        case FieldType.DATE:
            return day
        case FieldType.SELECT:
            # The first option that some reminder is about, if any is.
            options = SCHEMA.options_of(field).values
            return next(
                (option for option in ("有效", "核赔", "拒赔不解约") if option in options), options[0]
            )
        case FieldType.TEXT | FieldType.LONGTEXT | FieldType.PHONE | FieldType.EMAIL:
            if key == SCHEMA.tables[table].key:
                return f"{table}-{word}"
            if (table, key) in SHOWN:
                return "主管" if key == "name" else "head@insurer.example"
            return f"某{marked}" if key == SCHEMA.tables[table].label else marked
        case _:
            return None


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=words, day=days, held=st.booleans())
def test_no_mail_shows_more_than_a_masked_name_and_a_number(
    office: Office, word: str, day: date, held: bool
) -> None:
    """Every field of every table is filled, the sensitive ones with tokens, and every row may be held."""
    links = {table: f"{table}-1" for table in SCHEMA.tables}
    for table in SCHEMA.tables:
        row = fill(table, word, day, links)
        if table == "staff":
            row |= {"active": True}
            row.pop("manager_no")
            row.pop("left_on")
        office.save(table, links[table], **row)
        office.hold(table, links[table], *(SCHEMA.tables[table].fields if held else ()))
    archive = Archive("客户保险档案", office.hub, SCHEMA, CONFIG, MasksConfig(), lambda _: {}, lambda _: {})
    found = preview(archive, today=MONDAY)
    assert not found.failures
    for mail in found.mails:
        assert MARKER not in mail.text + mail.html + mail.subject + str(mail.headers)
    if held:
        assert "customers-" in found.mails[0].text


def test_a_number_or_name_in_the_vault_is_not_mailed_at_all(office: Office) -> None:
    """What the hub has of them are tokens, which are for cells."""
    fields = SCHEMA.tables["customers"].fields
    hidden = {
        key: fields[key].model_copy(update={"sensitive": Sensitive(mask="redact")})
        for key in ("customer_no", "full_name")
    }
    customers = SCHEMA.tables["customers"].model_copy(update={"fields": {**fields, **hidden}})
    schema = SCHEMA.model_copy(update={"tables": {**SCHEMA.tables, "customers": customers}})
    office.hire("agent", email="head@insurer.example")
    token = "9TQK27MB4D"
    office.save(
        "customers", "c1", customer_no=token, full_name=token, agent_no="agent", next_review_on=MONDAY
    )
    archive = Archive("客户保险档案", office.hub, schema, CONFIG, MasksConfig(), lambda _: {}, lambda _: {})
    [mail] = preview(archive, today=MONDAY).mails
    assert "季度审查" in mail.text
    assert token not in mail.text + mail.html
    assert token[:1] + "**" not in mail.text + mail.html
