"""`config.yaml` as one frozen model, composed of the sections that the packages own, and its JSON schema for editors.

`load` either gives a configuration in which every reference leads somewhere, or every problem at once.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from jobs import archive_config, figure_config, reminders
from jobs.archive_config import ArchivingConfig
from jobs.backup_config import BackupConfig
from jobs.config import JobsConfig
from sync import departments, polling
from sync.config import SyncConfig
from tablekeeper import disclosure
from tablekeeper.config_problems import ConfigProblems, from_models
from tablekeeper.config_repair import repaired
from tablekeeper.desk.config import DeskConfig
from tablekeeper.field_classes import classes_of
from tablekeeper.field_classes import problems as class_problems
from tablekeeper.retention import RetentionRule
from tablekeeper.retention import problems as retention_problems
from tablekeeper.stores import StoreConfig
from tablekeeper.yaml_document import read_yaml
from validators import references
from validators.field_references import mapping, text
from validators.references import Problem
from validators.rules import RuleBook, RuleProblems
from validators.schema import SchemaConfig, Section
from validators.suggestions import suggestion
from vault.config import VaultConfig
from vault.masks import MasksConfig


class ArchiveConfig(Section):
    """What the archive is called, whose it is, and which clock its days follow."""

    name: str = Field(min_length=1, max_length=60)
    company: str = Field(default="", max_length=60)
    timezone: str = "Asia/Shanghai"
    locale: str = Field(default="zh-CN", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    desk_url: str = Field(default="http://127.0.0.1:8460", pattern=r"^https?://\S+$")

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone; write it like Asia/Shanghai") from error
        return name


class MetricsConfig(Section):
    """Where the daemon tells its figures: Prometheus' format below /metrics, and /healthz. Loopback only."""

    port: int | None = Field(default=None, ge=0, le=65535)
    """Without one nothing is served."""


class Expressions(SchemaConfig, JobsConfig):
    """The sections whose expressions are compiled: tables and their rules, reminders and mails."""


class Config(Expressions):
    """All of `config.yaml`. Each package owns the models of its own sections."""

    archive: ArchiveConfig
    masks: MasksConfig = Field(default_factory=MasksConfig)
    vault: VaultConfig = Field(default_factory=VaultConfig)
    sync: SyncConfig = Field(default_factory=SyncConfig)
    store: StoreConfig = Field(default_factory=StoreConfig)
    retention: tuple[RetentionRule, ...] = Field(
        default=(), description="How long the law wants records kept; the longest rule counts."
    )
    backup: BackupConfig = Field(default_factory=BackupConfig)
    archiving: ArchivingConfig = Field(default_factory=ArchivingConfig)
    metrics: MetricsConfig = Field(default_factory=MetricsConfig)
    desk: DeskConfig = Field(default_factory=DeskConfig)

    @model_validator(mode="after")
    def _settle_the_vault(self) -> Self:
        self.vault.settle(classes=classes_of(self), zone=ZoneInfo(self.archive.timezone))
        return self


def load(path: Path) -> Config:
    """The configuration in the file. Raises ConfigProblems with all that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigProblems(
            [Problem("", f"cannot read the configuration: {reason}; name it with --config")], file=str(path)
        ) from None
    return parse(text, file=path.name)


def parse(text: str, *, file: str = "config.yaml") -> Config:
    """The configuration that a YAML text holds. `file` is what problems call it."""
    document = read_yaml(text)
    problems = list(document.problems)
    config = None
    if isinstance(document.values, dict):
        config = _judge(document.values, problems)
    elif not problems:
        problems.append(Problem("", "must hold the sections archive, options, tables and rules"))
    if config is None or problems:
        raise ConfigProblems(problems, file=file, lines=document.lines)
    return config


def _judge(raw: Mapping[str, Any], problems: list[Problem]) -> Config | None:
    """The model of the values, if they are one; `problems` takes in all that is found."""
    config: Config | None = None
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        problems += from_models(error, Config)
    checked = config or repaired(raw, Expressions)
    problems += references.problems(raw)
    problems += class_problems(raw)
    problems += _references_of_the_other_sections(raw)
    if config:
        problems += retention_problems(config, config.retention)
        problems += departments.problems(config, config.sync)
        problems += archive_config.problems(config, config.archiving, purposes=config.vault.purposes)
        problems += polling.problems(config.sync)
        problems += figure_config.problems(config, config.figures)
        problems += disclosure.problems(
            config, config.sync, config.masks, candidates_min=config.vault.mask_candidates_min
        )
    if checked:
        problems += _rule_problems(checked, raw)
        # An archive that mails nobody needs no table of its staff.
        if checked.reminders or checked.digests:
            problems += reminders.problems(checked, checked)
    return config


def _rule_problems(schema: SchemaConfig, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Expressions that cannot be used, at the path of their rule or computed field."""
    rules = raw.get("rules")
    listed = enumerate(rules if isinstance(rules, list) else [])
    places = {str(mapping(rule).get("id")): f"rules.{place}" for place, rule in listed}
    try:
        RuleBook(schema)
    except RuleProblems as error:
        for where, message in error.problems:
            yield Problem(places.get(where, where), f"{where}: {message}" if where in places else message)


def _references_of_the_other_sections(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Masks that fields name, and tables and fields that replicas name."""
    tables = mapping(raw.get("tables"))
    masks = MasksConfig().names | mapping(raw.get("masks")).keys()
    for table, section in tables.items():
        for field, spec in mapping(mapping(section).get("fields")).items():
            mask = text(mapping(mapping(spec).get("sensitive")).get("mask"))
            if mask and mask not in masks:
                path = f"tables.{table}.fields.{field}.sensitive.mask"
                yield Problem(path, f"no mask named {mask!r}{suggestion(mask, masks)}")
    for role, rights in mapping(mapping(raw.get("vault")).get("roles")).items():
        for of, mask in mapping(mapping(rights).get("masks")).items():
            if text(mask) not in masks:
                yield Problem(
                    f"vault.roles.{role}.masks.{of}", f"no mask named {mask!r}{suggestion(text(mask), masks)}"
                )
    replicas = mapping(raw.get("sync")).get("replicas")
    for place, replica in enumerate(replicas if isinstance(replicas, list) else []):
        yield from _replica_problems(f"sync.replicas.{place}", mapping(replica), tables)


def _replica_problems(path: str, replica: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _unknown(f"{path}.tables", replica.get("tables"), tables)
    for table, fields in mapping(replica.get("fields")).items():
        if table in tables:
            yield from _unknown(
                f"{path}.fields.{table}", fields, mapping(mapping(tables[table]).get("fields"))
            )
        else:
            yield Problem(f"{path}.fields.{table}", f"no table {table!r}{suggestion(table, tables)}")


def _unknown(path: str, listed: object, known: Mapping[str, Any]) -> Iterator[Problem]:
    """The names in a list that are not known."""
    for place, name in enumerate(listed if isinstance(listed, list) else []):
        if text(name) and name not in known:
            yield Problem(f"{path}.{place}", f"there is no {name!r}{suggestion(name, known)}")


def json_schema() -> dict[str, Any]:
    """What an editor needs to complete and check `config.yaml`."""
    schema = Config.model_json_schema()
    # The schema of a model does not show the short form of an option list, which a validator turns into the long one.
    by_key = schema["properties"]["options"]["patternProperties"]
    short = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    schema["properties"]["options"]["patternProperties"] = {
        pattern: {"anyOf": [option_list, short]} for pattern, option_list in by_key.items()
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def json_schema_text() -> str:
    """The content of `docs/config.schema.json`."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """`python -m tablekeeper.config --schema > docs/config.schema.json`."""
    parser = argparse.ArgumentParser(prog="python -m tablekeeper.config")
    parser.add_argument(
        "--schema", action="store_true", required=True, help="print the JSON schema of config.yaml"
    )
    parser.parse_args()
    print(json_schema_text(), end="")


if __name__ == "__main__":
    main()
