"""What the audience sees: steps with progress bars, a small table per scene, a mail, and the closing account."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tablekeeper.demo.play import NO_ROW, Moment

WIDTH_MAX = 120
WIDE = 110
"""From this width on, a note stands beside its cells."""
WHEN, SIDE, STATUS = 8, 32, 4
"""Widths of a scene's columns: a side holds the stand-in of an identity number, and all fit into 80."""
MAIL_LINES_MAX = 36
_BARE = re.compile(r"\d{8}")
STATUS_STYLES = {"通过": "green", "提示": "yellow", "错误": "bold red", "等待": "blue"}
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Played:
    """A scene that is over. `shown` is the column that its moments show."""

    shown: str
    moments: Sequence[Moment]
    remark: str
    seconds: float
    good: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be true at the end."""

    name: str
    good: bool
    found: str


@dataclass(slots=True)
class Show:
    """Prints to one console, and times the steps."""

    console: Console
    steps: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.console.width = min(self.console.width, WIDTH_MAX)

    def title(self, text: str, below: str) -> None:
        """The beginning."""
        self.console.print(Panel(Text(below), title=Text(text, style="bold"), box=ROUNDED, padding=(0, 1)))

    def act(self, text: str) -> None:
        """A part of the play begins."""
        self.console.print()
        self.console.print(Rule(Text(text, style="bold cyan"), align="left", style="cyan"))

    def say(self, text: str, style: str = "") -> None:
        """One line."""
        self.console.print(Text(text, style=style))

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Advance]:
        """A bar while something takes its time, and the seconds it took. Call the result with what was done."""
        started = time.monotonic()
        columns = (
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[seconds]}"),
        )
        with Progress(*columns, console=self.console, refresh_per_second=8) as progress:
            task = progress.add_task(name, total=total, seconds="")
            yield lambda number: progress.advance(task, number)
            self.steps[name] = round(time.monotonic() - started, 1)
            done = progress.tasks[0].completed
            progress.update(task, total=done or 1, completed=done or 1, seconds=f"{self.steps[name]:.1f} 秒")

    @contextmanager
    def playing(self, number: int, title: str) -> Iterator[None]:
        """While a scene is being played."""
        with self.console.status(Text(f"{number:>2}  {title} …")):
            yield

    def scene(self, number: int, title: str, played: Played) -> None:
        """What a scene did, before and after."""
        mark, style = ("✓", "green") if played.good else ("✗", "bold red")
        self.console.print()
        self.console.print(
            Text.assemble((f"{number:>2}  {title}", "bold"), (f"  {played.seconds:.1f} 秒", "dim"))
        )
        self.console.print(self._grid(played))
        self.console.print(Text.assemble((f"{mark} ", style), (played.remark, style)))

    def _grid(self, played: Played) -> RenderableType:
        lines: list[RenderableType] = [self._line("", "Airtable", "表格", "状态", "校验说明", style="dim")]
        for moment in played.moments:
            note = telling_line(moment.note, played.shown)
            lines.append(self._moment(moment, note))
            if note and not self._wide:
                lines.append(Padding(Text(note, style=_note_style(note)), (0, 0, 0, WHEN + 1)))
        return Group(*lines)

    def _moment(self, moment: Moment, note: str) -> Table:
        status = Text(moment.status, style=STATUS_STYLES.get(moment.status, ""))
        return self._line(
            Text(moment.when, style="bold"),
            _cell(moment.airtable),
            _cell(moment.sheets),
            status,
            Text(note, style=_note_style(note)),
        )

    def _line(self, *cells: RenderableType, style: str = "") -> Table:
        """One line of a scene. On a narrow terminal the note stands below instead."""
        line = Table.grid(padding=(0, 1, 0, 0))
        for width in (WHEN, SIDE, SIDE, STATUS):
            line.add_column(width=width, overflow="fold", style=style)
        if self._wide:
            line.add_column(overflow="fold", style=style)
        line.add_row(*cells[: 5 if self._wide else 4])
        return line

    def counts(self, title: str, columns: Mapping[str, Mapping[str, int]]) -> None:
        """Numbers by table; `columns` are heading and numbers."""
        table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
        table.add_column("")
        for heading in columns:
            table.add_column(heading, justify="right")
        for name in next(iter(columns.values())):
            table.add_row(name, *(str(numbers.get(name, 0)) for numbers in columns.values()))
        self.console.print(table)

    def examples(self, title: str, rows: Iterable[tuple[str, str]]) -> None:
        """A few rows and what they say of themselves."""
        self.say(title, "bold")
        for name, note in rows:
            self.console.print(
                Padding(Text.assemble((f"{name}  ", "cyan"), (note, "")), (0, 0, 0, 2)), overflow="fold"
            )

    def mail(self, mail: Mapping[str, object]) -> None:
        """A mail as its reader sees it; of a long one the beginning."""
        lines = str(mail["text"]).strip().splitlines()
        more = len(lines) - MAIL_LINES_MAX
        shown = [Text(line, no_wrap="://" in line, overflow="ellipsis") for line in lines[:MAIL_LINES_MAX]]
        if more > 0:
            shown.append(Text(f"… 还有 {more} 行", style="dim"))
        head = Text(f"收件人:{_listed(mail['to'])}", style="dim")
        title = Text(f"✉ {mail['subject']}", style="bold")
        self.console.print(
            Panel(Group(head, Text(), *shown), title=title, title_align="left", box=ROUNDED, padding=(0, 1))
        )

    def can_be_watched(self, address: str) -> None:
        """Where the morning can be watched while it is being played."""
        self.say(f"现在就可以在浏览器里旁观:{address}", "bold")
        self.say("演完之前请只看不改,否则结尾的对照会把您的改动也算进去。", "dim")

    def invitation(self, address: str, guests: Mapping[str, str], keep: Path | None) -> None:
        """Everything stays running, for somebody to try. `guests` may sign in to the desk: names with their keys; the archive
        stays in `keep`, if anywhere."""
        left = f"保险库、档案和日志留在 {keep}。" if keep else "什么都不会留下。"
        lines = (
            Text(address, style="bold cyan"),
            Text(),
            Text("· 上半是 Airtable,下半是 Google 表格,都可以像平时一样录入、排序、复制、插入、删除。"),
            Text("· 在 Airtable 点「新增行」,输入姓名和身份证号码:几秒后号码变成掩码,同一行出现在表格里。"),
            Text("· 输错一位,看「校验说明」怎么说;邮箱里是主管收到的邮件。"),
            *(Text(f"· 查看页登录:{name}  {key}") for name, key in guests.items()),
            Text(f"· 按 Ctrl+C 结束,{left}", style="dim"),
        )
        title = Text("都还在运行,请在浏览器里试", style="bold")
        self.console.print(Panel(Group(*lines), title=title, title_align="left", box=ROUNDED))

    def closing(self, checks: Sequence[Check], seconds: float) -> None:
        """The account at the end."""
        table = Table(box=SIMPLE_HEAD, expand=True, header_style="dim")
        table.add_column("", no_wrap=True)
        table.add_column("检查")
        table.add_column("结果", overflow="fold")
        for check in checks:
            mark = Text("✓", style="green") if check.good else Text("✗", style="bold red")
            table.add_row(mark, check.name, Text(check.found, style="" if check.good else "bold red"))
        self.console.print(table)
        good = all(check.good for check in checks)
        verdict = "全部成立" if good else "有检查未通过,见上"
        self.console.print(
            Text.assemble((verdict, "bold green" if good else "bold red"), (f"  共 {seconds:.0f} 秒", "dim"))
        )

    @property
    def _wide(self) -> bool:
        return self.console.width >= WIDE


def _cell(text: str) -> Text:
    """A cell: what is sealed in green, a bare number in red, an absence dim."""
    style = "green" if "〔" in text else "dim" if text == NO_ROW else "red" if _BARE.search(text) else ""
    return Text(text, style=style)


def _note_style(note: str) -> str:
    return "dim" if note.startswith("已保存") else "yellow"


def telling_line(note: str, shown: str) -> str:
    """The line of a note that speaks of the column shown; else the first that says that something did not take effect."""
    lines = note.splitlines()
    about = [line for line in lines if shown in line]
    urgent = [line for line in lines if not line.startswith("已保存")]
    return next(iter((*about, *urgent, *lines)), "")


def _listed(content: object) -> str:
    return "、".join(map(str, content)) if isinstance(content, list) else str(content)
