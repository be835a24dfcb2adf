"""Signing in at a provider that speaks OpenID Connect, from the button to the session, and every way it is refused."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import OctKey, RSAKey

from callscope.boot.app import build_pages, sign_in_provider
from callscope.boot.settings import Settings
from callscope.boot.wiring import Wiring, open_wiring
from callscope.core.account import Account
from callscope.core.roles import Role
from callscope.services import accounts
from callscope.storage import accounts as stored_accounts
from callscope.web.page_route import ATTEMPT_COOKIE, SESSION_COOKIE
from callscope.web.router import install_pages
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, PERSON, OidcProvider
from tests.support.pages import text_of
from tests.support.recording_server import running_recording_server
from tests.web.conftest import SettableClock

BEGIN = "/sign-in/provider?next=/agents"
EMAIL = "ona@example.com"


@pytest.fixture
async def provider(clock: SettableClock) -> AsyncIterator[OidcProvider]:
    async with running_recording_server() as server:
        yield OidcProvider(server, now=clock.now())


@pytest.fixture
def settings(provider: OidcProvider, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_label="Example Works",
        oidc_domains=frozenset({"works.example"}),
        oidc_role=Role.MEMBER,
        fetch_allow_networks=(ip_network("127.0.0.0/8"),),
    )


@pytest.fixture
async def wiring(settings: Settings, database_url: str, clock: SettableClock) -> AsyncIterator[Wiring]:
    async with open_wiring(settings, database_url) as wiring:
        yield replace(wiring, clock=clock)


@pytest.fixture
async def browser(visitor: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser without a session, which has seen the sign-in page."""
    await visitor.get("/sign-in")
    return visitor


async def invite(wiring: Wiring, project_id: UUID, role: Role = Role.MEMBER) -> None:
    async with wiring.sessions.begin() as session:
        now = wiring.clock.now()
        assert await accounts.invite(session, project_id, by=Role.OWNER, email=EMAIL, role=role, now=now)


async def account_of(wiring: Wiring, email: str = EMAIL) -> Account | None:
    async with wiring.reads() as session:
        return await stored_accounts.find_by_email(session, email)


async def return_address(browser: httpx.AsyncClient, provider: OidcProvider, **claims: Any) -> str:
    """Go to the provider, sign in there, and return where it sends the browser."""
    begun = await browser.get(BEGIN)
    assert begun.status_code == 303
    return provider.sign_in_as(begun.headers["location"], **claims)


async def come_back(browser: httpx.AsyncClient, provider: OidcProvider, **claims: Any) -> httpx.Response:
    return await browser.get(await return_address(browser, provider, **claims))


async def test_the_sign_in_page_offers_the_provider(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/sign-in?next=/agents")).text
    assert "Sign in with Example Works" in text_of(page)
    assert 'href="/sign-in/provider?next=%2Fagents"' in page


async def test_who_was_invited_gets_an_account_in_that_role_and_goes_where_they_wanted(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    answer = await come_back(browser, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/agents")
    assert ATTEMPT_COOKIE not in browser.cookies
    assert (await browser.get("/agents")).status_code == 200
    account = await account_of(wiring)
    assert account
    assert (account.name, account.is_operator) == ("Ona Ruiz", False)
    async with wiring.reads() as session:
        assert await accounts.role_in(session, account, project_id) is Role.MEMBER
        assert await accounts.waiting_invitations(session, project_id, now=wiring.clock.now()) == ()


async def test_who_comes_again_is_the_same_even_under_another_address(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    await come_back(browser, provider)
    answer = await come_back(browser, provider, email="married@elsewhere.example")
    assert answer.headers["location"] == "/agents"
    assert await account_of(wiring, "married@elsewhere.example") is None


async def test_a_domain_that_gets_in_needs_no_invitation(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    assert (await come_back(browser, provider, email="new@WORKS.example")).status_code == 303
    account = await account_of(wiring, "new@works.example")
    assert account
    async with wiring.reads() as session:
        assert await accounts.role_in(session, account, project_id) is Role.MEMBER


async def test_nobody_else_gets_in(browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring) -> None:
    for email in (EMAIL, "x@evil-works.example", "x@works.example.evil.example"):
        answer = await come_back(browser, provider, email=email)
        assert answer.status_code == 403, email
        assert "Nobody has invited" in text_of(answer.text)
        assert SESSION_COOKIE not in browser.cookies
        assert await account_of(wiring, email) is None


async def test_an_account_with_a_password_is_adopted_once(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    async with wiring.sessions.begin() as session:
        now = wiring.clock.now()
        secret = await accounts.invite(session, project_id, by=Role.OWNER, email=EMAIL, role=Role.ADMIN, now=now)
        assert secret
        made, _ = await accounts.accept(session, secret, email="", name="O", password="a long sentence", now=now)
    assert (await come_back(browser, provider)).status_code == 303
    assert await account_of(wiring) == made
    browser.cookies.delete(SESSION_COOKIE)
    answer = await come_back(browser, provider, sub="somebody else")
    assert answer.status_code == 403
    assert "belongs to somebody else at the provider" in text_of(answer.text)
    assert SESSION_COOKIE not in browser.cookies


OTHER_KEY = RSAKey.generate_key(2048, {"kid": "1"})


UNTRUSTWORTHY: dict[str, dict[str, Any]] = {
    "wrong audience": {"changed_claims": {"aud": "another client"}},
    "no audience": {"changed_claims": {"aud": None}},
    "wrong nonce": {"changed_claims": {"nonce": "of another attempt"}},
    "no nonce": {"changed_claims": {"nonce": None}},
    "wrong issuer": {"changed_claims": {"iss": "https://evil.example"}},
    "no issuer": {"changed_claims": {"iss": None}},
    "expired": {"changed_claims": {"exp": 1_700_000_000}},
    "never expires": {"changed_claims": {"exp": None}},
    "issued in the future": {"changed_claims": {"iat": 4_000_000_000, "exp": 4_000_000_300}},
    "of nobody": {"changed_claims": {"sub": None}},
    "unsigned": {"header": {"alg": "none"}},
    "signed with our secret": {"header": {"alg": "HS256"}, "signing_key": OctKey.import_key(CLIENT_SECRET * 2)},
    "signed with another key": {"signing_key": OTHER_KEY},
    "signed with a key that is not published": {"header": {"alg": "RS256", "kid": "2"}},
}


async def test_a_token_that_proves_nothing_signs_nobody_in(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    for name, changes in UNTRUSTWORTHY.items():
        with pytest.MonkeyPatch.context() as patched:
            for field, value in changes.items():
                patched.setattr(provider, field, value)
            answer = await come_back(browser, provider)
        assert answer.status_code == 401, name
        assert "cannot be trusted" in text_of(answer.text), name
        assert SESSION_COOKIE not in browser.cookies
    assert await account_of(wiring) is None
    assert (await come_back(browser, provider)).status_code == 303


async def test_a_token_for_several_clients_names_us_as_the_one_it_is_for(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    provider.changed_claims = {"aud": [CLIENT_ID, "another"], "azp": "another"}
    assert "for somebody else" in text_of((await come_back(browser, provider)).text)
    provider.changed_claims = {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}
    assert (await come_back(browser, provider)).status_code == 303


async def test_an_address_that_is_none_or_that_nobody_verified_is_nobodys(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    for claims in (
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": "works.example"},
        {"email": ["x@works.example"]},
    ):
        answer = await come_back(browser, provider, **claims)
        assert (answer.status_code, "no verified e-mail address" in text_of(answer.text)) == (401, True), claims


async def test_what_the_token_leaves_out_is_asked_for(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    thin = {"email": None, "email_verified": None, "name": None}
    provider.told = {**PERSON, "sub": "somebody else"}
    assert (await come_back(browser, provider, **thin)).status_code == 401
    provider.told = dict(PERSON)
    assert (await come_back(browser, provider, **thin)).status_code == 303


async def test_a_return_that_was_not_begun_in_this_browser_is_refused(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    address = await return_address(browser, provider)
    kept = browser.cookies.get(ATTEMPT_COOKIE)
    assert kept
    browser.cookies.delete(ATTEMPT_COOKIE)
    for cookie in (None, "attempt=1.x&next=/calls", kept.replace("attempt=1", "attempt=2"), "%C3%A9"):
        if cookie is not None:
            browser.cookies.set(ATTEMPT_COOKIE, cookie, domain="callscope.test")
        answer = await browser.get(address)
        assert (answer.status_code, "not begun in this browser" in text_of(answer.text)) == (401, True), cookie
    assert provider.redeemed == []


async def test_another_state_is_refused(browser: httpx.AsyncClient, provider: OidcProvider) -> None:
    for state in ("", "wrong", "é"):
        await browser.get(BEGIN)
        answer = await browser.get("/sign-in/provider/callback", params={"code": "1", "state": state})
        assert (answer.status_code, "not begun in this browser" in text_of(answer.text)) == (401, True), state
    assert provider.redeemed == []


async def test_a_code_is_good_once_and_for_ten_minutes(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID, clock: SettableClock
) -> None:
    await invite(wiring, project_id)
    address = await return_address(browser, provider)
    kept = browser.cookies.get(ATTEMPT_COOKIE)
    assert kept
    clock.moment += timedelta(minutes=11)
    assert "begun too long ago" in text_of((await browser.get(address)).text)
    clock.moment -= timedelta(minutes=11)
    for status in (303, 401):
        browser.cookies.set(ATTEMPT_COOKIE, kept, domain="callscope.test")
        assert (await browser.get(address)).status_code == status


async def test_a_refusal_of_the_provider_is_told_as_text(browser: httpx.AsyncClient, provider: OidcProvider) -> None:
    address = await return_address(browser, provider)
    state = address.split("state=")[1]
    answer = await browser.get(
        f"/sign-in/provider/callback?error=access_denied&error_description=%3Cb%3ENo%3C/b%3E&state={state}"
    )
    assert answer.status_code == 401
    assert "Example Works refused: <b>No</b>" in text_of(answer.text)
    assert "<b>No" not in answer.text


async def test_an_answer_of_another_issuer_is_refused(browser: httpx.AsyncClient, provider: OidcProvider) -> None:
    address = await return_address(browser, provider)
    answer = await browser.get(f"{address}&iss=https://evil.example")
    assert (answer.status_code, "did not come from the sign-in provider" in answer.text) == (401, True)


async def test_a_provider_that_is_not_what_it_should_be_is_not_gone_to(
    browser: httpx.AsyncClient, provider: OidcProvider
) -> None:
    for document, problem in (
        ({"issuer": "https://evil.example"}, "calls itself otherwise"),
        ({"authorization_endpoint": None}, "names no `authorization_endpoint`"),
        ({"token_endpoint": "ftp://x"}, "names no `token_endpoint`"),
    ):
        provider.changed_document = document
        answer = await browser.get(BEGIN)
        assert (answer.status_code, problem in text_of(answer.text)) == (401, True), document


async def test_a_secret_goes_into_the_form_where_the_provider_wants_it_there(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    provider.changed_document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await come_back(browser, provider)).status_code == 303
    assert provider.redeemed[0]["client_secret"] == CLIENT_SECRET


async def test_nobody_is_sent_elsewhere_afterwards(
    browser: httpx.AsyncClient, provider: OidcProvider, wiring: Wiring, project_id: UUID
) -> None:
    await invite(wiring, project_id)
    begun = await browser.get("/sign-in/provider?next=https://evil.example/")
    answer = await browser.get(provider.sign_in_as(begun.headers["location"]))
    assert answer.headers["location"] == "/calls"


async def test_a_provider_on_a_private_network_needs_leave(settings: Settings, database_url: str) -> None:
    barred = settings.model_copy(update={"fetch_allow_networks": ()})
    async with open_wiring(barred, database_url) as wiring:
        app = FastAPI()
        install_pages(app, build_pages(wiring))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as client:
            answer = await client.get(BEGIN)
    assert (answer.status_code, "cannot be asked" in text_of(answer.text)) == (401, True)


async def test_without_settings_there_is_no_provider(tmp_path: Path, database_url: str) -> None:
    async with open_wiring(Settings(data_dir=tmp_path), database_url) as wiring:
        assert sign_in_provider(wiring) is None


def test_domains_are_read_as_people_write_them() -> None:
    assert Settings(oidc_domains="Works.example, @other.example,").oidc_domains == {"works.example", "other.example"}  # type: ignore[arg-type] # as the environment gives it
