"""The page for finding people and contracts by what the customer says. What was typed is in no address and no log."""

import structlog
from nicegui import Client, events, ui

from tablekeeper.desk.desk import Desk
from tablekeeper.desk.finding import find_records
from tablekeeper.desk.frame import DELEGATE, NEVER_KEPT, frame, rendered, text

log = structlog.get_logger("desk")


async def find_page(desk: Desk, client: Client) -> None:
    """Build the page."""
    visit = desk.visit(client)
    config = desk.archive.config
    with frame(visit, "查找", here="/find"), ui.element("section"):
        text("查找", tag="h1")
        typed = ui.input(label="号码或姓名").props(f"outlined autofocus {NEVER_KEPT}")
        choice = text(rendered("search.html", purposes=config.vault.purposes))
        found = text("").props("role=status aria-live=polite")

        async def search(event: events.GenericEventArguments) -> None:
            purpose, said = str(event.args[0]), typed.value or ""
            hits = await visit.do(
                lambda: find_records(desk.archive, visit.access, said, purpose),
                tell=lambda words: found.set_content(rendered("refused.html", words=words)),
            )
            if hits is not None:
                log.info("desk_searched", user=visit.user.name, purpose=purpose, found=len(hits))
                found.set_content(rendered("found.html", hits=hits))

        choice.on("click", search, js_handler=DELEGATE)
        visit.on_hide(lambda: typed.set_value(""))
