"""The HTTP door: one port for every service, the page, the control endpoint and the mailbox. A plain ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from emulators.control import answer, control, mailbox
from emulators.exchange import Request, Response
from emulators.page.guard import foreign_name, foreign_page, is_loopback
from emulators.page.serving import is_page, page
from emulators.world import Answer, World, service_of

CONTROL = "/_control"
MAILBOX = "/_mailbox"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def application(world: World, host: str) -> Application:
    """The ASGI application of that world, listening on `host`."""

    async def serve(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        peer = (scope.get("client") or ("", 0))[0]
        reply = _route(world, _request(scope, await _body(receive)), host=host, peer=peer)
        with suppress(asyncio.CancelledError):  # The server stops, and does not wait for those who wait.
            await asyncio.sleep(reply.delay_s)
        if reply.response is None:
            _sever(receive)
        else:
            await _send(send, reply.response)

    return serve


def _route(world: World, request: Request, *, host: str, peer: str) -> Answer:
    if request.service:
        return world.handle(request)
    if is_page(request.path):
        return Answer(page(world, request, peer=peer))
    refused = _refusal(request, host)
    if refused:
        return Answer(answer({"error": refused}, status=403))
    if request.path == CONTROL or request.path.startswith(f"{CONTROL}/"):
        return Answer(control(world, _below_control(request)))
    if request.path.rstrip("/") == MAILBOX:
        return Answer(mailbox(world))
    return Answer(answer({"error": "no such page"}, status=404))


def _refusal(request: Request, host: str) -> str:
    """Why the control endpoint and the mailbox do not answer. Who listens beyond loopback is reached by names of their own."""
    name = foreign_name(request.headers) if is_loopback(host) else ""
    return name or foreign_page(request.headers)


def _below_control(request: Request) -> Request:
    return Request(
        "", request.method, request.path.removeprefix(CONTROL), request.query, request.headers, request.body
    )


def _request(scope: MutableMapping[str, Any], body: bytes) -> Request:
    path = scope["raw_path"].decode("ascii")
    return Request(
        service=service_of(path),
        method=scope["method"],
        path=path,
        query=tuple(parse_qsl(scope["query_string"].decode("utf-8"), keep_blank_values=True)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


async def _body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(send: Send, response: Response) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()
    ]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _sever(receive: Receive) -> None:
    """Cut the connection without an answer. ASGI has no word for that, so this reaches for uvicorn's own cycle, which is
    behind `receive`, and tells it that the client is gone."""
    cycle = receive.__self__  # type: ignore[attr-defined]
    cycle.disconnected = True
    cycle.transport.abort()
