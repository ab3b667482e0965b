"""The page of one record, which 查看 in its row leads to: /r/UID."""

from collections.abc import Callable

from nicegui import Client, events, ui

from sync.resolve import resolve_conflict
from sync.restore import restore_field, restore_record
from sync.secrets import vault_field
from tablekeeper.desk.asking import Asking
from tablekeeper.desk.desk import Desk, Visit
from tablekeeper.desk.frame import DELEGATE, frame, rendered, text
from tablekeeper.desk.past import load_past, load_related
from tablekeeper.desk.sheet import Sheet, load_sheet
from validators.schema import FieldKey
from vault.config import Action


def record_page(desk: Desk, client: Client, uid: str) -> None:
    """Build the page of a record."""
    visit = desk.visit(client)
    # Right here: reading waits for nobody and takes less than handing it to another thread.
    sheet = load_sheet(desk.archive, uid, visit.access)
    if sheet is None:
        with frame(visit, "没有这条记录"):
            text(rendered("missing.html"))
        return
    with frame(visit, sheet.number):
        RecordPage(visit, sheet)


class RecordPage:
    """The record's content, and what its buttons do."""

    def __init__(self, visit: Visit, sheet: Sheet) -> None:
        self._visit, self._sheet = visit, sheet
        self._archive = visit.desk.archive
        self._asking = Asking(visit)
        self._content = text("")
        self._more = ui.element("div")
        self._content.on("click", self._on_click, js_handler=DELEGATE)
        self._show(sheet)

    def _show(self, sheet: Sheet) -> None:
        self._sheet = sheet
        markup = rendered("record.html", sheet=sheet, may=self._may(), may_restore=self._may_restore())
        self._content.set_content(markup)

    def _may(self) -> dict[str, set[FieldKey]]:
        """By action, the fields that the person may do it to: only these get a button."""
        access, table = self._visit.access, self._sheet.table
        fields = self._archive.config.tables[table].fields

        def those(action: Action, keys: set[FieldKey]) -> set[FieldKey]:
            return {key for key in keys if access.may(action, vault_field(table, key))}

        secrets = {one.key for one in self._sheet.secrets}
        correct = those("correct", secrets)
        return {
            "reveal": those("reveal", secrets),
            "compare": those("compare", secrets),
            "correct": correct,
            "see": correct | those("reveal", secrets),
            "decide": correct | those("correct", fields.keys() - secrets),
        }

    def _may_restore(self) -> bool:
        return self._visit.access.may("correct")

    async def _reload(self) -> None:
        sheet = await self._visit.do(lambda: load_sheet(self._archive, self._sheet.uid, self._visit.access))
        if sheet is not None:
            self._show(sheet)

    async def _on_click(self, event: events.GenericEventArguments) -> None:
        act, of = event.args
        match act:
            case "reveal" | "compare" | "correct":
                await self._ask(act, of)
            case "see" | "mend":
                await self._ask_held(act, of)
            case "restore" if self._may_restore():
                await self._change(
                    lambda: restore_record(
                        self._archive.engine, self._sheet.table, self._sheet.uid, actor=self._visit.user.name
                    ),
                    "已恢复,稍后写回各表",
                )
            case "refill" if of in self._may()["decide"]:
                await self._change(
                    lambda: restore_field(
                        self._archive.engine,
                        self._sheet.table,
                        self._sheet.uid,
                        of,
                        actor=self._visit.user.name,
                    ),
                    "已恢复,稍后写回各表",
                )
            case "keep" | "take":
                await self._decide(of, take=act == "take")
            case "past":
                await self._show_past()

    async def _ask(self, act: str, of: str) -> None:
        """Open the panel for one sensitive field; what the page did not offer is not done either."""
        secret = self._sheet.secret(of)
        if secret is None or of not in self._may()[act]:
            return
        if act == "correct":
            await self._asking.correct(self._sheet, secret.key, secret.sight, self._reload)
        elif secret.token and act == "reveal":
            await self._asking.reveal(
                secret.name, secret.token, secret.subject, table=self._sheet.table, key=of
            )
        elif secret.token:
            await self._asking.compare(secret.name, secret.token, table=self._sheet.table, key=of)

    async def _ask_held(self, act: str, of: str) -> None:
        """Open the panel for a value that waits: to see what was typed, or to give the right one."""
        one = next((one for place, one in enumerate(self._sheet.waiting) if str(place) == of), None)
        if one is None:
            return
        if act == "mend" and one.mendable and one.key in self._may()["decide"]:
            await self._asking.correct(self._sheet, one.key, one.sight, self._reload, waiting=one)
        elif act == "see" and one.token and one.key in self._may()["see"]:
            await self._asking.reveal(
                one.name, one.token, self._subject(), table=self._sheet.table, key=one.key
            )

    def _subject(self) -> str:
        return self._sheet.secrets[0].subject if self._sheet.secrets else self._sheet.uid

    async def _decide(self, of: str, *, take: bool) -> None:
        one = next((one for one in self._sheet.disagreements if str(one.number) == of), None)
        if one is None or one.key not in self._may()["decide"]:
            return
        await self._change(
            lambda: resolve_conflict(
                self._archive.engine, one.number, take=take, actor=self._visit.user.name
            ),
            "已改用另一个值,稍后写入各表" if take else "已保留现值",
        )

    async def _change(self, work: Callable[[], object], done: str) -> None:
        if await self._visit.do(lambda: (work(), True)[1]):
            self._visit.say(done)
            await self._reload()

    async def _show_past(self) -> None:
        sheet = self._sheet
        past = await self._visit.do(lambda: load_past(self._archive, sheet.table, sheet.uid))
        related = await self._visit.do(lambda: load_related(self._archive, sheet.uid))
        if past is None or related is None:
            return
        self._more.clear()
        with self._more:
            text(rendered("past.html", past=past, related=related))
