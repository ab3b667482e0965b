"""What an import finds, in the words of staff: for the terminal and as JSON. Names rows of the file, never a value."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sync.engine import dependency_order
from sync.store.records import State
from validators.issues import Issue
from validators.schema import Level, SchemaConfig, TableConfig, TableKey

from .existing import Existing
from .notes import Remark
from .preview import Judge, Judged
from .split import Split
from .workbook import Workbook

ORIGINS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class TableCount:
    """One table. `found` = new + present + repeated; of the new rows `errors` have a held field, `held` are not yet
    records for others, `waiting` refer to such a one, `hints` lack something."""

    table: TableKey
    name: str
    found: int
    new: int
    present: int
    repeated: int
    errors: int
    held: int
    waiting: int
    hints: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of finding and the rows that have it."""

    table: str
    field: str
    level: str
    message: str
    mend: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a workbook holds and what would become of it."""

    tables: tuple[TableCount, ...]
    problems: tuple[Problem, ...]
    """Errors before hints, the most frequent first."""
    remarks: tuple[Remark, ...]
    unmapped: Mapping[str, tuple[str, ...]]
    """Headers that were not understood, by sheet."""
    skipped: Mapping[str, tuple[int, ...]]
    """Rows that are no records, by sheet."""
    foreign: tuple[str, ...]
    """Sheets that hold nothing of the archive."""

    @property
    def adds(self) -> int:
        """How many rows are new."""
        return sum(count.new for count in self.tables)

    def as_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {**asdict(self), "adds": self.adds}


def preview(
    workbook: Workbook, split: Split, schema: SchemaConfig, existing: Existing, *, today: date
) -> ImportReport:
    """Judge every new row as the engine would, and count. Writes nothing."""
    judged = Judge(schema, existing, today).judge(split.rows)
    tables = [table for table in dependency_order(schema) if split.notes.found[table]]
    return ImportReport(
        tables=tuple(_count(table, schema, split, judged) for table in tables),
        problems=_problems(judged, schema),
        remarks=split.notes.remarks,
        unmapped={sheet.title: sheet.unmapped for sheet in workbook.sheets if sheet.unmapped},
        skipped={sheet.title: sheet.skipped for sheet in workbook.sheets if sheet.skipped},
        foreign=workbook.foreign,
    )


def _count(table: TableKey, schema: SchemaConfig, split: Split, judged: Iterable[Judged]) -> TableCount:
    mine = [each for each in judged if each.row.table == table]
    states = [each.checked.state for each in mine]
    return TableCount(
        table=table,
        name=schema.tables[table].name,
        found=split.notes.found[table],
        new=len(mine),
        present=split.notes.present[table],
        repeated=split.notes.repeated[table],
        errors=sum(each.has_error for each in mine),
        held=states.count(State.HELD),
        waiting=states.count(State.WAITING),
        hints=sum(bool(each.checked.issues) and not each.has_error for each in mine),
    )


def _problems(judged: Iterable[Judged], schema: SchemaConfig) -> tuple[Problem, ...]:
    origins: dict[tuple[TableKey, Issue], list[str]] = defaultdict(list)
    for each in judged:
        for issue in each.checked.issues:
            origins[each.row.table, issue].append(each.row.origin)
    problems = [_problem(schema.tables[key[0]], key[1], rows) for key, rows in origins.items()]
    return tuple(sorted(problems, key=lambda p: (p.level != Level.ERROR, -len(p.origins))))


def _problem(table: TableConfig, issue: Issue, origins: Sequence[str]) -> Problem:
    # A hint on what is missing names its fields in the message already.
    headers = "" if issue.code == "expected" else "、".join(table.fields[key].name for key in issue.fields)
    return Problem(table.name, headers, issue.level.value, issue.message, issue.mend, tuple(origins))


def rendered(report: ImportReport) -> RenderableType:
    """The report for the terminal."""
    parts: list[RenderableType] = [_tables(report)]
    if report.adds == 0:
        parts.append(Text("这个文件里的内容都已在档,没有要新增的。", style="bold"))
    if report.problems:
        parts.append(_findings(report))
    parts += [Text(f"{remark.text}:{_rows(remark.origins)}") for remark in report.remarks]
    parts += [Text(f"{title}:没有识别的列 {'、'.join(names)}") for title, names in report.unmapped.items()]
    parts += [
        Text(f"{title}:第{'、'.join(map(str, numbers))}行是合计或签名,未录入")
        for title, numbers in report.skipped.items()
    ]
    if report.foreign:
        parts.append(Text(f"与档案无关的工作表:{'、'.join(report.foreign)}"))
    return Group(*parts)


def _tables(report: ImportReport) -> Table:
    table = Table(
        title="导入预览", title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for header in ("表", "文件中", "已在档", "重复", "新增", "有错误", "暂不建档", "等待", "仅提示"):
        table.add_column(header, justify="left" if header == "表" else "right")
    for count in report.tables:
        numbers = (count.found, count.present, count.repeated, count.new, count.errors, count.held)
        table.add_row(count.name, *map(str, (*numbers, count.waiting, count.hints)))
    return table


def _findings(report: ImportReport) -> RenderableType:
    """One paragraph per kind: a table of them would not fit a narrow terminal."""
    lines = [Text("需要更正或补充", style="italic")]
    for problem in report.problems:
        about = "·".join(part for part in (problem.table, problem.field) if part)
        style = "red" if problem.level == Level.ERROR else "yellow"
        text = Text(f"{problem.level} ", style=style).append(f"{about}:{problem.message}", style="default")
        lines.append(text.append(f"({_rows(problem.origins)})", style="dim"))
    return Group(*lines)


def _rows(origins: Sequence[str]) -> str:
    """`台账 第5行、第8行,理赔记录 第2行`: each sheet is named once, and the first rows stand for all."""
    sheets: dict[str, list[str]] = {}
    for origin in origins[:ORIGINS_SHOWN]:
        sheet, _, row = origin.rpartition(" ")
        sheets.setdefault(sheet, []).append(row)
    shown = ",".join(f"{sheet} {'、'.join(rows)}".strip() for sheet, rows in sheets.items())
    return shown if len(origins) <= ORIGINS_SHOWN else f"{shown} 等{len(origins)}行"
