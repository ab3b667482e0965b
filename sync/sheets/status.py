"""The tab 系统状态: a stamp, key figures, and a formula that warns staff by itself when the stamp grows old."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from .cells import Entered, encode
from .dress import mark, protection
from .grid import Json, area, write_cells
from .tabs import STATUS

WARNING = "⚠ 同步已停止,请勿录入身份证、电话、账号,请用「查看」页录入"
STAMP_ROW, FIGURES_ROW = 1, 3
STAMP_AGE_MAX_DAYS = "1/24"
ROWS, COLUMNS = 100, 2


def creation(gid: int) -> list[Json]:
    """The requests that make the tab. Until the first stamp it warns, which is right: nobody encrypts yet."""
    grid = {"rowCount": ROWS, "columnCount": COLUMNS}
    watch = f'=IF(NOW()-B{STAMP_ROW + 1}>{STAMP_AGE_MAX_DAYS},"{WARNING}","正常")'
    head: list[list[Entered]] = [
        [{"stringValue": "状态"}, {"formulaValue": watch}],
        [{"stringValue": "最近同步"}, {}],
    ]
    moment = {"userEnteredFormat": {"numberFormat": {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm:ss"}}}
    stamp_cell = area(gid, (STAMP_ROW, STAMP_ROW + 1), (1, 2))
    return [
        {"addSheet": {"properties": {"sheetId": gid, "title": STATUS, "gridProperties": grid}}},
        write_cells(gid, 0, 0, head),
        {"repeatCell": {"range": stamp_cell, "cell": moment, "fields": "userEnteredFormat.numberFormat"}},
        protection(area(gid)),
        mark(STATUS, {"sheetId": gid}),
    ]


def stamping(gid: int, now: datetime, figures: Mapping[str, str]) -> list[Json]:
    """The requests of a heartbeat: the time, and the figures in place of the last ones."""
    rows: Sequence[Sequence[Entered]] = [[encode(name), encode(value)] for name, value in figures.items()]
    below = area(gid, None, (0, COLUMNS)) | {"startRowIndex": FIGURES_ROW}
    return [
        write_cells(gid, STAMP_ROW, 1, [[encode(now)]]),
        {"updateCells": {"range": below, "fields": "userEnteredValue"}},
        *([write_cells(gid, FIGURES_ROW, 0, rows)] if rows else []),
    ]
