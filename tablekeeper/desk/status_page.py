"""How the system stands: one diagnosis on top, lag as a live chart, what waits for a person, and deletions to decide about."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import Client, events, run, ui

from tablekeeper.archive import Archive
from tablekeeper.desk.desk import Desk, Visit
from tablekeeper.desk.frame import DELEGATE, frame, rendered, text
from tablekeeper.desk.standing import SAMPLE_S, Report
from tablekeeper.status import NOTED_EVERY

COLORS = ("#0b5c7a", "#b5651d", "#4f7a28", "#7a2a6a", "#8a6d00", "#3b3b8f", "#a3231f", "#3f6f6f")


async def status_page(desk: Desk, client: Client) -> None:
    """Build the page."""
    visit = desk.visit(client)
    with frame(visit, "状态", here="/status"):
        if not visit.access.may("operate") and not visit.access.may("approve"):
            text(rendered("refused.html", words="您没有查看状态的权限"))
            return
        report = await visit.do(desk.watch.report)
        if report is not None:
            StatusPage(visit, report)


class StatusPage:
    """The page; renewed every few seconds as long as it is open, which does not count as somebody being there."""

    def __init__(self, visit: Visit, report: Report) -> None:
        self._visit, self._desk = visit, visit.desk
        self._top = text("")
        with ui.element("section"):
            text(rendered("heading.html", title="各表落后的秒数"))
            self._chart = ui.echart(
                chart(self._desk.watch.lags(), self._desk.archive.engine.config.max_lag_s)
            )
            text(rendered("lags.html", seconds=round(NOTED_EVERY.total_seconds())))
            self._chart.classes("chart").props('role=img aria-label="各表落后的秒数随时间的变化"')
        self._rest = text("")
        self._rest.on("click", self._on_click, js_handler=DELEGATE)
        self._show(report)
        ui.timer(SAMPLE_S, self._renew)

    def _show(self, report: Report) -> None:
        may = self._visit.access.may("approve")
        for place, template in ((self._top, "verdict.html"), (self._rest, "status.html")):
            markup = rendered(template, report=report, may_approve=may)
            if place.content != markup:
                place.set_content(markup)

    async def _renew(self) -> None:
        if not self._desk.sessions.is_alive(self._visit.session):
            return
        report = await run.io_bound(self._desk.watch.report)
        if report is None:  # The process is ending.
            return
        self._show(report)
        new = chart(self._desk.watch.lags(), self._desk.archive.engine.config.max_lag_s)
        self._chart.options.update(new)
        self._chart.update()

    async def _on_click(self, event: events.GenericEventArguments) -> None:
        act, uid = event.args
        if act not in DECISIONS or not self._visit.access.may("approve"):
            return
        decided = await self._visit.do(_deciding(self._desk.archive, uid, DECISIONS[act]))
        if decided:
            self._visit.say("已记下,下一轮同步时执行")
            self._desk.watch.renew()
            await self._renew()


DECISIONS = {"approve": "approved", "refuse": "refused"}


def _deciding(archive: Archive, uid: str, decision: str) -> Callable[[], int]:
    def work() -> int:
        with archive.hub.unit() as unit:
            return unit.lists.decide([uid], decision)

    return work


def chart(lags: Mapping[str, Sequence[tuple[str, float | None]]], limit_s: float) -> dict[str, Any]:
    """The options of the chart: a line per replica, and the limit that lag should stay below."""
    times = [at for at, _ in next(iter(lags.values()), ())]
    limit = {
        "yAxis": limit_s,
        "name": "上限",
        "label": {"formatter": f"上限 {limit_s:g} 秒", "position": "insideEndTop"},
    }
    series = [
        {
            "name": name,
            "type": "line",
            "showSymbol": False,
            "data": [lag for _, lag in points],
            "markLine": {"silent": True, "symbol": "none", "data": [limit]},
        }
        for name, points in lags.items()
    ]
    return {
        "animation": False,
        "color": list(COLORS),
        "legend": {"top": 0},
        "grid": {"left": 44, "right": 16, "top": 34, "bottom": 26},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": times, "boundaryGap": False},
        "yAxis": {"type": "value", "min": 0},
        "series": series,
    }
