"""The in-process door: a `requests` transport adapter that asks a world directly, without sockets or threads."""

from collections.abc import Mapping
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from emulators.exchange import Request, Response
from emulators.world import Answer, World, service_of

IN_PROCESS_URL = "http://emulators.invalid"
"""The address to give clients whose session has the adapter mounted; no name server knows it."""


class WorldAdapter(BaseAdapter):
    """Mount it on a `requests.Session` with `mount`. A delay moves a manual clock instead of being waited for."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer one request; raises requests' own `ReadTimeout` and `ConnectionError` where a fault says so."""
        answer = self.world.handle(as_request(request))
        self._pass_time(answer, timeout, request)
        if answer.response is None:
            raise requests.exceptions.ConnectionError("Connection aborted: no response", request=request)
        return as_response(request, answer.response)

    def close(self) -> None:
        """Nothing is held open."""

    def _pass_time(self, answer: Answer, timeout: object, request: requests.PreparedRequest) -> None:
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        if answer.delay_s and isinstance(patience, int | float) and answer.delay_s > patience:
            self.world.clock.advance(patience)
            raise requests.exceptions.ReadTimeout(
                f"Read timed out. (read timeout={patience})", request=request
            )
        if answer.delay_s:
            self.world.clock.advance(answer.delay_s)


def as_response(request: requests.PreparedRequest, answer: Response) -> requests.Response:
    """An answer as `requests` hands it to its caller."""
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(answer.headers)
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.raw = HTTPResponse(
        BytesIO(answer.body), status=answer.status, headers=answer.headers, preload_content=False
    )
    response.url = request.url or ""
    response.request = request
    return response


def mount(world: World, session: requests.Session) -> None:
    """Send whatever the session asks of `IN_PROCESS_URL` to the world."""
    session.mount(IN_PROCESS_URL, WorldAdapter(world))


def as_request(prepared: requests.PreparedRequest) -> Request:
    """What a session is about to send, as the world reads it."""
    parts = urlsplit(prepared.url or "")
    body = prepared.body or b""
    return Request(
        service=service_of(parts.path),
        method=prepared.method or "GET",
        path=parts.path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={name.lower(): _text(value) for name, value in prepared.headers.items()},
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
