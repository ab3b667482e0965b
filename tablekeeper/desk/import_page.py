"""Import at the page: drop a workbook, look at what would come of it, accept, keep the result. The file touches no disk."""

from dataclasses import dataclass

import structlog
from nicegui import Client, events, ui

from sync.admit import AdmitReport, admit
from sync.correct import SOURCE
from tablekeeper.archive import Archive
from tablekeeper.desk.desk import Desk, Visit
from tablekeeper.desk.doors import BODY_MAX
from tablekeeper.desk.draft import forms_of
from tablekeeper.desk.export import MEDIA, result_workbook
from tablekeeper.desk.frame import frame, rendered, text
from tablekeeper.desk.questions import Questioned
from tablekeeper.importing.read import File, read_workbook
from tablekeeper.importing.taking_in import Reading, judged, taken_in

log = structlog.get_logger("desk")

FILE_MAX = BODY_MAX - 1_000_000
"""Bytes of a file, somewhat less than what a request may have around it."""


async def import_page(desk: Desk, client: Client) -> None:
    """Build the page."""
    visit = desk.visit(client)
    forms = forms_of(desk.archive.config)
    with frame(visit, "导入", here="/import"):
        if forms is None or not visit.access.may("enter"):
            text(rendered("refused.html", words="您没有录入的权限"))
            return
        ImportPage(visit)


@dataclass(slots=True)
class _Progress:
    """How many rows have been taken in; counted in one thread, looked at in another."""

    done: int = 0


class ImportPage:
    """One file at a time: looked at, then taken in."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._archive = visit, visit.desk.archive
        text("导入工作簿", tag="h1")
        with ui.element("section"):
            text(rendered("import.html"))
            upload = ui.upload(auto_upload=True, max_files=1, max_file_size=FILE_MAX, on_upload=self._look)
            upload.props('accept=".xlsx" flat bordered')
            upload.add_slot("header", rendered("pick.html"))
        self._upload = upload
        self._found = ui.element("div").props("aria-live=polite")

    async def _look(self, event: events.UploadEventArguments) -> None:
        content = await event.file.read()
        self._upload.reset()
        self._found.clear()
        reading = await self._visit.do(
            lambda: _read(self._archive, File(event.file.name, content), self._visit.user.name),
            tell=self._tell,
        )
        if reading is None:
            return
        with self._found, ui.element("section"):
            text(rendered("preview.html", report=reading.report, name=event.file.name))
            if reading.rows:
                with ui.element("div").classes("acts"):
                    ui.button(
                        f"导入 {len(reading.rows)} 行", on_click=lambda: self._take_in(reading), color=None
                    ).classes("main")
                    ui.button("放弃", on_click=self._found.clear, color=None)

    def _tell(self, words: str) -> None:
        self._found.clear()
        with self._found:
            text(rendered("refused.html", words=words))

    async def _take_in(self, reading: Reading) -> None:
        progress = _Progress()
        self._found.clear()
        with self._found, ui.element("section"):
            bar = ui.linear_progress(0, show_value=False).props('aria-label="导入进度"')
            ui.timer(0.5, lambda: bar.set_value(progress.done / len(reading.rows)))
        after = await self._visit.do(
            lambda: _admit(self._archive, reading, self._visit.user.name, progress), tell=self._tell
        )
        if after is None:
            return
        log.info("desk_imported", user=self._visit.user.name, rows=len(reading.rows))
        result = result_workbook(reading.report, after)
        self._found.clear()
        with self._found, ui.element("section"):
            text(rendered("imported.html", counts=taken_in(reading.report, after)))
            ui.button(
                "下载结果", on_click=lambda: ui.download(result, "导入结果.xlsx", MEDIA), color=None
            ).classes("main")


def _read(archive: Archive, file: File, actor: str) -> Reading:
    workbook = read_workbook(file, archive.config)
    with archive.hub.reading() as unit:
        existing = Questioned(unit.records, archive.engine)
        reading = judged(workbook, archive.config, existing)
    existing.require_answerable(f"{SOURCE} {actor}")
    return reading


def _admit(archive: Archive, reading: Reading, actor: str, progress: _Progress) -> AdmitReport:
    def count(rows: int) -> None:
        progress.done += rows

    return admit(archive.engine, reading.rows, actor=actor, progress=count)
