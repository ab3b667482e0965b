"""The panels for one sensitive value: show it for a purpose, compare what the customer says, give a new one.

A value that was shown is taken out of the page, on the server's side and in the browser, after a minute.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from sync.correct import Correction, Sight, correct
from tablekeeper.desk.desk import Visit
from tablekeeper.desk.fields import build_field
from tablekeeper.desk.frame import DELEGATE, NEVER_KEPT, rendered, text
from tablekeeper.desk.held import Waiting
from tablekeeper.desk.sheet import Sheet
from tablekeeper.typed import canonical, readable_text
from validators.schema import FieldConfig, FieldKey, FieldType, TableKey

SHOWN_S = 60


class Asking:
    """One panel at a time, over the page of one visit."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._config = visit.desk.archive.config
        self._engine = visit.desk.archive.engine
        self._dialog: ui.dialog | None = None

    def _open(self, title: str) -> ui.element:
        self._close()
        with self._visit.client, ui.dialog(value=True) as dialog, ui.element("div").classes("panel") as panel:
            text(rendered("heading.html", title=title))
        dialog.on("hide", self._close)
        self._dialog = dialog
        self._visit.on_hide(self._close)
        return panel

    def _close(self) -> None:
        """Take the panel and all that it shows away."""
        if self._dialog is not None and not self._dialog.is_deleted:
            self._dialog.delete()
        self._dialog = None

    async def reveal(self, name: str, token: str, subject: str, *, table: TableKey, key: FieldKey) -> None:
        """Show a value: at once while a purpose for this person stands, else after one is chosen."""
        panel = self._open(name)
        purpose = self._visit.session.purpose_for(subject, self._engine.clock())
        if purpose is not None:
            await self._show(panel, token, purpose, subject, table=table, key=key)
            return

        async def chosen(event: object) -> None:
            purpose = event.args[0]  # type: ignore[attr-defined]
            await self._show(panel, token, purpose, subject, table=table, key=key)

        with panel:
            choice = text(rendered("purposes.html", purposes=self._config.vault.purposes))
            choice.on("click", chosen, js_handler=DELEGATE)

    async def _show(
        self, panel: ui.element, token: str, purpose: str, subject: str, *, table: TableKey, key: FieldKey
    ) -> None:
        def work() -> str:
            value = self._visit.access.reveal(token, purpose)
            return readable_text(self._config.tables[table].fields[key], value)

        value = await self._visit.do(work, tell=lambda words: self._tell(panel, words))
        if value is None or panel.is_deleted:
            return
        self._visit.session.name_purpose(subject, purpose, self._engine.clock())
        panel.clear()
        with panel:
            text(rendered("shown.html", title=self._config.tables[table].fields[key].name, purpose=purpose))
            ui.label(value).classes("shown").props("tabindex=0")
            ui.timer(SHOWN_S, self._close, once=True)
            ui.button("收起", on_click=self._close, color=None)

    def _tell(self, panel: ui.element, words: str) -> None:
        if panel.is_deleted:
            return
        panel.clear()
        with panel:
            text(rendered("refused.html", words=words))
            ui.button("关闭", on_click=self._close, color=None)

    async def compare(self, name: str, token: str, *, table: TableKey, key: FieldKey) -> None:
        """Type what the customer says, whole or the last four: 一致 or 不一致, and nothing is shown."""
        panel = self._open(f"核对{name}")
        with panel:
            typed = ui.input(label="客户报出的内容").props(
                f"outlined autofocus {NEVER_KEPT} hint=完整内容，或末四位"
            )
            answer = text("").props("role=status aria-live=polite").classes("answer")

            async def ask() -> None:
                said = (typed.value or "").strip()
                typed.set_value("")
                if not said:
                    return
                same = await self._visit.do(
                    lambda: self._visit.access.compare(token, canonical(self._engine, table, key, said)),
                    tell=lambda words: answer.set_content(rendered("words.html", words=words)),
                )
                if same is None:
                    return
                answer.classes(remove="yes no", add="yes" if same else "no")
                answer.set_content("一致" if same else "不一致")

            typed.on("keydown.enter", ask)
            with ui.element("div").classes("acts"):
                ui.button("核对", on_click=ask, color=None).classes("main")
                ui.button("关闭", on_click=self._close, color=None)

    async def correct(
        self,
        sheet: Sheet,
        key: FieldKey,
        sight: Sight,
        done: Callable[[], Awaitable[None]],
        *,
        waiting: Waiting | None = None,
    ) -> None:
        """Give a new value: a sensitive one straight into the vault, of which the tables get mask and token."""
        config = self._config.tables[sheet.table].fields[key]
        panel = self._open(f"更正{config.name}" if sight.value or waiting else f"填写{config.name}")
        with panel:
            if waiting is not None:
                text(rendered("waiting.html", one=waiting))
            typed = self._input(config)
            wrong = text("").props("role=alert").classes("answer no")

            async def save() -> None:
                correction = Correction(sheet.table, sheet.uid, key, typed.value, sight)
                saved = await self._visit.do(
                    lambda: (correct(self._engine, correction, actor=self._visit.user.name), True)[1],
                    tell=lambda words: wrong.set_content(rendered("words.html", words=words)),
                )
                if saved:
                    self._close()
                    self._visit.say("已保存,稍后写入各表")
                # Also what was refused: the field may be another by now.
                await done()

            if config.type is not FieldType.LONGTEXT:
                typed.on("keydown.enter", save)
            with ui.element("div").classes("acts"):
                ui.button("保存", on_click=save, color=None).classes("main")
                ui.button("取消", on_click=self._close, color=None)

    def _input(self, config: FieldConfig) -> ValueElement[Any]:
        """Where the new value is typed; a plain field's is that of the intake form."""
        if config.sensitive:
            return ui.input(label="完整新值").props(f"outlined autofocus {NEVER_KEPT}")
        return build_field(self._config, config).props("autofocus")
