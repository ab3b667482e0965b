"""What the engine does about headers that people spoiled: it tells, waits for whoever undoes it, and puts them right."""

from structlog.testing import capture_logs

from sync.errors import HeadersSpoiled
from sync.freezing import frozen_parts
from tests.sync.conftest import NewOffice, Office

SETTLE_S = 5


def spoiled(new_office: NewOffice, *, given_up: bool = False) -> Office:
    """Somebody cleared a header of the spreadsheet, and it was read."""
    office = new_office(settle_s=SETTLE_S)
    office.sheets.problems = [HeadersSpoiled("sheets", "客户", ("手机号码",), given_up=given_up, advice="")]
    return office


def told(office: Office) -> list[str]:
    return [part.what for part in frozen_parts(office.engine.hub, "sheets")]


def test_wrong_header_is_told_and_put_right_when_nobody_undoes_it(new_office: NewOffice) -> None:
    office = spoiled(new_office)
    report = office.cycle()
    assert report.settling == 1 and office.sheets.problems
    assert ["手机号码" in what and "核对" in what for what in told(office)] == [True]
    office.clock.advance(SETTLE_S)
    with capture_logs() as logs:
        # Another cycle is to see that it is right.
        assert office.cycle().busy
        assert not office.cycle().busy
    assert [one["event"] for one in logs] == ["headers_put_right", "service_recovered"]
    assert told(office) == []


def test_header_that_somebody_put_right_in_time_is_left_alone(new_office: NewOffice) -> None:
    office = spoiled(new_office)
    office.cycle()
    office.sheets.problems = []
    office.clock.advance(SETTLE_S)
    with capture_logs() as logs:
        assert not office.cycle().busy
    assert [one["event"] for one in logs] == ["service_recovered"]


def test_wrong_header_that_cannot_be_written_is_told_and_waited_for_by_nobody(new_office: NewOffice) -> None:
    office = spoiled(new_office, given_up=True)
    office.clock.advance(SETTLE_S)
    assert not office.cycle().busy
    assert ["改不回来" in what for what in told(office)] == [True]
