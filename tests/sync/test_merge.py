"""The laws of the merge, over generated rows."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from sync.merge import Merged, merge
from tests.sync.laws import law

FIELDS = frozenset({"name", "job", "phone"})
values = st.sampled_from(["a", "b", "c"])
rows = st.dictionaries(st.sampled_from([*sorted(FIELDS), "elsewhere"]), values)
shown = st.dictionaries(st.sampled_from(sorted(FIELDS)), values)
uids = st.sampled_from(["R1", "R2", "R3"])
snapshots = st.dictionaries(uids, shown)
hubs = st.dictionaries(uids, rows)
frozen_cells = st.dictionaries(uids, st.frozensets(st.sampled_from(sorted(FIELDS))))
Snapshot = Mapping[str, Mapping[str, str]]


def run(base: Snapshot, hub: Snapshot, seen: Snapshot, **options: object) -> Merged:
    return merge(
        base, hub, seen, fields=FIELDS, frozen=options.get("frozen", {}), policy=options.get("policy", {})
    )


@law
@given(base=snapshots, hub=hubs, seen=snapshots)
def test_merging_twice_changes_nothing(base: Snapshot, hub: Snapshot, seen: Snapshot) -> None:
    first = run(base, hub, seen)
    second = run(first.wanted, first.hub, first.wanted)
    assert (second.hub, second.wanted, second.conflicts) == (first.hub, first.wanted, ())


@law
@given(base=snapshots, hub=hubs, seen=snapshots)
def test_writing_what_is_wanted_makes_both_sides_agree(base: Snapshot, hub: Snapshot, seen: Snapshot) -> None:
    merged = run(base, hub, seen)
    assert merged.wanted.keys() == merged.hub.keys()
    for uid, row in merged.wanted.items():
        assert row == {key: value for key, value in merged.hub[uid].items() if key in FIELDS}


@law
@given(base=snapshots, hub=hubs, seen=snapshots)
def test_typed_value_is_current_or_known_as_a_conflict(base: Snapshot, hub: Snapshot, seen: Snapshot) -> None:
    merged = run(base, hub, seen)
    lost = {(conflict.uid, conflict.key) for conflict in merged.conflicts}
    for uid, row in seen.items():
        for key, value in row.items():
            if value != base.get(uid, {}).get(key):
                assert merged.hub[uid].get(key) == value or (uid, key) in lost


@law
@given(base=snapshots, hub=hubs, seen=snapshots, frozen=frozen_cells)
def test_frozen_cells_change_nothing_and_are_not_written(
    base: Snapshot, hub: Snapshot, seen: Snapshot, frozen: Mapping[str, frozenset[str]]
) -> None:
    merged = run(base, hub, seen, frozen=frozen)
    for uid in seen.keys() & hub.keys():
        for key in frozen.get(uid, ()):
            assert merged.hub[uid].get(key) == hub[uid].get(key)
            assert merged.wanted[uid].get(key) == base.get(uid, {}).get(key)


@law
@given(hub=hubs, seen=snapshots)
def test_equal_changes_on_both_sides_are_no_conflict(hub: Snapshot, seen: Snapshot) -> None:
    shown_by_hub = {uid: {key: v for key, v in row.items() if key in FIELDS} for uid, row in hub.items()}
    assert run(seen, hub, shown_by_hub).conflicts == ()


@law
@given(hub=hubs, base=snapshots)
def test_fields_the_replica_does_not_hold_pass_through(hub: Snapshot, base: Snapshot) -> None:
    merged = run(base, hub, base)
    for uid in merged.hub.keys() & hub.keys():
        assert merged.hub[uid].get("elsewhere") == hub[uid].get("elsewhere")


def test_edit_beats_delete_from_either_side() -> None:
    base = {"R1": {"name": "a"}}
    edited_in_hub = run(base, {"R1": {"name": "b"}}, {})
    edited_in_replica = run(base, {}, {"R1": {"name": "b"}})
    assert edited_in_hub.wanted == edited_in_replica.hub == {"R1": {"name": "b"}}
    assert edited_in_hub.revived == edited_in_replica.revived == ("R1",)


def test_unchanged_row_follows_a_delete_from_either_side() -> None:
    row = {"R1": {"name": "a"}}
    assert run(row, row, {}).hub == {}
    assert run(row, {}, row).wanted == {}


def test_conflict_on_hold_leaves_both_sides_alone() -> None:
    merged = run({"R1": {"name": "a"}}, {"R1": {"name": "b"}}, {"R1": {"name": "c"}}, policy={"name": "hold"})
    assert (merged.hub["R1"], merged.wanted["R1"], merged.base["R1"]) == (
        {"name": "b"},
        {"name": "c"},
        {"name": "a"},
    )


@law
@given(hub=hubs, one=snapshots, other=snapshots)
def test_without_conflicts_the_order_of_replicas_does_not_matter(
    hub: Snapshot, one: Snapshot, other: Snapshot
) -> None:
    """Two replicas that changed different cells of rows they both show: whoever is merged first, the hub ends the same."""
    base = {uid: {key: value for key, value in row.items() if key in FIELDS} for uid, row in hub.items()}
    first = {uid: {**row, **one.get(uid, {})} for uid, row in base.items()}
    second = {
        uid: {**row, **{k: v for k, v in other.get(uid, {}).items() if k not in one.get(uid, {})}}
        for uid, row in base.items()
    }
    assert _both(base, hub, first, second) == _both(base, hub, second, first)


def _both(base: Snapshot, hub: Snapshot, first: Snapshot, second: Snapshot) -> object:
    merged = run(base, hub, first)
    return run(base, merged.hub, second).hub


def test_record_that_the_replica_never_had_is_wanted_whole_and_nothing_is_agreed_on() -> None:
    merged = run({}, {"R1": {"name": "a", "elsewhere": "b"}}, {})
    assert (merged.wanted, merged.base) == ({"R1": {"name": "a"}}, {"R1": {}})
    assert merged.hub == {"R1": {"name": "a", "elsewhere": "b"}}
