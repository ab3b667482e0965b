"""Figures and health over HTTP on loopback."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from socket import socket

import pytest
import requests

from sync.engine import CycleReport
from sync.polling import Polling
from tablekeeper.lag import Lag
from tablekeeper.metrics import LONG_S, Metrics, serve
from tests.sync.conftest import Office, build_office


class Seconds:
    """A monotonic clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    built = build_office(lambda name: f"sqlite:///{tmp_path}/{name}.sqlite3")
    yield built
    built.close()


@pytest.fixture
def metrics(office: Office, seconds: Seconds) -> Metrics:
    engine = office.engine
    replicas = {replica.name: (replica.config, replica.connection) for replica in engine.replicas}
    lag = Lag(replicas, limit_s=engine.config.max_lag_s, clock=engine.clock)
    return Metrics(engine, Polling(engine.config, replicas, engine.hub), lag, monotonic=seconds)


@pytest.fixture
def address(metrics: Metrics) -> Iterator[str]:
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = serve(metrics, port)
    assert stop is not None
    yield f"http://127.0.0.1:{port}"
    stop()


def test_a_cycle_is_told_in_figures(metrics: Metrics, address: str) -> None:
    metrics.begin()
    metrics.end(
        CycleReport(written={"sheets": 3}, down={"airtable": "Unavailable"}),
        ["sheets", "airtable"],
    )
    lines = requests.get(f"{address}/metrics", timeout=5).text.splitlines()
    assert 'tablekeeper_rows_written_total{replica="sheets"} 3.0' in lines
    assert 'tablekeeper_replica_up{replica="airtable"} 0.0' in lines
    assert "tablekeeper_conflicts_waiting 0.0" in lines


def test_the_lag_grows_while_a_cycle_hangs(metrics: Metrics, address: str, office: Office) -> None:
    metrics.begin()
    office.clock.now += timedelta(seconds=7)
    lines = requests.get(f"{address}/metrics", timeout=5).text.splitlines()
    assert 'tablekeeper_replica_lag_seconds{replica="sheets"} 7.0' in lines


def test_health_fails_once_cycles_have_stopped(
    metrics: Metrics, address: str, seconds: Seconds, office: Office
) -> None:
    metrics.begin()
    metrics.end(CycleReport(), [])
    assert requests.get(f"{address}/healthz", timeout=5).status_code == 200
    seconds.now += office.engine.config.max_lag_s + 1
    assert requests.get(f"{address}/healthz", timeout=5).status_code == 503


def test_a_long_cycle_is_healthy_for_a_while(metrics: Metrics, seconds: Seconds) -> None:
    seconds.now += 1
    metrics.begin()
    seconds.now += LONG_S - 1
    assert metrics.silent_s is None
    seconds.now += 2
    assert metrics.silent_s is not None


def test_other_addresses_are_not_found(address: str) -> None:
    assert requests.get(f"{address}/", timeout=5).status_code == 404


def test_a_port_that_is_taken_stops_nothing(metrics: Metrics, address: str) -> None:
    assert serve(metrics, int(address.rsplit(":", 1)[1])) is None
