"""Reading: what the webhook tells, when it cannot be trusted, and whole tables."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sync.connection import SystemColumn
from sync.errors import CredentialsRefused, NotFound, TableMissing, Unavailable
from tests.sync.airtable_office import MemoryBindings, Office, open_office, update


@pytest.fixture(params=(False, True), ids=("as_likely", "other_way"))
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """In both positions of every switch for what nobody is sure of."""
    with open_office(turned=request.param) as opened:
        opened.pull()
        yield opened


def test_an_idle_base_costs_one_call_and_shows_nothing(office: Office) -> None:
    mark = office.mark
    assert office.pull() == {}
    assert len(office.requests(since=mark)) == 1


def test_a_restarted_daemon_makes_sure_of_its_webhook_once(office: Office) -> None:
    office.connect()
    mark = office.mark
    assert office.pull() == office.pull() == {}
    assert sum(line.endswith("/webhooks 200") for line in office.requests(since=mark)) == 1


def test_the_first_pull_lists_everything() -> None:
    with open_office() as office:
        office.insert("R1", full_name="王伟")
        listings = office.pull()
    assert set(listings) == {"customers", "policies"} and all(one.complete for one in listings.values())
    assert [row.uid for row in listings["customers"].rows] == ["R1"]


def test_a_changed_cell_is_told_with_its_author(office: Office) -> None:
    row = office.insert("R1", full_name="王伟", gender="男")
    office.pull()
    office.table().update(row.row_id, {"客户姓名": "王炜"})
    listing = office.pull()["customers"]
    (seen,) = listing.rows
    assert seen.cells == {"full_name": "王炜"} and seen.partial and seen.actor == "王芳"
    assert seen.row_id == row.row_id and not listing.complete


def test_what_a_person_changed_is_not_put_down_to_our_own_write_after_it(office: Office) -> None:
    row = office.insert("R1", full_name="王伟")
    office.pull()
    office.table().update(row.row_id, {"客户姓名": "王炜"})
    office.connection.apply("customers", [update(row, {}, gender="男")])
    office.until_told()
    (seen,) = office.pull()["customers"].rows
    assert (seen.author("full_name"), seen.actor) == ("王芳", "Tablekeeper")


def test_a_row_that_is_read_again_keeps_the_name_of_whoever_changed_it(office: Office) -> None:
    row = office.insert("R1", full_name="王伟")
    office.pull()
    office.table().update(row.row_id, {"客户姓名": "王炜"})
    office.until_told()
    (seen,) = office.pull(customers=frozenset({row.row_id}))["customers"].rows
    assert not seen.partial and seen.actor == "王芳"


def test_the_later_keystroke_counts(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    for text in ("王", "王伟", "王伟强"):
        office.table().update(row.row_id, {"客户姓名": text})
    office.table().update(row.row_id, {"性别": "男"})
    (seen,) = office.pull()["customers"].rows
    assert seen.cells == {"full_name": "王伟强", "gender": "男"}


def test_a_row_that_staff_made_is_whole(office: Office) -> None:
    made = office.table().create({})
    office.table().update(made["id"], {"客户姓名": "王伟", "性别": "男"})
    office.table().update(made["id"], {"性别": None})
    (seen,) = office.pull()["customers"].rows
    assert not seen.partial and seen.cells == {"full_name": "王伟"} and seen.uid == ""


def test_a_deleted_row_is_told(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    office.table().update(row.row_id, {"客户姓名": "王伟"})
    office.table().delete(row.row_id)
    listing = office.pull()["customers"]
    assert listing.destroyed == (row.row_id,) and listing.rows == []


def test_what_happens_in_other_columns_is_not_shown(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    office.insert("R2", table="policies", customer=(row.row_id,))
    assert set(office.pull()) == {"policies"}


def test_what_was_not_acknowledged_is_told_again(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    office.table().update(row.row_id, {"客户姓名": "王伟"})
    office.until_told()
    first = list(office.connection.pull(reread={}, full=False))
    after_a_crash = list(office.connect().pull(reread={}, full=False))
    assert first == after_a_crash and first[0].rows
    office.connection.acknowledge()
    assert office.pull() == {}


def test_what_comes_too_late_for_one_look_is_told_at_the_next(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    office.served.world.policy.change({"payloads_come_late": True})
    office.table().update(row.row_id, {"客户姓名": "王伟"})
    assert list(office.connection.pull(reread={}, full=False)) == []
    office.connection.acknowledge()
    assert office.pull()["customers"].rows[0].cells == {"full_name": "王伟"}


def test_a_pull_that_broke_off_is_not_acknowledged(office: Office) -> None:
    office.insert("R1")
    office.insert("R2", table="policies")
    office.until_told()
    pull = office.connection.pull(reread={}, full=False)
    next(pull)
    office.connection.acknowledge()
    assert set(office.pull()) == {"customers", "policies"}


def test_a_pull_that_broke_off_takes_nothing_over_from_the_one_before(office: Office) -> None:
    office.insert("R1")
    office.until_told()
    list(office.connection.pull(reread={}, full=False))
    next(office.connection.pull(reread={}, full=False))
    office.connection.acknowledge()
    assert set(office.pull()) == {"customers"}


def test_an_edit_between_webhook_and_listing_is_not_lost(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    pull = office.connection.pull(reread={}, full=True)
    for _ in pull:
        office.table().update(row.row_id, {"客户姓名": "王伟"})
    office.connection.acknowledge()
    assert office.pull()["customers"].rows[0].cells == {"full_name": "王伟"}


def test_a_webhook_that_died_is_replaced_and_everything_listed(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    old = office.bindings["webhook:id"]
    office.served.world.clock.advance(8 * 86400)
    office.table().update(row.row_id, {"客户姓名": "王伟"})
    listings = office.pull()
    assert listings["customers"].complete and listings["customers"].rows[0].cells == {"full_name": "王伟"}
    assert office.bindings["webhook:id"] != old and len(office.base().webhooks()) == 1
    office.table().update(row.row_id, {"客户姓名": "王炜"})
    assert office.pull()["customers"].rows[0].partial


def test_a_webhook_that_died_while_the_daemon_was_stopped_is_not_believed(office: Office) -> None:
    row = office.insert("R1")
    office.pull()
    office.served.world.clock.advance(8 * 86400)
    office.table().update(row.row_id, {"客户姓名": "王伟"})
    office.connect()
    assert office.pull()["customers"].complete


def test_polling_keeps_the_webhook_alive(office: Office) -> None:
    hook = office.bindings["webhook:id"]
    for _ in range(5):
        office.served.world.clock.advance(3 * 86400)
        office.pull()
    assert office.bindings["webhook:id"] == hook


def test_a_webhook_that_somebody_deleted_is_replaced(office: Office) -> None:
    base = office.base()
    base.webhook(office.bindings["webhook:id"]).delete()
    assert office.pull()["customers"].complete
    assert len(base.webhooks()) == 1


def test_a_lost_cursor_means_a_full_listing(office: Office) -> None:
    office.bindings.drop("webhook:cursor")
    assert office.pull()["customers"].complete
    assert len(office.base().webhooks()) == 1


def test_without_the_right_to_webhooks_every_pull_lists_everything() -> None:
    with open_office() as office:
        office.insert("R1")
        for _ in range(10):
            path = office.staff.build_url("bases", office.base().id, "webhooks")
            specification = {"options": {"filters": {"dataTypes": ["tableData"]}}}
            office.staff.post(path, json={"specification": specification})
        assert office.pull()["customers"].complete and not office.connection.webhook
        mark = office.mark
        assert office.pull()["customers"].complete
        assert not any("webhooks" in line for line in office.requests(since=mark))


def test_rows_asked_for_by_name_are_shown_whole(office: Office) -> None:
    row = office.insert("R1", full_name="王伟", gender="男")
    office.pull()
    office.table().update(row.row_id, {"客户姓名": "王炜"})
    (seen,) = office.pull(customers=frozenset({row.row_id}))["customers"].rows
    assert not seen.partial and seen.cells == {"full_name": "王炜", "gender": "男"}
    assert seen.system[SystemColumn.UID] == "R1"


def test_a_row_asked_for_by_name_that_is_gone_counts_as_deleted(office: Office) -> None:
    listing = office.pull(customers=frozenset({"recGone0000000000"}))["customers"]
    assert listing.destroyed == ("recGone0000000000",) and not listing.complete


def test_many_rows_come_in_pages_and_each_once(office: Office) -> None:
    for start in range(0, 250, 10):
        office.table().batch_create([{"客户编号": f"C{start + n:08}"} for n in range(10)])
    listing = office.pull(full=True)["customers"]
    assert len(listing.rows) == len({row.row_id for row in listing.rows}) == 250


def test_a_listing_that_the_service_forgot_starts_again(office: Office) -> None:
    for start in range(0, 250, 10):
        office.table().batch_create([{"客户编号": f"C{start + n:08}"} for n in range(10)])
    pages = office.connection._client.pages
    forgotten: list[bool] = []

    def forget_once(*args: object, **named: object) -> Iterator[object]:
        for page in pages(*args, **named):
            yield page
            if page and not forgotten:
                forgotten.append(True)
                office.served.world.clock.advance(3600)

    office.connection._client.pages = forget_once  # type: ignore[method-assign,assignment]
    assert len(office.pull(full=True)["customers"].rows) == 250 and forgotten


def test_a_column_whose_type_staff_changed_is_missing(office: Office) -> None:
    with office.served.world.lock:
        for base in office.served.world.airtable._bases.values():
            table = base.tables[office.bindings["table:customers"]]
            table.fields[office.bindings["field:customers:account"]].type = "number"
    assert office.pull(full=True)["customers"].missing == {"account"}


def test_a_table_that_vanished_does_not_hide_the_others(office: Office) -> None:
    with office.served.world.lock:
        for base in office.served.world.airtable._bases.values():
            del base.tables[office.bindings["table:policies"]]
    assert set(office.pull(full=True)) == {"customers"}
    (problem,) = office.connection.problems
    assert isinstance(problem, TableMissing) and problem.table == "保险合同信息"


def test_before_setup_every_table_is_missing() -> None:
    with open_office(set_up=False) as office:
        assert office.pull() == {}
        assert [type(problem) for problem in office.connection.problems] == [TableMissing, TableMissing]


def test_a_wrong_token_is_refused_with_advice(office: Office) -> None:
    with pytest.raises(CredentialsRefused) as caught:
        office.connect(token="patWrong").setup()
    assert "TABLEKEEPER_AIRTABLE_TOKEN" in caught.value.advice and "patWrong" not in str(caught.value)


def test_a_base_that_is_not_shared_is_not_found_and_webhooks_are_not_given_up(office: Office) -> None:
    world = office.served.world
    bases = dict(world.airtable._bases)
    world.airtable._bases.clear()
    with pytest.raises(NotFound):
        office.pull()
    world.airtable._bases.update(bases)
    assert office.pull() and office.connection.webhook


def test_a_failing_read_is_tried_again_and_then_given_up(office: Office) -> None:
    office.fault("GET", "503", 2)
    assert office.pull() == {}
    office.fault("GET", "html", 9)
    with pytest.raises(Unavailable):
        office.pull()


def test_lost_bindings_mean_a_full_listing_after_setup(office: Office) -> None:
    row = office.insert("R1", full_name="王伟")
    office.bindings = MemoryBindings()
    office.connect().setup()
    assert [seen.row_id for seen in office.pull()["customers"].rows] == [row.row_id]


def test_an_option_that_a_person_deleted_is_told_with_the_listing(office: Office) -> None:
    office.insert("R1", gender="男")
    assert not office.pull(full=True)["customers"].lost_options
    field = office.table().schema().field("性别")
    kept = [{"id": one.id, "name": one.name} for one in field.options.choices if one.name != "男"]
    change_field(office, field.id, {"options": {"choices": kept}})
    listing = office.pull(full=True)["customers"]
    assert listing.lost_options == {"gender": {"男"}}
    assert "gender" not in listing.rows[0].cells


def change_field(office: Office, column_id: str, change: dict[str, Any]) -> None:
    """A person changes a column of customers."""
    place = office.served.description["airtable"]
    requests.patch(
        f"{place['endpoint_url']}/v0/meta/bases/{place['base_id']}/tables"
        f"/{office.bindings['table:customers']}/fields/{column_id}",
        headers={"Authorization": f"Bearer {place['staff_token']}"},
        json=change,
        timeout=10,
    ).raise_for_status()


def test_a_column_that_a_person_gave_another_type_is_known_at_the_next_look(office: Office) -> None:
    change_field(
        office, office.bindings["field:customers:account"], {"type": "number", "options": {"precision": 0}}
    )
    office.until_told()
    listing = office.pull()["customers"]
    assert listing.complete and listing.missing == {"account"}


def test_options_that_a_person_renamed_are_known_at_the_next_look(office: Office) -> None:
    office.insert("R1", gender="男")
    office.until_told()
    office.pull()
    field = office.table().schema().field("性别")
    names = [{"id": one.id, "name": {"男": "男性"}.get(one.name, one.name)} for one in field.options.choices]
    change_field(office, field.id, {"options": {"choices": names}})
    office.until_told()
    listing = office.pull()["customers"]
    assert listing.rows[0].cells["gender"] == "男性" and listing.lost_options == {"gender": {"男"}}
