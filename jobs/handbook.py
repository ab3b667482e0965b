"""The staff handbook: a page per department in Chinese, from the rules that run. Writes nothing; the words are what a clerk reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from sync.config import ReplicaConfig, SyncConfig
from validators.schema import (
    NUMBERS,
    FieldConfig,
    FieldKey,
    FieldType,
    RuleConfig,
    SchemaConfig,
    TableConfig,
    TableKey,
)
from vault.masks import MasksConfig, mask

_ENVIRONMENT = Environment(
    loader=PackageLoader("jobs"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
KINDS = {
    FieldType.TEXT: "文字",
    FieldType.LONGTEXT: "长文字",
    FieldType.DATE: "日期\uff0c如 2026-11-23",
    FieldType.DATETIME: "日期和时间",
    FieldType.INT: "整数",
    FieldType.DECIMAL: "数字",
    FieldType.MONEY: "金额(元)",
    FieldType.PERCENT: "百分比",
    FieldType.BOOL: "勾选",
    FieldType.SELECT: "单选",
    FieldType.MULTISELECT: "多选",
    FieldType.LINK: "关联",
    FieldType.MULTILINK: "关联(可多条)",
    FieldType.PHONE: "电话号码",
    FieldType.EMAIL: "邮箱",
    FieldType.IDNO: "证件号码",
    FieldType.ACCOUNT: "银行账号",
}
SAMPLES = {
    FieldType.PHONE: "13800138000",
    FieldType.IDNO: "11010119900307451X",
    FieldType.ACCOUNT: "6222021234567890123",
    FieldType.EMAIL: "zhangsan@example.com",
    FieldType.MONEY: "235000",
    FieldType.INT: "235000",
    FieldType.DECIMAL: "235000",
    FieldType.LONGTEXT: "北京市海淀区中关村大街1号",
    FieldType.TEXT: "北京市海淀区中关村大街1号",
}
TOKEN = "9TQK27MB4D"
"""How a token looks; this one stands for nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as a department meets it."""

    name: str
    kind: str
    checks: tuple[str, ...]
    shown: str
    """What a cell shows of a sensitive value; empty for a plain one."""
    editable: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule across columns: its level, what it says, what mends it, its law."""

    level: str
    message: str
    mend: str
    law: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One table as a department meets it."""

    name: str
    keeper: str
    mine: bool
    creates: bool
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The parts of the config that a handbook is made from."""

    archive: str
    schema: SchemaConfig
    sync: SyncConfig
    masks: MasksConfig
    responsible: Mapping[TableKey, str]
    known: tuple[str, ...]
    """The departments that people of the staff table work in."""
    desk_url: str

    @property
    def departments(self) -> tuple[str, ...]:
        """Those that look after a table or have a spreadsheet of their own, then the others, in the config's order."""
        limited = [one.name for one in self.sync.replicas if one.place_env]
        return tuple(dict.fromkeys([*self.responsible.values(), *limited, *self.known]))


def pages(source: Source, day: date) -> dict[str, str]:
    """The HTML of each department's page, by department, and under an empty name the list of them."""
    template = _ENVIRONMENT.get_template("handbook.html.j2")
    found = {
        name: template.render(
            archive=source.archive,
            department=name,
            day=day,
            chapters=list(_chapters(source, name)),
            own=_own(source, name) is not None,
            desk_url=source.desk_url,
            token=TOKEN,
        )
        for name in source.departments
    }
    index = _ENVIRONMENT.get_template("handbook_index.html.j2")
    return {**found, "": index.render(archive=source.archive, departments=source.departments, day=day)}


def _chapters(source: Source, department: str) -> Iterator[Chapter]:
    replica = _own(source, department) or source.sync.replicas[0]
    for table, config in source.schema.tables.items():
        if replica.holds(table):
            yield Chapter(
                name=config.name,
                keeper=source.responsible.get(table, ""),
                mine=source.responsible.get(table) == department,
                creates=replica.may_create(table),
                columns=tuple(_columns(source, replica, table, config)),
                rules=tuple(_rule(one) for one in source.schema.rules if one.table == table),
            )


def _own(source: Source, department: str) -> ReplicaConfig | None:
    return next((one for one in source.sync.replicas if one.name == department), None)


def _columns(
    source: Source, replica: ReplicaConfig, table: TableKey, config: TableConfig
) -> Iterator[Column]:
    for key in replica.fields_of(table, config):
        field = config.fields[key]
        editable = not field.computed and replica.may_edit(table, key)
        yield Column(
            field.name,
            KINDS[field.type],
            tuple(_checks(source.schema, config, key, field)),
            _shown(source, field),
            editable,
        )


def _shown(source: Source, field: FieldConfig) -> str:
    """What a cell shows of a sample value."""
    if field.sensitive is None:
        return ""
    sample = SAMPLES.get(field.type, "")
    return f"{mask(field.sensitive.mask, sample, masks=source.masks)}〔{TOKEN}〕"


def _checks(schema: SchemaConfig, table: TableConfig, key: FieldKey, field: FieldConfig) -> Iterator[str]:
    if field.computed:
        yield "系统计算\uff0c改动会被还原"
    if field.required or key == table.key:
        yield "留空由系统编号" if field.auto else "必填"
    if field.expected:
        yield "应填\uff0c空着会提醒"
    if field.unique:
        yield "不得与其他行重复"
    if field.options:
        yield f"只能选：{'、'.join(schema.options[field.options].values)}"
    if field.to:
        yield f"填 {schema.tables[field.to].name} 中已有的编号"
    if field.not_future:
        yield "不得晚于今天"
    if field.shape:
        yield field.shape
    yield from _limits(field)
    if field.type is FieldType.IDNO:
        yield "位数和校验码必须正确"


def _limits(field: FieldConfig) -> Iterator[str]:
    unit = "" if field.type in NUMBERS else "字"
    if field.above is not None:
        yield f"大于 {field.above}"
    if field.min is not None:
        yield f"不小于 {field.min}"
    if field.max is not None:
        yield f"不大于 {field.max}"
    if field.min_length is not None:
        yield f"至少 {field.min_length} {unit or '位'}"
    if field.max_length is not None:
        yield f"最多 {field.max_length} {unit or '位'}"


def _rule(one: RuleConfig) -> Rule:
    return Rule(str(one.level.value), one.message, one.mend, one.law or "")
