"""People: added by another, approved by another, for a term; let in by a key, and never told which half was wrong."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.vault.conftest import ManualClock
from vault.alarms import open_alarms
from vault.audit import entries
from vault.errors import (
    SignInClosed,
    SignInRefused,
    UserDisabled,
    UserExpired,
    UserInvalid,
    UserUnknown,
    VaultError,
)
from vault.people_tables import sign_in_attempt, vault_user
from vault.user_keys import new_key
from vault.users import User, Users
from vault.vault import Vault

KEY = "correct-battery-staple"
Add = Callable[..., User]


def last(vault: Vault) -> Any:
    return list(entries(vault))[-1]


def test_whoever_is_added_is_let_in_by_their_key(users: Users, add_user: Add, vault: Vault) -> None:
    assert not users.any()
    added = add_user("li.na", key=KEY)
    assert users.any()
    assert users.sign_in(" li.na ", KEY) == added
    assert (last(vault)["actor"], last(vault)["action"]) == ("li.na", "sign_in")


def test_an_approval_lasts_half_a_year_to_the_day(
    users: Users, add_user: Add, clock: ManualClock, vault: Vault
) -> None:
    assert add_user("li.na", key=KEY).expires_on == date(2026, 8, 28)
    clock.advance(days=180)
    users.sign_in("li.na", KEY)
    clock.advance(days=1)
    with pytest.raises(UserExpired) as refused:
        users.sign_in("li.na", KEY)
    assert "续期" in refused.value.words
    assert last(vault)["reason"] == "expired"
    users.renew("li.na", approved_by="wang.fang", actor="root2")
    users.sign_in("li.na", KEY)


def test_a_disabled_user_is_refused_until_enabled(users: Users, add_user: Add) -> None:
    add_user("li.na", key=KEY)
    users.disable("li.na", actor="ops")
    with pytest.raises(UserDisabled):
        users.sign_in("li.na", KEY)
    users.enable("li.na", approved_by="wang.fang", actor="ops")
    users.sign_in("li.na", KEY)


def test_a_wrong_key_and_an_unknown_name_are_refused_alike(users: Users, add_user: Add, vault: Vault) -> None:
    add_user("li.na", key=KEY)
    told = []
    for name, key in (("li.na", "wrong"), ("nobody", KEY), ("", "")):
        with pytest.raises(SignInRefused) as refused:
            users.sign_in(name, key)
        told.append((type(refused.value), str(refused.value), refused.value.words))
        assert last(vault)["action"] == "sign_in_refused"
    assert len(set(told)) == 1


def test_only_who_has_the_key_learns_that_a_user_is_disabled(users: Users, add_user: Add) -> None:
    add_user("li.na", key=KEY)
    users.disable("li.na", actor="ops")
    with pytest.raises(SignInRefused) as refused:
        users.sign_in("li.na", "wrong")
    assert type(refused.value) is SignInRefused


def test_unknown_names_cost_as_much_work_as_known_ones(
    users: Users, add_user: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user("li.na", key=KEY)
    judged: list[bool] = []
    fits = users._hashes.fits

    def noted(key: str, stored: str | None, *, name: str) -> bool:
        judged.append(stored is None)
        return fits(key, stored, name=name)

    monkeypatch.setattr(users._hashes, "fits", noted)
    for name in ("li.na", "nobody"):
        with pytest.raises(SignInRefused):
            users.sign_in(name, "wrong")
    assert judged == [False, True]


@pytest.mark.parametrize("name", ["li.na", "nobody"])
def test_too_many_wrong_keys_close_a_name_for_a_while(
    users: Users, add_user: Add, clock: ManualClock, vault: Vault, name: str
) -> None:
    add_user("li.na", key=KEY)
    for _ in range(5):
        with pytest.raises(SignInRefused) as refused:
            users.sign_in(name, "wrong")
        assert type(refused.value) is SignInRefused
    with pytest.raises(SignInClosed):
        users.sign_in(name, KEY)
    assert [one.kind for one in open_alarms(vault)] == ["sign_in"]
    clock.advance(minutes=15)
    if name == "li.na":
        users.sign_in(name, KEY)
        users.sign_in(name, KEY)


def test_a_right_key_ends_the_count_of_wrong_ones(users: Users, add_user: Add) -> None:
    add_user("li.na", key=KEY)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(SignInRefused):
                users.sign_in("li.na", "wrong")
        users.sign_in("li.na", KEY)


def test_an_unknown_name_is_stored_nowhere(users: Users, vault: Vault) -> None:
    """It may be a key, typed into the wrong box."""
    with pytest.raises(SignInRefused):
        users.sign_in("my-secret-passphrase", "x")
    with vault.store.reading() as connection:
        stored = [*connection.execute(sign_in_attempt.select()), *entries(vault)]
    assert "my-secret-passphrase" not in str(stored)


def test_keys_are_kept_as_hashes_that_need_the_vault(users: Users, add_user: Add, vault: Vault) -> None:
    add_user("li.na", key=KEY)
    with vault.store.reading() as connection:
        stored = connection.execute(vault_user.select()).one().key_hash
    assert stored.startswith("$argon2id$")
    assert KEY not in stored
    other = Users(vault, cost=users._hashes._cost)
    other._hashes._secret = bytes(32)
    assert not other._hashes.fits(KEY, stored, name="li.na")


def test_a_hash_put_into_another_users_row_lets_nobody_in(users: Users, add_user: Add, vault: Vault) -> None:
    add_user("li.na", key=KEY)
    add_user("zhao.lei", key="another-battery-staple")
    with vault.store.writing() as connection:
        mine = connection.execute(vault_user.select().where(vault_user.c.name == "li.na")).one().key_hash
        theirs = vault_user.update().where(vault_user.c.name == "zhao.lei")
        connection.execute(theirs.values(key_hash=mine))
    with pytest.raises(SignInRefused):
        users.sign_in("zhao.lei", KEY)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"approved_by": "li.na"}, "another person"),
        ({"approved_by": "LI.NA"}, "another person"),
        ({"actor": "li.na"}, "another person"),
        ({"approved_by": ""}, "approver"),
        ({"role": "客服部"}, "客服"),
        ({"title": ""}, "title"),
        ({"key": "short"}, "12"),
        ({"key": "my-name-is-li.na"}, "guessed"),
        ({"key": "aaaaaaaaaaaaaa"}, "guessed"),
        ({"expires_on": date(2026, 2, 28)}, "between"),
        ({"expires_on": date(2030, 1, 1)}, "between"),
    ],
)
def test_what_does_not_fit_is_refused_and_on_record(
    add_user: Add, users: Users, vault: Vault, changed: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserInvalid, match=told) as refused:
        add_user("li.na", **{"key": KEY, **changed})
    assert changed.get("key", KEY) not in str(refused.value)
    assert not users.any()
    assert last(vault)["action"] == "user_add_refused"


@pytest.mark.parametrize("name", ["", "a b", "=cmd", "+x", "@x", "daemon", "x" * 41, "a\nb"])
def test_names_that_could_be_taken_for_something_else_are_refused(add_user: Add, name: str) -> None:
    with pytest.raises(UserInvalid):
        add_user(name, key=KEY)


def test_a_name_is_given_once(add_user: Add) -> None:
    add_user("li.na", key=KEY)
    with pytest.raises(UserInvalid, match="already"):
        add_user("li.na", key=KEY)


def test_nobody_renews_or_enables_themselves(users: Users, add_user: Add) -> None:
    add_user("li.na", key=KEY)
    for approver, actor in (("li.na", "ops"), ("wang.fang", "li.na")):
        for change in (users.renew, users.enable):
            with pytest.raises(UserInvalid):
                change("li.na", approved_by=approver, actor=actor)


def test_changing_somebody_unknown_is_told(users: Users) -> None:
    with pytest.raises(UserUnknown):
        users.disable("nobody", actor="ops")


def test_every_change_of_a_user_is_on_record(users: Users, add_user: Add, vault: Vault) -> None:
    add_user("li.na", key=KEY)
    users.set_key("li.na", new_key(vault.random_bytes), actor="ops")
    users.disable("li.na", actor="ops")
    acts = [(one["actor"], one["action"]) for one in entries(vault)]
    assert acts == [("ops", "user_add"), ("ops", "user_key"), ("ops", "user_disable")]
    assert "li.na, 客服, approved by wang.fang" in last(vault)["reason"]
    with pytest.raises(SignInRefused):
        users.sign_in("li.na", KEY)


def test_a_made_key_fits(vault: Vault, add_user: Add, users: Users) -> None:
    key = new_key(vault.random_bytes)
    add_user("li.na", key=key)
    assert users.sign_in("li.na", key).name == "li.na"


def test_refusals_are_errors_of_the_vault() -> None:
    assert issubclass(SignInRefused, VaultError)
