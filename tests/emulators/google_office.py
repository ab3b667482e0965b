"""A Google service in process for tests: a clock that stands still, and two persons."""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import requests
from requests.adapters import BaseAdapter

from emulators.exchange import Request, Response
from emulators.google.defaults import Policies
from emulators.google.service import GoogleService

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BASE = "https://google.test"


class Office:
    """The service, its clock, and one spreadsheet both persons may write to."""

    def __init__(self, policies: Policies | None = None) -> None:
        self.now = START
        self.service = GoogleService(
            clock=lambda: self.now, random=Random(5), base_url=BASE, policies=policies
        )
        self.book = self.service.create_spreadsheet("客户档案")

    def advance(self, **time: float) -> None:
        """Moves the clock."""
        self.now += timedelta(**time)

    def send(self, method: str, url: str, body: Any = None, *, token: str | None = None) -> Response:
        """A request as it stands."""
        parts = urlsplit(url)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        headers = {"authorization": f"Bearer {self.service.token if token is None else token}"}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.service.handle(Request("google", method, parts.path, query, headers, raw))

    def call(
        self, method: str, path: str, body: Any = None, *, query: Any = (), token: str | None = None
    ) -> Any:
        """A Sheets call below the spreadsheet; the answer's JSON, which must be a success."""
        url = f"/v4/spreadsheets/{self.book}{path}?{urlencode(query)}"
        response = self.send(method, url, body, token=token)
        assert response.status == 200, response.body.decode()
        return json.loads(response.body)

    def refused(
        self, method: str, path: str, body: Any = None, *, query: Any = (), token: str | None = None
    ) -> Any:
        """The error object of a Sheets call that must fail."""
        response = self.send(
            method, f"/v4/spreadsheets/{self.book}{path}?{urlencode(query)}", body, token=token
        )
        assert response.status >= 400, response.body.decode()
        return json.loads(response.body)["error"]

    def batch(self, *requests_: Any, token: str | None = None, **options: Any) -> Any:
        """spreadsheets.batchUpdate"""
        return self.call("POST", ":batchUpdate", {"requests": requests_, **options}, token=token)

    def put(self, cells: str, values: Any, option: str = "RAW", **kwargs: Any) -> Any:
        """values.update"""
        return self.call(
            "PUT",
            f"/values/{quote(cells, safe='')}",
            {"values": values},
            query={"valueInputOption": option},
            **kwargs,
        )

    def get(self, cells: str, render: str = "FORMATTED_VALUE") -> Any:
        """The values of a range."""
        answer = self.call("GET", f"/values/{quote(cells, safe='')}", query={"valueRenderOption": render})
        return answer.get("values", [])

    def typed(self, text: str, render: str = "FORMATTED_VALUE") -> Any:
        """What a cell shows after a person typed a text."""
        self.put("H1", [[text]], "USER_ENTERED")
        values = self.get("H1", render)
        return values[0][0] if values else ""


class InProcess(BaseAdapter):
    """A `requests` transport that hands everything to one service."""

    def __init__(self, service: GoogleService) -> None:
        super().__init__()
        self.service = service

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """One exchange without a socket."""
        parts = urlsplit(request.url or "")
        raw = request.body or b""
        body = raw.encode() if isinstance(raw, str) else bytes(raw)
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        found = self.service.handle(Request("google", request.method or "", parts.path, query, headers, body))
        response = requests.Response()
        response.status_code, response._content, response.url = found.status, found.body, request.url or ""
        response.headers.update(found.headers)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""
