"""Signing in and out: plain forms without script. A key is checked by the vault, and a session begins under a new name."""

import asyncio
import hmac
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tablekeeper.desk.desk import SIGN_IN, Desk
from tablekeeper.desk.doors import PLACES
from tablekeeper.desk.frame import rendered
from tablekeeper.desk.telling import told
from vault.errors import VaultError
from vault.users import User, Users

log = structlog.get_logger("desk")

FAILURES_MAX = 10
WINDOW = timedelta(minutes=5)
ADDRESSES_MAX = 10_000
FORM_MAX = 4_096
FIELDS_MAX = 10
FORM_COOKIE = "desk-form"
AT_ONCE = 2
"""Keys checked at the same time: each takes the memory that makes guessing dear."""


@dataclass(slots=True)
class Attempts:
    """Failed sign-ins by address. The vault itself counts by name; this keeps one machine from trying all names."""

    _failed: dict[str, deque[datetime]] = field(default_factory=dict)

    def are_too_many(self, address: str, now: datetime) -> bool:
        """Whether this address has to wait."""
        times = self._failed.get(address, deque())
        while times and now - times[0] > WINDOW:
            times.popleft()
        return len(times) >= FAILURES_MAX

    def note(self, address: str, now: datetime) -> None:
        """Count a failure."""
        if len(self._failed) >= ADDRESSES_MAX:
            self._failed.pop(next(iter(self._failed)))
        self._failed.setdefault(address, deque(maxlen=FAILURES_MAX)).append(now)


class Gate:
    """The pages for those who are not signed in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._attempts = Attempts()
        self._secret = secrets.token_bytes(32)
        self._checking = asyncio.Semaphore(AT_ONCE)

    async def show(self, request: Request) -> Response:
        """GET /sign-in."""
        if request.state.session is not None:
            return RedirectResponse(_place(request.query_params.get("to", "")), 303)
        return await self.page(request, to=request.query_params.get("to", ""))

    async def enter(self, request: Request) -> Response:
        """POST /sign-in."""
        form = await _form(request)
        to = form.get("to", "")
        if self.is_throttled(request):
            return await self.throttled(request, to)
        if self._by_provider_alone:
            return await self.page(request, to=to, refused="请使用公司统一登录", status=403)
        if not self._is_ours(request, form.get("form", "")):
            return await self.page(request, to=to, refused="页面已过期,请再试一次", status=403)
        async with self._checking:
            try:
                name, key = form.get("name", "").strip(), form.get("key", "")
                user = await run_in_threadpool(self.users.sign_in, name, key)
            except VaultError as error:
                self.note_failure(request)
                return await self.page(request, to=to, refused=told(error) or "", status=403)
        return self.welcome(request, user, to)

    def welcome(self, request: Request, user: User, to: str) -> Response:
        """Begin the session of somebody who has shown who they are."""
        # Whatever key the browser brought along is of no more use: a session is never taken over.
        self._desk.sessions.end(request.state.key)
        response = RedirectResponse(_place(to), 303)
        self._hand_out(response, self._desk.sessions.begin(user))
        log.info("signed_in", user=user.name)
        return response

    async def leave(self, request: Request) -> Response:
        """POST /sign-out."""
        self._desk.sessions.end(request.state.key)
        await self._desk.sweep()
        response = RedirectResponse(SIGN_IN, 303)
        response.delete_cookie(self._desk.address.cookie, path="/", secure=self._desk.address.secure)
        return response

    @property
    def users(self) -> Users:
        """Who may sign in."""
        return self._desk.users

    def origin(self, request: Request) -> str:
        """The desk's address as this browser has it; the doors let in no other."""
        host = request.headers["host"]
        return next(origin for origin in self._desk.address.origins if origin.endswith(f"://{host}"))

    def is_throttled(self, request: Request) -> bool:
        """Whether too many failed from this address."""
        return self._attempts.are_too_many(_address(request), self._desk.archive.engine.clock())

    def note_failure(self, request: Request) -> None:
        """Count a failed sign-in of this address."""
        self._attempts.note(_address(request), self._desk.archive.engine.clock())

    async def throttled(self, request: Request, to: str) -> Response:
        """What an address gets that has to wait."""
        log.warning("sign_in_throttled", address=_address(request))
        return await self.page(request, to=to, refused="失败次数太多,请五分钟后再试", status=429)

    @property
    def _by_provider_alone(self) -> bool:
        provider = self._desk.provider
        return provider is not None and provider.config.only

    async def page(self, request: Request, *, to: str, refused: str = "", status: int = 200) -> Response:
        """The page to sign in on, with what was the matter."""
        mark = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        page = rendered(
            "sign_in.html",
            archive=self._desk.archive.config.archive,
            form=self._token(mark),
            to=to if PLACES.fullmatch(to) else "",
            refused=refused,
            provider=self._desk.provider is not None,
            keys=not self._by_provider_alone,
            nobody=not await run_in_threadpool(self._desk.users.any),
        )
        response = HTMLResponse(page, status)
        response.set_cookie(
            FORM_COOKIE,
            mark,
            httponly=True,
            samesite="strict",
            secure=self._desk.address.secure,
            path=SIGN_IN,
        )
        return response

    def _is_ours(self, request: Request, token: str) -> bool:
        """Whether the form was shown to this browser by us."""
        mark = request.cookies.get(FORM_COOKIE, "")
        return bool(mark) and hmac.compare_digest(token.encode(), self._token(mark).encode())

    def _token(self, mark: str) -> str:
        return hmac.new(self._secret, mark.encode(), sha256).hexdigest()

    def _hand_out(self, response: Response, key: str) -> None:
        # Lax, not strict: the links in the tables lead here from another site, and a GET changes nothing.
        secure = self._desk.address.secure
        response.set_cookie(
            self._desk.address.cookie, key, httponly=True, samesite="lax", secure=secure, path="/"
        )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _place(to: str) -> str:
    return to if to and PLACES.fullmatch(to) else "/"


async def _form(request: Request) -> dict[str, str]:
    body = await request.body() if int(request.headers.get("content-length", "0")) <= FORM_MAX else b""
    try:
        fields = parse_qs(body.decode(errors="replace"), max_num_fields=FIELDS_MAX)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
