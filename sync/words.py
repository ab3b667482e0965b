"""What staff read in 校验状态 and 校验说明: at most three lines, first whether it was saved, always what to do.

Never the sensitive value.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from validators.issues import Issue
from validators.schema import FieldConfig, FieldKey, Level, TableConfig
from validators.values import Value

from .secrets import readable
from .store.records import State

PASSED, HINT, ERROR, WAITING = "通过", "提示", "错误", "等待"
LINES_MAX = 3
WITHDRAWN = "withdrawn"
"""The code of an edit that the replica's people may see but not make."""
FORMULA = "formula"
"""The code of a cell that holds a formula, which is neither read nor written."""
WAITING_LINK = "waiting_link"
"""The code of a link that was set to a record which is not live yet: nothing is wrong with it."""
UNDONE = ("已还原·", "已撤回·", "未同步·")
"""How the lines begin that tell people what became of something they did: they stand until people do something else."""
NOT_TAKEN = "未采用·"
LEAVES = "已不属本表范围,明早移出本表,档案仍在"
QUOTE_MAX = 12
_OF_THE_ROW = re.compile(r"[A-Z]\d+|expected")


@dataclass(frozen=True, slots=True)
class Lost:
    """A value that was not taken because somebody else was first; already in words, without sensitive values."""

    key: FieldKey
    text: str


def explain(
    table: TableConfig,
    *,
    issues: Sequence[Issue],
    restored: Sequence[Issue],
    lost: Sequence[Lost],
    state: State,
    waits_for: str,
    leaves: bool = False,
    still: Sequence[str] = (),
) -> tuple[str, str]:
    """Status and note of a row. `leaves`: it no longer belongs in the replica, and goes the next morning.

    `still` are lines that were told before and hold, from `undone`.
    """
    issues = _from_left_to_right(table, issues)
    waits = [issue for issue in issues if issue.code == WAITING_LINK]
    errors = [issue for issue in issues if issue.level is Level.ERROR and issue not in waits]
    hints = [issue for issue in issues if issue.level is Level.HINT]
    lines = [
        *(f"未生效·{_about(table, issue)} → {issue.mend}" for issue in errors),
        *(_restored(table, issue) for issue in restored),
        *still,
        *(f"{NOT_TAKEN}{entry.text}" for entry in lost),
        *([LEAVES] if leaves else []),
        *([f"等待{waits_for} 更正后自动生效,本行无需处理。"] if state is State.WAITING else []),
        *(f"{issue.message},{issue.mend}。" for issue in waits),
        *(f"已保存·{_about(table, issue)},{issue.mend}" for issue in hints),
    ]
    hinted = [*hints, *restored, *still, *lost, *([LEAVES] if leaves else [])]
    return _status(errors, hinted, State.WAITING if waits else state), "\n".join(_shorten(lines))


def undone(note: str) -> list[str]:
    """The lines of a note that tell what was undone."""
    return [line for line in note.split("\n") if line.startswith(UNDONE)]


def tells_of_loss(note: str, config: FieldConfig) -> bool:
    """Whether a note says that a value of this field was not taken."""
    return any(line.startswith(f"{NOT_TAKEN}{config.name}:") for line in note.split("\n"))


def lost_to(config: FieldConfig, key: FieldKey, *, mine: Value | None, kept: Value | None) -> Lost:
    """A value lost a conflict: plain fields name both values, sensitive ones none."""
    if config.sensitive:
        return Lost(key, f"{config.name}:另一张表中已先改过 → 要用您的,请重新输入完整新值")
    return Lost(
        key, f"{config.name}:您填{_quote(mine)},另一张表中已先改为{_quote(kept)} → 要用您的,请再填一次"
    )


def _from_left_to_right(table: TableConfig, issues: Sequence[Issue]) -> list[Issue]:
    """The same findings say the same, whether they were just made or are remembered of the row."""
    place = {key: number for number, key in enumerate(table.fields)}
    return sorted(
        issues,
        key=lambda issue: (min((place[key] for key in issue.fields if key in place), default=0), issue.code),
    )


def _status(errors: Sequence[object], hints: Sequence[object], state: State) -> str:
    if errors or state is State.HELD:
        return ERROR
    if state is State.WAITING:
        return WAITING
    return HINT if hints else PASSED


def _restored(table: TableConfig, issue: Issue) -> str:
    if issue.code == WITHDRAWN:
        return f"已撤回·{table.fields[issue.fields[0]].name}{issue.message} → {issue.mend}"
    if issue.code == FORMULA:
        return f"未同步·{_about(table, issue)} → {issue.mend}"
    return f"已还原·{_about(table, issue)} → {issue.mend}"


def _about(table: TableConfig, issue: Issue) -> str:
    if len(issue.fields) != 1 or _OF_THE_ROW.fullmatch(issue.code):
        return issue.message
    return f"{table.fields[issue.fields[0]].name}:{issue.message}"


def _shorten(lines: Sequence[str]) -> Iterable[str]:
    unique = list(dict.fromkeys(lines))
    if len(unique) <= LINES_MAX:
        return unique
    return [*unique[: LINES_MAX - 1], f"另有{len(unique) - LINES_MAX + 1}项,改好以上各项后再显示"]


def _quote(value: Value | None) -> str:
    if value is None:
        return "空白"
    text = "是" if value is True else readable(value)
    return f"“{text if len(text) <= QUOTE_MAX else text[:QUOTE_MAX] + '…'}”"
