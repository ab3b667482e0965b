"""What every page of the desk works with, and one person's visit to one page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from nicegui import Client, run, ui

from tablekeeper.archive import Archive
from tablekeeper.desk.doors import Address
from tablekeeper.desk.provider import Provider
from tablekeeper.desk.sessions import Session, Sessions
from tablekeeper.desk.standing import Watch
from tablekeeper.desk.telling import staff, told
from tablekeeper.logs import where
from vault.access import Access
from vault.users import User, Users

log = structlog.get_logger("desk")
Answer = TypeVar("Answer")

SIGN_IN = "/sign-in"
WARNING_MS = 8_000


@dataclass(slots=True)
class Desk:
    """The archive behind the pages, and who is signed in."""

    archive: Archive
    users: Users
    sessions: Sessions
    address: Address
    watch: Watch
    provider: Provider | None = None
    """The company's identity provider, if people may sign in through it."""
    visits: dict[str, "Visit"] = field(default_factory=dict)
    """Open pages by NiceGUI's id of them."""

    def visit(self, client: Client) -> "Visit":
        """Take in a page that is being built for a signed-in person."""
        session: Session = client.request.state.session
        visit = Visit(self, session, client)
        self.visits[client.id] = visit
        session.pages.add(client.id)
        client.on_disconnect(visit.hide)
        client.on_delete(visit.close)
        return visit

    async def sweep(self) -> None:
        """End what has ended: pages of ended sessions show nothing any more and lead to signing in."""
        if self.sessions.users():
            unfit = await run.io_bound(self._unfit)
            self.sessions.end_all_of(unfit or ())
        for visit in list(self.visits.values()):
            if not self.sessions.is_alive(visit.session):
                visit.leave()
        self.sessions.sweep()

    def _unfit(self) -> set[str]:
        """Who was disabled, or whose approval has run out: their pages go, too."""
        today = self.archive.config.vault.day(self.archive.engine.clock())
        return {one.name for one in self.users.all() if one.disabled or one.expires_on < today}


class Visit:
    """One page in front of one person. What it shows of sensitive values is taken away with it."""

    def __init__(self, desk: Desk, session: Session, client: Client) -> None:
        self.desk, self.session, self.client = desk, session, client
        self.access = Access(desk.archive.vault, session.user)
        self._hide: list[Callable[[], object]] = []

    @property
    def user(self) -> User:
        return self.session.user

    def on_hide(self, hide: Callable[[], object]) -> None:
        """Have something done when the page is left, closed or cut off: taking a shown value out of it."""
        self._hide.append(hide)

    def hide(self) -> None:
        """Take away everything sensitive."""
        for hide in self._hide:
            hide()
        self._hide.clear()

    def close(self) -> None:
        """The page is gone."""
        self.hide()
        self.session.pages.discard(self.client.id)
        self.desk.visits.pop(self.client.id, None)

    def leave(self) -> None:
        """Take everything away and lead to signing in."""
        self.hide()
        self.desk.visits.pop(self.client.id, None)
        self.client.content.clear()
        self.client.open(SIGN_IN)

    async def do(
        self, work: Callable[[], Answer], *, tell: Callable[[str], object] | None = None
    ) -> Answer | None:
        """Carry out what the person asked for, outside the event loop; None when it was refused, which is told.

        `tell` takes the words of a refusal; without it they stand in a notification.
        """
        if not self.desk.sessions.is_alive(self.session):
            self.leave()
            return None
        self.desk.sessions.use(self.session)
        try:
            return await run.io_bound(work)
        except Exception as error:
            # The page's edge: whatever fails is told in words, and never shown with its values.
            (tell or self.warn)(words_for(error))
            return None

    def say(self, words: str) -> None:
        """Tell that something is done."""
        # In the page's own place: the panel that asked for it may be gone by now.
        with self.client:
            ui.notify(staff(words), type="positive", position="top")

    def warn(self, words: str) -> None:
        """Tell that something was refused."""
        with self.client:
            ui.notify(staff(words), type="negative", position="top", multi_line=True, timeout=WARNING_MS)


def words_for(error: Exception) -> str:
    """What the person reads; an error that nobody expected is in the log, without its message."""
    words = told(error)
    if words is None:
        log.error("desk_failed", kind=type(error).__name__, where=where(error))
    return words or "出错了,没有保存;已记入日志,请联系信息技术部"
