"""Figures for Prometheus and an answer to "is it alive?", on loopback only. Counts and times; no value, no record's number.

`/metrics` in Prometheus' text format, `/healthz` with 200, or 503 once cycles have stopped. docs/METRICS.md explains each.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sync.engine import CycleReport, Engine
from sync.polling import Polling
from tablekeeper.exposure import last_counted
from tablekeeper.lag import Lag
from tablekeeper.reload import refused_config

log = structlog.get_logger("daemon")

HOST = "127.0.0.1"
LONG_S = 900
"""A first reading of large tables may take this long without anything being wrong."""
TEXT = ("Content-Type", "text/plain; charset=utf-8")
Start = Callable[[str, list[tuple[str, str]]], object]


class Metrics:
    """What a daemon tells about itself. Written by its cycles, read by another thread."""

    def __init__(
        self, engine: Engine, polling: Polling, lag: Lag, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.registry = CollectorRegistry()
        self._limit_s = engine.config.max_lag_s
        self._monotonic = monotonic
        self._started = self._ended = monotonic()
        self._cycle = Histogram(
            "tablekeeper_cycle_seconds",
            "How long cycles took.",
            buckets=(0.05, 0.2, 1, 5, 20, 60, 300),
            registry=self.registry,
        )
        self._up = self._gauge("tablekeeper_replica_up", "Whether the last look at a replica succeeded.")
        self._written = self._counter("tablekeeper_rows_written", "Rows written to a replica.")
        self._refused = self._counter("tablekeeper_rows_refused", "Rows that a service would not take.")
        self.registry.register(Standing(engine, polling, lag))

    def begin(self) -> None:
        """A cycle starts."""
        self._started = self._monotonic()

    def end(self, report: CycleReport, looked_at: Iterable[str]) -> None:
        """A cycle has ended."""
        self._ended = self._monotonic()
        self._cycle.observe(self._ended - self._started)
        for name in looked_at:
            self._up.labels(name).set(name not in report.down)
        for counter, counts in ((self._written, report.written), (self._refused, report.refused)):
            for name, rows in counts.items():
                counter.labels(name).inc(rows)

    @property
    def silent_s(self) -> float | None:
        """Seconds since the last sign of life, once they are too many; None while all is well."""
        now = self._monotonic()
        limit_s = LONG_S if self._started > self._ended else self._limit_s
        silent = now - max(self._started, self._ended)
        return silent if silent > limit_s else None

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ["replica"], registry=self.registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, ["replica"], registry=self.registry)


class Standing(Collector):
    """What holds at the moment of the question."""

    def __init__(self, engine: Engine, polling: Polling, lag: Lag) -> None:
        self._engine, self._polling, self._lag = engine, polling, lag

    def collect(self) -> Iterator[Metric]:
        """Lists that wait for people, lags, frozen tables, calls made and left."""
        with self._engine.hub.reading() as unit:
            waiting = unit.lists.counts()
        yield self._people()
        yield self._lags()
        for name in ("conflicts", "deletions"):
            yield GaugeMetricFamily(
                f"tablekeeper_{name}_waiting", f"{name.title()} that wait for a person.", waiting[name]
            )
        yield GaugeMetricFamily(
            "tablekeeper_config_refused",
            "Whether the config's file holds one that cannot be used.",
            refused_config(self._engine.hub) is not None,
        )
        yield GaugeMetricFamily(
            "tablekeeper_torn_tables", "Tables that a sort has torn.", len(self._engine.torn)
        )
        frozen = GaugeMetricFamily(
            "tablekeeper_frozen_parts", "Tables and columns that are left alone.", labels=["replica"]
        )
        for name in self._polling.replicas:
            frozen.add_metric([name], len(self._engine.frozen.get(name, ())))
        yield frozen
        made = GaugeMetricFamily("tablekeeper_service_calls", "Calls since the start.", labels=["replica"])
        left = GaugeMetricFamily(
            "tablekeeper_calls_left", "Calls of the month's budget left.", labels=["replica"]
        )
        for name, (_, connection) in self._polling.replicas.items():
            made.add_metric([name], connection.calls)
            month = self._polling.month(name, self._engine.clock())
            if month is not None:
                left.add_metric([name], month.limit - month.used)
        yield made
        yield left

    def _lags(self) -> Metric:
        lags = GaugeMetricFamily(
            "tablekeeper_replica_lag_seconds",
            "Seconds since a replica was last worked with.",
            labels=["replica"],
        )
        for name, seconds in self._lag.seconds().items():
            lags.add_metric([name], seconds)
        return lags

    def _people(self) -> Metric:
        counted = last_counted(self._engine.hub)
        people = GaugeMetricFamily(
            "tablekeeper_exposed_people", "People of this year by legal threshold.", labels=["threshold"]
        )
        for one in counted.thresholds if counted else ():
            people.add_metric([one.name], one.people)
        return people


def serve(metrics: Metrics, port: int) -> Callable[[], None] | None:
    """Answer on loopback until the function that is returned is called; None when the port is taken."""
    try:
        server = make_server(HOST, port, application(metrics), server_class=Server, handler_class=Quiet)
    except OSError as error:
        log.warning("metrics_unavailable", port=port, message=error.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop


def application(metrics: Metrics) -> Any:
    """The WSGI application."""
    figures = make_wsgi_app(metrics.registry)

    def answer(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/metrics":
                return figures(environ, start)  # type: ignore[no-any-return]
            case "/healthz":
                return _health(metrics, start)
        start("404 Not Found", [TEXT])
        return [b"/metrics or /healthz\n"]

    return answer


def _health(metrics: Metrics, start: Start) -> list[bytes]:
    silent_s = metrics.silent_s
    if silent_s is None:
        start("200 OK", [TEXT])
        return [b"ok\n"]
    start("503 Service Unavailable", [TEXT])
    return [f"no cycle for {silent_s:.0f} s; look into the log, then restart the daemon\n".encode()]


class Server(ThreadingMixIn, WSGIServer):
    """One thread a question, so that a slow reader keeps nobody waiting."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """The log is for the daemon's own events."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
