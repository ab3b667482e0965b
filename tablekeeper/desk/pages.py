"""The desk as one ASGI application: its pages by address, its own files, and the doors before them."""

from pathlib import Path

import structlog
from fastapi import FastAPI
from nicegui import Client, core, ui
from nicegui import app as nicegui
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from tablekeeper.desk.desk import Desk
from tablekeeper.desk.doors import BODY_MAX, App, Doors
from tablekeeper.desk.enter_page import enter_page
from tablekeeper.desk.find_page import find_page
from tablekeeper.desk.frame import HERE
from tablekeeper.desk.import_page import import_page
from tablekeeper.desk.nonces import give_nonces
from tablekeeper.desk.record_page import record_page
from tablekeeper.desk.sign_in import Gate
from tablekeeper.desk.sign_in_oidc import BACK, START, OidcGate
from tablekeeper.desk.standing import SAMPLE_S
from tablekeeper.desk.status_page import status_page
from tablekeeper.logs import where

log = structlog.get_logger("desk")
SWEEP_S = 5.0


def application(desk: Desk) -> App:
    """Everything that the desk answers. Once per process: NiceGUI keeps its pages in a module."""
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gate = Gate(desk)
    _gate(outer, gate)
    if desk.provider is not None:
        _oidc(outer, OidcGate(gate, desk.provider, desk.archive.engine.clock))
    _files(outer, HERE / "static")
    _pages(desk)
    ui.run_with(
        outer,
        title=desk.archive.config.archive.name,
        language="zh-CN",
        tailwind=False,
        unocss=None,
        # What was sent is not kept for a browser that lost its connection: a shown value would lie in it for minutes.
        message_history_length=0,
        show_welcome_message=False,
        # Compressing what is secret together with what a stranger may have chosen tells of the secret by its length.
        gzip_middleware_factory=None,
    )
    # What NiceGUI's own middleware does, prefixes and caching, the doors do or refuse; without it a page takes a third less.
    nicegui.user_middleware.clear()
    # The bar for requests has no name for whoever cannot see it, and nothing here takes that long.
    core.app.config.quasar_config["loadingBar"]["skipHijack"] = True
    # Long polling would let a page in without an Origin to check.
    core.app.config.socket_io_js_transports = ["websocket"]
    nicegui.on_exception(
        lambda error: log.error("desk_failed", kind=type(error).__name__, where=where(error))
    )
    nicegui.timer(SWEEP_S, desk.sweep)
    nicegui.timer(SAMPLE_S, desk.watch.sample)
    # A workbook of customers must not pass through a temporary file on its way in.
    MultiPartParser.spool_max_size = BODY_MAX
    give_nonces()
    return Doors(outer, sessions=desk.sessions, address=desk.address)


def _gate(outer: FastAPI, gate: Gate) -> None:
    """What is there for people who are not signed in; and what pages ask for by themselves."""
    outer.add_api_route("/sign-in", gate.show, methods=["GET"], response_model=None)
    outer.add_api_route("/sign-in", gate.enter, methods=["POST"], response_model=None)
    outer.add_api_route("/sign-out", gate.leave, methods=["POST"], response_model=None)
    outer.add_api_route("/alive", _alive, methods=["GET"], response_model=None)
    outer.add_api_route("/favicon.ico", _alive, methods=["GET"], response_model=None)
    outer.add_exception_handler(404, _nothing_there)
    nicegui.add_exception_handler(404, _nothing_there)


def _oidc(outer: FastAPI, gate: OidcGate) -> None:
    outer.add_api_route(START, gate.start, methods=["GET"], response_model=None)
    outer.add_api_route(BACK, gate.back, methods=["GET"], response_model=None)


def _files(outer: FastAPI, folder: Path) -> None:
    outer.mount("/static", StaticFiles(directory=folder))


def _pages(desk: Desk) -> None:
    """The pages by address. NiceGUI hands each its own client."""

    @ui.page("/")
    def first() -> Response:
        return RedirectResponse("/find", 303)

    @ui.page("/find")
    async def find(client: Client) -> None:
        await find_page(desk, client)

    @ui.page("/enter")
    async def enter(client: Client) -> None:
        await enter_page(desk, client)

    @ui.page("/import")
    async def import_(client: Client) -> None:
        await import_page(desk, client)

    @ui.page("/status")
    async def status(client: Client) -> None:
        await status_page(desk, client)

    @ui.page("/r/{uid}")
    def record(uid: str, client: Client) -> None:
        record_page(desk, client, uid)


async def _alive(_: Request) -> Response:
    return Response(status_code=204)


async def _nothing_there(_: Request, __: Exception) -> Response:
    return PlainTextResponse("没有这个页面", 404)
