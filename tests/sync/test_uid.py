"""Record ids: their order, their form, and what their check character catches."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sync.uid import ALPHABET, LENGTH, is_uid, new_uid

NOW = datetime(2026, 11, 23, tzinfo=UTC)
numbers = st.integers(min_value=0, max_value=2**32)
issued = st.builds(
    lambda seed: new_uid(NOW + timedelta(milliseconds=seed), Random(seed).getrandbits), numbers
)


@given(issued)
def test_new_id_is_an_id(uid: str) -> None:
    assert is_uid(uid) and len(uid) == LENGTH


@given(issued, st.integers(min_value=1, max_value=LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(uid: str, place: int, wrong: str) -> None:
    if {uid[place], wrong} in ({wrong}, {"0", "Z"}):
        return
    assert not is_uid(uid[:place] + wrong + uid[place + 1 :])


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=1, max_value=10**9))
def test_later_ids_sort_later(milliseconds: int, later: int) -> None:
    first = new_uid(NOW + timedelta(milliseconds=milliseconds), Random(1).getrandbits)
    second = new_uid(NOW + timedelta(milliseconds=milliseconds + later), Random(2).getrandbits)
    assert first < second


def test_form_of_an_id_never_changes() -> None:
    """Ids stand in tables that outlive every version of this program."""
    assert new_uid(NOW, lambda bits: bits + 2**49) == "R01M82V7M00G00000001J7"


def test_text_of_another_form_is_no_id() -> None:
    uid = new_uid(NOW, Random(1).getrandbits)
    assert not is_uid(f"S{uid[1:]}")
    assert not is_uid(f"{uid[:-1]}u")
    assert not is_uid(uid[:-1] + "0" + uid[-1])
    assert not is_uid(f"Ru{uid[2:]}")
    assert not is_uid("")
