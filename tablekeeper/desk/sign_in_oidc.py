"""Signing in through the company's identity provider: sends the browser there, and takes in who comes back."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tablekeeper.desk.desk import SIGN_IN
from tablekeeper.desk.provider import Asking, Provider, ProviderFailed
from tablekeeper.desk.sign_in import Gate
from tablekeeper.desk.telling import told
from vault.errors import SignInRefused, VaultError

log = structlog.get_logger("desk")

START = SIGN_IN + "/oidc"
BACK = START + "/back"
COOKIE = "desk-oidc"
ASKED_FOR = timedelta(minutes=10)
"""How long somebody may take at the provider's page."""
ASKED_MAX = 1_000
NOT_FOR_US = "登录没有成功,请再试一次"
NO_USER = "您的公司账号还不是本系统的用户,请联系主管"
NO_ANSWER = "公司统一登录没有成功,请再试一次;仍不行请联系信息技术部"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who was sent to the provider and has not come back."""

    asking: Asking
    mark: str
    """Held by the one browser that may come back, in a cookie."""
    to: str
    back: str
    until: datetime


class OidcGate:
    """Who comes by the provider. What it vouches for is a name; whether its owner may act, the vault says."""

    def __init__(self, gate: Gate, provider: Provider, clock: Callable[[], datetime]) -> None:
        self._gate, self._provider, self._clock = gate, provider, clock
        self._asked: dict[str, Asked] = {}

    async def start(self, request: Request) -> Response:
        """GET /sign-in/oidc: off to the provider."""
        to = request.query_params.get("to", "")
        if self._gate.is_throttled(request):
            return await self._gate.throttled(request, to)
        asked = self._ask(to, self._gate.origin(request) + BACK)
        try:
            url = await run_in_threadpool(self._provider.address, asked.asking, asked.back)
        except ProviderFailed as error:
            return await self._refused(request, error, to)
        response = RedirectResponse(url, 303)
        # Lax, not strict: the browser comes back from the provider's site.
        secure = url_is_secure(asked.back)
        response.set_cookie(COOKIE, asked.mark, httponly=True, samesite="lax", secure=secure, path=START)
        return response

    async def back(self, request: Request) -> Response:
        """GET /sign-in/oidc/back: from the provider, with a code or without."""
        if self._gate.is_throttled(request):
            return await self._gate.throttled(request, "")
        asked = self._take(request)
        if asked is None:
            self._gate.note_failure(request)
            return await self._gate.page(request, to="", refused=NOT_FOR_US, status=403)
        try:
            code = _code(request, self._provider.config.issuer)
            arguments = asked.asking, code, asked.back, self._clock()
            name = await run_in_threadpool(self._provider.name, *arguments)
            user = await run_in_threadpool(self._gate.users.admit, name)
        except ProviderFailed as error:
            return await self._refused(request, error, asked.to)
        except VaultError as error:
            self._gate.note_failure(request)
            words = NO_USER if type(error) is SignInRefused else told(error) or ""
            return await self._gate.page(request, to=asked.to, refused=words, status=403)
        response = self._gate.welcome(request, user, asked.to)
        response.delete_cookie(COOKIE, path=START)
        return response

    def _ask(self, to: str, back: str) -> Asked:
        now = self._clock()
        self._asked = {state: one for state, one in self._asked.items() if now < one.until}
        while len(self._asked) >= ASKED_MAX:
            del self._asked[next(iter(self._asked))]
        asked = Asked(Asking(), secrets.token_urlsafe(24), to, back, now + ASKED_FOR)
        self._asked[asked.asking.state] = asked
        return asked

    def _take(self, request: Request) -> Asked | None:
        """What this browser was sent with; once, and for that browser alone."""
        asked = self._asked.pop(request.query_params.get("state", ""), None)
        mark = request.cookies.get(COOKIE, "")
        if asked is None or self._clock() >= asked.until:
            return None
        return asked if hmac.compare_digest(mark.encode(), asked.mark.encode()) else None

    async def _refused(self, request: Request, error: ProviderFailed, to: str) -> Response:
        self._gate.note_failure(request)
        log.warning("oidc_failed", why=str(error))
        return await self._gate.page(request, to=to, refused=NO_ANSWER, status=403)


def url_is_secure(url: str) -> bool:
    """Whether it is HTTPS."""
    return url.startswith("https://")


def _code(request: Request, issuer: str) -> str:
    code = request.query_params.get("code", "")
    if not code:
        raise ProviderFailed("it sent the browser back without a code")
    # RFC 9207: an answer that names its issuer names ours.
    if request.query_params.get("iss", issuer) != issuer:
        raise ProviderFailed("the answer is of another issuer")
    return code
