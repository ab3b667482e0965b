"""Signing in through the company's identity provider, against a provider on loopback: who is let in, and every way in which nobody is."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import ECKey
from playwright.sync_api import expect
from requests.adapters import HTTPAdapter

from tablekeeper.archive import vault_url
from tablekeeper.config import load
from tablekeeper.config_problems import ConfigProblems
from tests.browser import DESKTOP, PHONE, OpenPage
from tests.desk.desk_office import CLERK, KEY, MANAGER, DeskOffice, running_desk
from tests.desk.identity_provider import CLIENT, SECRET, IdentityProvider, running_provider
from tests.tablekeeper.cli_office import PASSPHRASE, Office
from vault.audit import entries
from vault.keys import from_passphrase
from vault.users import Users
from vault.vault import Vault

OIDC = """
desk:
  oidc:
    issuer: {issuer}
    client_id: {client}
    claim: email
    only: {only}
"""


@contextmanager
def desk_with(provider: IdentityProvider, office: Office, *, only: bool = False) -> Iterator[DeskOffice]:
    """A desk of the same office that knows the provider."""
    config = office.folder / f"oidc-{only}.yaml"
    section = OIDC.format(issuer=provider.issuer, client=CLIENT, only=str(only).lower())
    config.write_text(office.config.read_text() + section)
    with running_desk(office, config=config, secret=SECRET) as made:
        yield made


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with running_provider() as made:
        yield made


@pytest.fixture(scope="module")
def company(desk: DeskOffice, provider: IdentityProvider) -> Iterator[DeskOffice]:
    """A desk at which people may also sign in through the provider."""
    with desk_with(provider, desk.office) as made:
        yield made


class From(HTTPAdapter):
    """Calls from an address of this machine of its own, so that no test is throttled for the failures of others."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, source_address=(self._address, 0))


addresses = (f"127.0.1.{number}" for number in range(1, 255))


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.mount("http://", From(next(addresses)))
        yield made


def sign_in(browser: requests.Session, desk: DeskOffice, to: str = "/find") -> requests.Response:
    """Follow every redirect, as a browser does."""
    return browser.get(f"{desk.url}/sign-in/oidc", params={"to": to}, timeout=10)


def leave_for(browser: requests.Session, desk: DeskOffice) -> str:
    """The provider's address to which the desk sends the browser."""
    answer = browser.get(f"{desk.url}/sign-in/oidc", allow_redirects=False, timeout=10)
    assert answer.status_code == 303
    return answer.headers["location"]


def come_back(browser: requests.Session, at_provider: str) -> str:
    """The desk's address to which the provider sends the browser."""
    return browser.get(at_provider, allow_redirects=False, timeout=10).headers["location"]


def is_signed_in(browser: requests.Session, desk: DeskOffice) -> bool:
    return browser.get(f"{desk.url}/find", allow_redirects=False, timeout=10).status_code == 200


# Who is let in


def test_whom_the_provider_vouches_for_is_that_user_of_the_vault(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email=CLERK, email_verified=True)
    answer = sign_in(browser, company, to="/enter")
    assert (answer.status_code, urlsplit(answer.url).path) == (200, "/enter")
    assert CLERK in answer.text


def test_desk_asks_with_pkce_state_and_nonce_and_never_the_same(
    company: DeskOffice, browser: requests.Session
) -> None:
    first, second = (parse_qs(urlsplit(leave_for(browser, company)).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [f"{company.url}/sign-in/oidc/back"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 32
        assert first[name] != second[name]


def test_keys_of_the_vault_open_the_desk_beside_the_provider(company: DeskOffice) -> None:
    page = requests.get(f"{company.url}/sign-in", timeout=10).text
    assert "公司统一登录" in page
    assert 'type="password"' in page


# Who is not


def spoilt_nonce(provider: IdentityProvider) -> None:
    provider.spoilt = {"nonce": "of another question"}


def expired(provider: IdentityProvider) -> None:
    provider.spoilt = {"exp": int(time.time()) - 120}


def for_another_client(provider: IdentityProvider) -> None:
    provider.spoilt = {"aud": "somebody else"}


def of_another_issuer(provider: IdentityProvider) -> None:
    provider.spoilt = {"iss": "https://evil.example"}


def signed_by_another_key(provider: IdentityProvider) -> None:
    provider.signing = ECKey.generate_key("P-256", {"kid": "one"})


def signed_with_the_secret(provider: IdentityProvider) -> None:
    provider.unsigned = True


def not_verified(provider: IdentityProvider) -> None:
    provider.spoilt = {"email_verified": False}


def without_the_claim(provider: IdentityProvider) -> None:
    provider.person = {"preferred_username": CLERK}


@pytest.mark.parametrize(
    "spoil",
    [
        spoilt_nonce,
        expired,
        for_another_client,
        of_another_issuer,
        signed_by_another_key,
        signed_with_the_secret,
        not_verified,
        without_the_claim,
    ],
)
def test_token_that_is_not_good_lets_nobody_in(
    company: DeskOffice,
    provider: IdentityProvider,
    browser: requests.Session,
    spoil: Callable[[IdentityProvider], None],
) -> None:
    provider.vouch_for(email=CLERK)
    spoil(provider)
    answer = sign_in(browser, company)
    assert answer.status_code == 403
    assert "公司统一登录没有成功" in answer.text
    assert not is_signed_in(browser, company)


def test_person_who_is_no_user_of_the_vault_is_refused_on_record(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email="stranger@example.com")
    answer = sign_in(browser, company)
    assert answer.status_code == 403
    assert "还不是本系统的用户" in answer.text
    assert not is_signed_in(browser, company)
    with vault_of(company.office) as vault:
        assert "sign_in_refused" in [entry["action"] for entry in entries(vault)]


def test_user_who_is_disabled_is_refused_however_well_vouched_for(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email=MANAGER)
    with vault_of(company.office) as vault:
        users = Users(vault)
        users.disable(MANAGER, actor="运维")
        try:
            assert sign_in(browser, company).status_code == 403
            assert not is_signed_in(browser, company)
        finally:
            users.enable(MANAGER, approved_by="陈合规", actor="运维")


@contextmanager
def vault_of(office: Office) -> Iterator[Vault]:
    vault = Vault.open(vault_url(office.home), from_passphrase(PASSPHRASE), config=load(office.config).vault)
    try:
        yield vault
    finally:
        vault.close()


# Answers that are not to this browser's question


@pytest.mark.parametrize("state", ["", "of-another-question"])
def test_answer_with_another_state_is_refused(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session, state: str
) -> None:
    provider.vouch_for(email=CLERK)
    back = come_back(browser, leave_for(browser, company))
    code = parse_qs(urlsplit(back).query)["code"][0]
    address = f"{company.url}/sign-in/oidc/back"
    answer = browser.get(address, params={"code": code, "state": state}, timeout=10)
    assert answer.status_code == 403
    assert not is_signed_in(browser, company)


def test_answer_to_somebody_else_s_browser_is_refused(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email=CLERK)
    back = come_back(browser, leave_for(browser, company))
    with requests.Session() as victim:
        leave_for(victim, company)
        assert victim.get(back, timeout=10).status_code == 403
        assert not is_signed_in(victim, company)


def test_answer_counts_once(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email=CLERK)
    mark = browser.cookies
    back = come_back(browser, leave_for(browser, company))
    kept = mark.copy()
    assert browser.get(back, timeout=10).status_code == 200
    again = requests.get(back, cookies=dict(kept), timeout=10)
    assert again.status_code == 403


def test_code_of_another_question_buys_no_token(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email=CLERK)
    with requests.Session() as thief:
        stolen = parse_qs(urlsplit(come_back(browser, leave_for(browser, company))).query)["code"][0]
        own = parse_qs(urlsplit(come_back(thief, leave_for(thief, company))).query)["state"][0]
        address = f"{company.url}/sign-in/oidc/back"
        assert thief.get(address, params={"code": stolen, "state": own}, timeout=10).status_code == 403


def test_signing_in_by_the_provider_leads_to_no_other_site(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email=CLERK)
    answer = sign_in(browser, company, to="https://evil.example/")
    assert urlsplit(answer.url).netloc == urlsplit(company.url).netloc


def test_log_has_nothing_of_the_provider_s_answers(
    company: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    provider.vouch_for(email="stranger@example.com", name="独一无二")
    sign_in(browser, company)
    provider.spoilt = {"nonce": "spoilt-and-unique"}
    sign_in(browser, company)
    log = company.log.read_text()
    assert "oidc_failed" in log
    for told in ("stranger@example.com", "独一无二", "spoilt-and-unique", "eyJ", SECRET):
        assert told not in log


# How it is set up


def test_only_means_that_no_key_of_the_vault_opens_the_desk(
    desk: DeskOffice, provider: IdentityProvider, browser: requests.Session
) -> None:
    with desk_with(provider, desk.office, only=True) as strict:
        page = browser.get(f"{strict.url}/sign-in", timeout=10).text
        assert 'type="password"' not in page
        browser.headers["Origin"] = strict.url
        fields = {"name": CLERK, "key": KEY, "form": "", "to": ""}
        answer = browser.post(f"{strict.url}/sign-in", data=fields, timeout=10)
        assert answer.status_code == 403
        assert "公司统一登录" in answer.text
        provider.vouch_for(email=CLERK)
        assert sign_in(browser, strict).status_code == 200


def test_missing_secret_is_told_by_its_variable(desk: DeskOffice, provider: IdentityProvider) -> None:
    config = desk.office.folder / "no-secret.yaml"
    section = OIDC.format(issuer=provider.issuer, client=CLIENT, only="false")
    config.write_text(desk.office.config.read_text() + section)
    answer = desk.office.run("desk", "--port", "0", config=config)
    assert answer.code != 0
    assert "TABLEKEEPER_OIDC_SECRET" in answer.err


def test_provider_over_plain_http_is_refused_by_the_config(desk: DeskOffice) -> None:
    config = desk.office.folder / "http.yaml"
    section = OIDC.format(issuer="http://sso.example.com", client=CLIENT, only="false")
    config.write_text(desk.office.config.read_text() + section)
    with pytest.raises(ConfigProblems, match="https://"):
        load(config)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_page_to_sign_in_on_offers_the_company_s_way_first(
    company: DeskOffice, open_page: OpenPage, keep_picture: Callable[..., Path], width: int
) -> None:
    page = open_page(f"{company.url}/sign-in", width=width)
    expect(page.get_by_role("link", name="公司统一登录")).to_be_visible()
    expect(page.get_by_label("密码")).to_be_visible()
    keep_picture(page, "oidc")
