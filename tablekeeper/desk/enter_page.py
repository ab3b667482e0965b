"""Intake: a form from the configuration for a new customer and policy. What is typed goes into vault and hub, never to a cloud."""

from collections.abc import Iterator
from typing import Any

from nicegui import Client, ui
from nicegui.elements.mixins.value_element import ValueElement

from tablekeeper.desk.desk import Desk, Visit
from tablekeeper.desk.draft import (
    Draft,
    Entered,
    Forms,
    Found,
    Unfit,
    entered,
    forms_of,
    judge,
    save,
    told_by_number,
)
from tablekeeper.desk.fields import build_field
from tablekeeper.desk.frame import frame, rendered, text
from tablekeeper.desk.telling import staff
from validators.raw import Raw
from validators.schema import FieldConfig, FieldKey, FieldType, TableKey

Place = tuple[TableKey, FieldKey]


async def enter_page(desk: Desk, client: Client) -> None:
    """Build the page."""
    visit = desk.visit(client)
    forms = forms_of(desk.archive.config)
    with frame(visit, "录入", here="/enter"):
        if forms is None or not visit.access.may("enter"):
            text(rendered("refused.html", words="您没有录入的权限"))
            return
        EnterPage(visit, forms)


class EnterPage:
    """The form, and what has been typed into it so far."""

    def __init__(self, visit: Visit, forms: Forms) -> None:
        self._visit, self._forms = visit, forms
        self._engine = visit.desk.archive.engine
        self._draft = Draft(forms)
        self._inputs: dict[Place, ValueElement[Any]] = {}
        self._touched: set[Place] = set()
        self._prefilled: dict[Place, Raw] = {}
        text("录入新客户与保单", tag="h1")
        self._answer = text("").props("role=status aria-live=polite")
        self._form = ui.element("div")
        self._build()

    def _build(self) -> None:
        with self._form:
            for table in filter(None, (self._forms.person, self._forms.contract)):
                self._section(table)
            with ui.element("div").classes("acts"):
                ui.button("保存", on_click=self._save, color=None).classes("main")

    def _section(self, table: TableKey) -> None:
        config = self._engine.schema.tables[table]
        fields = {key: one for key, one in config.fields.items() if entered(one)}
        first = {
            key for key, one in fields.items() if (_comes_first(one) and key != config.key) or one.required
        }
        with ui.element("section"):
            text(rendered("heading.html", title=config.name))
            with ui.element("div").classes("grid"):
                for key in (key for key in fields if key in first):
                    self._field(table, key, fields[key])
            with ui.expansion("更多内容").classes("more"), ui.element("div").classes("grid"):
                for key in (key for key in fields if key not in first):
                    self._field(table, key, fields[key])

    def _field(self, table: TableKey, key: FieldKey, config: FieldConfig) -> None:
        place = table, key

        async def changed(value: Raw) -> None:
            self._touched.add(place)
            self._draft.put(table, key, value)
            await self._look()

        made = build_field(self._engine.schema, config, changed)
        if not self._inputs:
            made.props("autofocus")  # Who enters by keyboard begins at once.
        self._inputs[place] = made

    async def _look(self) -> None:
        """Judge what is there, and fill in what the identity number tells."""
        self._prefill()
        found = await self._visit.do(lambda: judge(self._engine, self._draft))
        for place in self._touched:
            issue = (found or {}).get(place)
            wrong = f"{issue.message} → {issue.mend}" if issue and issue.holds else None
            self._mark(place, wrong)

    def _mark(self, place: Place, wrong: str | None) -> None:
        element = self._inputs[place]
        if wrong:
            # As attributes by name: a text with quotes in it is no list of props.
            element._props.update({"error": True, "error-message": staff(wrong)})
        else:
            element._props.pop("error", None)
            element._props.pop("error-message", None)
        element.update()

    def _prefill(self) -> None:
        """What the number tells goes where nothing stands, or where an earlier number had put something."""
        table = self._forms.person
        told = told_by_number(self._engine, table, self._draft)
        if told is None:
            return
        for key, raw in told.cells.items():
            place, now = (table, key), self._draft.of(table).get(key)
            if place in self._inputs and (now is None or now == self._prefilled.get(place)) and now != raw:
                self._prefilled[place] = raw
                self._draft.put(table, key, raw)
                self._inputs[place].set_value(raw)
        for place in self._numbers():
            self._inputs[place]._props["hint"] = f"登记地：{told.region}" if told.region else ""
            self._inputs[place].update()

    def _numbers(self) -> Iterator[Place]:
        for key, _ in self._engine.schema.tables[self._forms.person].of_type(FieldType.IDNO):
            if (self._forms.person, key) in self._inputs:
                yield self._forms.person, key

    async def _save(self) -> None:
        made = await self._visit.do(
            self._saved, tell=lambda words: self._answer.set_content(rendered("refused.html", words=words))
        )
        if made is None or isinstance(made, Unfit):
            self._show_all(made.found if made else {})
            return
        self._answer.set_content(rendered("entered.html", made=made))
        self._draft, self._touched, self._prefilled = Draft(self._forms), set(), {}
        self._inputs.clear()
        self._form.clear()
        self._build()

    def _saved(self) -> list[Entered] | Unfit:
        try:
            return save(self._engine, self._draft, actor=self._visit.user.name)
        except Unfit as unfit:
            return unfit

    def _show_all(self, found: Found) -> None:
        """Say at every field what is wrong, also at those that nobody has touched."""
        if found:
            self._answer.set_content(rendered("refused.html", words="有内容需要改正,见各栏的说明"))
        for place in self._inputs:
            issue = found.get(place)
            self._mark(place, f"{issue.message} → {issue.mend}" if issue and issue.holds else None)


def _comes_first(config: FieldConfig) -> bool:
    return config.required or config.identity or config.expected or config.document is not None
