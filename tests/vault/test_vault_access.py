"""What a person may open, compare and find: by role, for a purpose, within budgets, on record either way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.vault.conftest import ManualClock
from vault.access import Access
from vault.alarms import acknowledge, open_alarms
from vault.audit import entries, verify
from vault.errors import (
    BudgetReached,
    ClockSetBack,
    PurposeUnknown,
    Refused,
    RoleRefuses,
    TokenErased,
    TokenUnknown,
    TriesReached,
    UserDisabled,
    UserExpired,
)
from vault.masks import MasksConfig
from vault.plaintext import Plaintext
from vault.restricting import restrict
from vault.users import User, Users
from vault.values import Secret
from vault.vault import Vault

NUMBER, PHONE = "11010519491231002X", "+8613900139000"
Build = Callable[..., Secret]


@pytest.fixture
def access(vault: Vault, add_user: Callable[..., User]) -> Access:
    return Access(vault, add_user("li.na"))


@pytest.fixture
def phone(vault: Vault, secret: Build) -> str:
    (sealed,) = vault.seal([secret(PHONE, field="customers.mobile")])
    return sealed.token


@pytest.fixture
def number(vault: Vault, secret: Build) -> str:
    (sealed,) = vault.seal([secret(NUMBER, field="customers.id_number")])
    return sealed.token


def last(vault: Vault) -> Any:
    return list(entries(vault))[-1]


def test_a_role_says_what_is_allowed(access: Access) -> None:
    assert access.may("reveal", "customers.mobile")
    assert not access.may("reveal", "customers.id_number")
    assert access.may("compare", "customers.id_number")
    assert access.may("correct", "customers.occupation")
    assert access.may("enter")
    assert not access.may("approve")
    assert not access.may("operate")


def test_a_single_field_can_be_allowed(vault: Vault, add_user: Callable[..., User]) -> None:
    adjuster = Access(vault, add_user("zhao.liu", role="理赔"))
    assert adjuster.may("reveal", "claims.payee_account")
    assert not adjuster.may("reveal", "policies.pay_account")


def test_a_role_that_was_taken_out_of_the_config_allows_nothing(vault: Vault, access: Access) -> None:
    gone = User("li.na", "x", "旧岗位", "y", access.user.expires_on, disabled=False)
    assert not Access(vault, gone).may("reveal", "customers.mobile")


def test_a_reveal_is_counted_and_on_record(access: Access, vault: Vault, phone: str) -> None:
    assert access.reveal(phone, "理赔") == PHONE
    assert access.left("contact") == 1
    entry = last(vault)
    assert (entry["actor"], entry["action"], entry["token"], entry["purpose"]) == (
        "li.na",
        "reveal",
        phone,
        "理赔",
    )


@pytest.mark.parametrize("purpose", ["", "好奇", PHONE])
def test_a_purpose_that_is_not_in_the_list_is_refused_and_kept_nowhere(
    access: Access, vault: Vault, phone: str, purpose: str
) -> None:
    for ask in (
        lambda: access.reveal(phone, purpose),
        lambda: access.find("customers.mobile", Plaintext(PHONE), purpose),
    ):
        with pytest.raises(PurposeUnknown):
            ask()
        assert (last(vault)["reason"], last(vault)["purpose"]) == ("purpose", "")
    assert access.left("contact") == 2


def test_what_the_role_does_not_allow_is_refused_and_on_record(
    access: Access, vault: Vault, number: str
) -> None:
    with pytest.raises(RoleRefuses) as refused:
        access.reveal(number, "理赔")
    assert "岗位" in refused.value.words
    assert (last(vault)["action"], last(vault)["reason"], last(vault)["token"]) == (
        "reveal_refused",
        "role",
        number,
    )


def test_the_first_refusal_past_a_budget_alarms_once(access: Access, vault: Vault, phone: str) -> None:
    access.reveal(phone, "理赔")
    access.find("customers.mobile", Plaintext("nobody's"), "理赔")
    assert open_alarms(vault) == []
    for _ in range(3):
        with pytest.raises(BudgetReached):
            access.reveal(phone, "理赔")
    with pytest.raises(BudgetReached):
        access.find("customers.mobile", Plaintext(PHONE), "理赔")
    assert [(one.kind, one.actor, one.what) for one in open_alarms(vault)] == [("budget", "li.na", "contact")]
    assert last(vault)["action"] == "find_refused"
    assert acknowledge(vault, actor="ops") == 1
    assert open_alarms(vault) == []


def test_a_budget_is_full_again_the_next_day_where_the_archive_is(
    access: Access, vault: Vault, phone: str, clock: ManualClock
) -> None:
    for _ in range(2):
        access.reveal(phone, "理赔")
    clock.advance(hours=7, minutes=59)  # 23:59 in Shanghai
    assert access.left("contact") == 0
    clock.advance(minutes=1)
    assert access.left("contact") == 2
    assert access.reveal(phone, "理赔") == PHONE


def test_yesterday_has_no_second_budget_for_who_sets_the_clock_back(
    vault: Vault, access: Access, users: Users, phone: str, clock: ManualClock
) -> None:
    """The desk runs for weeks, and looks at the clock each time; nothing is written under one that is wrong."""
    access.reveal(phone, "理赔")
    before = list(entries(vault))
    clock.advance(days=-1)
    for refused in (
        lambda: access.reveal(phone, "理赔"),
        lambda: access.compare(phone, Plaintext(PHONE)),
        lambda: access.find("customers.mobile", Plaintext(PHONE), "理赔"),
        lambda: users.sign_in("li.na", "correct-battery-staple"),
        lambda: users.admit("li.na"),
    ):
        with pytest.raises(ClockSetBack):
            refused()
    clock.advance(days=1)
    assert list(entries(vault)) == before
    assert access.left("contact") == 1


def test_budgets_are_apart_per_user_and_survive_a_restart(
    access: Access, vault: Vault, phone: str, add_user: Callable[..., User]
) -> None:
    access.reveal(phone, "理赔")
    assert Access(vault, access.user).left("contact") == 1
    assert Access(vault, add_user("wu.di")).left("contact") == 2


@pytest.mark.parametrize(
    ("typed", "equal"),
    [(NUMBER, True), (NUMBER.lower(), True), (" 002x ", True), ("0021", False), ("X", False), ("", False)],
)
def test_a_comparison_tells_equal_or_not_and_costs_no_budget(
    access: Access, vault: Vault, number: str, typed: str, equal: bool
) -> None:
    assert access.compare(number, Plaintext(typed)) is equal
    assert access.left("identity") == 2
    assert last(vault)["reason"] == ("equal" if equal else "different")
    assert NUMBER not in str(list(entries(vault)))


def test_the_last_four_of_what_is_no_number_are_not_enough(
    access: Access, vault: Vault, secret: Build
) -> None:
    (sealed,) = vault.seal([secret("zhang1234@qq.com", field="customers.email")])
    assert not access.compare(sealed.token, Plaintext("1234"))
    assert access.compare(sealed.token, Plaintext("ZHANG1234@qq.com"))


def test_five_comparisons_per_field_person_and_day_over_all_users(
    access: Access, vault: Vault, number: str, phone: str, add_user: Callable[..., User], clock: ManualClock
) -> None:
    other = Access(vault, add_user("wu.di"))
    for tried in (access, other, access, other, access):
        tried.compare(number, Plaintext("0000"))
    for tried in (access, other):
        with pytest.raises(TriesReached):
            tried.compare(number, Plaintext("002X"))
    assert [(one.kind, one.what) for one in open_alarms(vault)] == [
        ("compare_tries", "customers.id_number R1")
    ] * 2
    assert access.compare(phone, Plaintext("9000"))
    clock.advance(days=1)
    assert access.compare(number, Plaintext("002X"))


def test_a_find_needs_the_right_and_is_counted_also_when_it_finds_nothing(
    access: Access, vault: Vault, phone: str
) -> None:
    assert [one.token for one in access.find("customers.mobile", Plaintext(PHONE), "理赔")] == [phone]
    assert (last(vault)["subject"], last(vault)["token"]) == ("R1", phone)
    assert access.find("customers.mobile", Plaintext("nobody's"), "理赔") == []
    assert (last(vault)["subject"], last(vault)["count"]) == ("", 0)
    assert access.left("contact") == 0
    with pytest.raises(RoleRefuses):
        access.find("customers.id_number", Plaintext(NUMBER), "理赔")


def test_a_user_who_is_disabled_or_runs_out_is_refused_at_once(
    access: Access, vault: Vault, users: Users, phone: str, clock: ManualClock
) -> None:
    users.disable("li.na", actor="ops")
    with pytest.raises(UserDisabled):
        access.reveal(phone, "理赔")
    assert last(vault)["reason"] == "disabled"
    users.enable("li.na", approved_by="wang.fang", actor="ops")
    clock.advance(days=181)
    with pytest.raises(UserExpired):
        access.compare(phone, Plaintext("9000"))


@pytest.mark.parametrize("token", ["ABCDEFGH55", NUMBER, ""])
def test_what_is_no_token_is_refused_and_never_put_on_record_as_typed(
    access: Access, vault: Vault, token: str
) -> None:
    for ask in (access.reveal, access.compare):
        with pytest.raises(TokenUnknown):
            ask(token, "理赔")
        assert last(vault)["token"] == (token if token == "ABCDEFGH55" else "")


def test_an_erased_value_is_told_and_costs_nothing(access: Access, vault: Vault, phone: str) -> None:
    vault.erase_subject("R1", actor="officer", reason="request")
    with pytest.raises(TokenErased):
        access.reveal(phone, "理赔")
    assert access.left("contact") == 2


def test_every_refusal_has_words_for_people_and_the_chain_stays_whole(
    access: Access, vault: Vault, number: str
) -> None:
    with pytest.raises(Refused) as refused:
        access.reveal(number, "")
    assert refused.value.words
    assert verify(vault).ok


def test_what_is_held_is_seen_by_who_has_to_mend_it(access: Access, vault: Vault, secret: Build) -> None:
    """A value that does not pass is nobody's number yet, and mending it takes knowing what was typed."""
    held, stranger = vault.seal(
        [
            secret("1380013", field=field, valid=False)
            for field in ("customers.id_number", "policies.pay_account")
        ]
    )
    assert access.may("correct", held.field)
    assert access.reveal(held.token, "理赔") == "1380013"
    with pytest.raises(RoleRefuses):
        access.reveal(stranger.token, "理赔")


CARD, MASKED_CARD = "6222021234567890123", "622202******0123"


@pytest.fixture
def card(vault: Vault, secret: Build) -> str:
    (sealed,) = vault.seal([secret(CARD, field="policies.pay_account")])
    return sealed.token


def test_a_role_reads_its_own_mask_and_that_is_on_record(
    access: Access, vault: Vault, secret: Build, card: str, phone: str
) -> None:
    (mail,) = vault.seal([secret("wang@example.cn", field="customers.email")])
    shown = access.masks([card, phone, mail.token], MasksConfig())
    assert shown == {card: MASKED_CARD, mail.token: "【已加密】"}, (
        "a class or a field; the phone has no mask of its own"
    )
    looks = [entry for entry in entries(vault) if entry["action"] == "mask"]
    assert {(entry["actor"], entry["token"]) for entry in looks} == {("li.na", card), ("li.na", mail.token)}
    assert access.left("account") == access.left("contact") + 18, "masks cost no budget"


def test_a_role_without_masks_of_its_own_opens_nothing(
    vault: Vault, add_user: Callable[..., User], card: str
) -> None:
    adjuster = Access(vault, add_user("zhao.liu", role="理赔"))
    before = list(entries(vault))
    assert adjuster.masks([card], MasksConfig()) == {}
    assert list(entries(vault)) == before


def test_nothing_is_read_of_values_that_are_held_gone_or_kept_for_the_law_or_by_a_disabled_user(
    access: Access, users: Users, vault: Vault, secret: Build, card: str
) -> None:
    held = replace(secret("622202", field="policies.pay_account", subject="R2"), valid=False)
    (of_a_restricted,) = vault.seal([secret(CARD, field="policies.pay_account", subject="R3")])
    (waiting,) = vault.seal([held])
    restrict(vault, "R3", until="2034-02-28", law="保险法第87条", actor="ops", reason="申请")
    assert access.masks([waiting.token, of_a_restricted.token], MasksConfig()) == {}
    vault.erase_subject("R1", actor="ops", reason="申请")
    assert access.masks([card], MasksConfig()) == {}
    (fresh,) = vault.seal([secret(CARD, field="policies.pay_account", subject="R4")])
    users.disable("li.na", actor="ops")
    assert access.masks([fresh.token], MasksConfig()) == {}
