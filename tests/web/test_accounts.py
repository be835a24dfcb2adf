"""Accounts in the browser: the owner's link, invitations, members, sessions, projects, keys."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from callscope.boot.wiring import Wiring
from callscope.core.roles import Role
from callscope.services import accounts
from callscope.services.accounts import FAILURES_BEFORE_LOCK, LINK_LIFETIME, LOCK
from tests.support.pages import form_token_of, text_of
from tests.support.secret_words import PASSWORD
from tests.web.conftest import SettableClock

OWNER = "owner@callscope.test"


async def post(client: httpx.AsyncClient, path: str, page: str = "", **form: str) -> httpx.Response:
    """Send a form as the page at `page` does."""
    token = form_token_of((await client.get(page or path)).text)
    return await client.post(path, data={"form_token": token, **form})


async def first_secret(wiring: Wiring) -> str | None:
    async with wiring.sessions.begin() as session:
        return await accounts.first_link(session, now=wiring.clock.now())


@asynccontextmanager
async def another(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that shares nothing with `client` but the server."""
    async with httpx.AsyncClient(transport=client._transport, base_url=client.base_url) as other:
        yield other


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await post(client, "/sign-in", email=email, password=password)


async def join(owner: httpx.AsyncClient, client: httpx.AsyncClient, email: str, role: Role) -> httpx.Response:
    """Invite an address and take the invitation up in another browser."""
    page = (await post(owner, "/settings/members", email=email, role=role)).text
    found = re.search(r"/welcome/([\w-]+)", page)
    assert found, text_of(page)
    return await post(client, f"/welcome/{found[1]}", name=email.partition("@")[0], password=PASSWORD)


@pytest.fixture
async def owner(visitor: httpx.AsyncClient, wiring: Wiring) -> httpx.AsyncClient:
    """A browser in which the first account was made."""
    secret = await first_secret(wiring)
    answer = await post(visitor, f"/welcome/{secret}", email=f" {OWNER.upper()} ", name="Ona", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls")
    return visitor


async def test_the_first_link_makes_the_owner_once(owner: httpx.AsyncClient, wiring: Wiring) -> None:
    assert "Members" in (await owner.get("/settings/members")).text
    assert await first_secret(wiring) is None
    async with wiring.sessions() as session:
        digest = (await session.execute(text("SELECT password_digest FROM account"))).scalar_one()
    assert digest.startswith("$argon2id$")


async def test_a_newer_first_link_replaces_the_older_and_links_end(
    visitor: httpx.AsyncClient, wiring: Wiring, clock: SettableClock
) -> None:
    older, newer = await first_secret(wiring), await first_secret(wiring)
    assert (await visitor.get(f"/welcome/{older}")).status_code == 404
    assert (await visitor.get(f"/welcome/{newer}")).status_code == 200
    clock.moment += LINK_LIFETIME
    assert (await visitor.get(f"/welcome/{newer}")).status_code == 404


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"email": "x", "name": "Ona", "password": PASSWORD}, "That is no e-mail address."),
        ({"email": OWNER, "name": " ", "password": PASSWORD}, "Give a name"),
        ({"email": OWNER, "name": "Ona", "password": "short"}, "A password has 12 to 256 characters"),
    ],
)
async def test_what_makes_no_account_is_said_and_leaves_the_link(
    visitor: httpx.AsyncClient, wiring: Wiring, form: dict[str, str], message: str
) -> None:
    path = f"/welcome/{await first_secret(wiring)}"
    refused = await post(visitor, path, **form)
    assert (refused.status_code, message in refused.text) == (400, True)
    assert form["password"] not in refused.text
    assert (await visitor.get(path)).status_code == 200


async def test_signing_in_by_password(owner: httpx.AsyncClient) -> None:
    async with another(owner) as browser:
        for email, password in ((OWNER, "another long sentence"), ("nobody@callscope.test", PASSWORD)):
            refused = await sign_in(browser, email, password)
            assert refused.status_code == 401
            assert "do not belong together" in refused.text
            assert password not in refused.text
        assert (await sign_in(browser, OWNER)).status_code == 303
        assert (await browser.get("/calls")).status_code == 200


async def test_guessing_locks_the_account_for_a_while(owner: httpx.AsyncClient, clock: SettableClock) -> None:
    async with another(owner) as browser:
        for _ in range(FAILURES_BEFORE_LOCK):
            assert (await sign_in(browser, OWNER, "not the password")).status_code == 401
        assert "locked for a few minutes" in (await sign_in(browser, OWNER)).text
        clock.moment += LOCK
        assert (await sign_in(browser, OWNER)).status_code == 303


async def test_an_invited_member_joins_in_the_role_given(owner: httpx.AsyncClient) -> None:
    async with another(owner) as browser:
        assert (await join(owner, browser, "mia@callscope.test", Role.MEMBER)).status_code == 303
        assert (await browser.get("/calls")).status_code == 200
        assert (await browser.get("/settings/members")).status_code == 403
    page = text_of((await owner.get("/settings/members")).text)
    assert "mia@callscope.test" in page


async def test_an_invitation_can_be_taken_back(owner: httpx.AsyncClient) -> None:
    page = (await post(owner, "/settings/members", email="mia@callscope.test", role="VIEWER")).text
    link = re.search(r"/welcome/[\w-]+", page)
    action = re.search(r"/settings/invitations/[\w-]+/take-back", page)
    assert link
    assert action
    assert link[0] not in (await owner.get("/settings/members")).text
    assert (await post(owner, action[0], "/settings/members")).status_code == 303
    assert (await owner.get(link[0])).status_code == 404


async def test_roles_change_and_members_leave_at_once(owner: httpx.AsyncClient, wiring: Wiring) -> None:
    async with another(owner) as browser:
        await join(owner, browser, "mia@callscope.test", Role.VIEWER)
        async with wiring.sessions() as session:
            query = "SELECT id FROM account WHERE NOT is_operator"
            mia = (await session.execute(text(query))).scalar_one()
        assert (await browser.get("/settings/keys")).status_code == 403
        assert (
            await post(owner, f"/settings/members/{mia}/role", "/settings/members", role="ADMIN")
        ).status_code == 303
        assert (await browser.get("/settings/keys")).status_code == 200

        token = form_token_of((await browser.get("/settings/you")).text)
        own = f"/settings/members/{mia}"
        for path, role in ((f"{own}/role", "OWNER"), (f"{own}/remove", "ADMIN"), ("/settings/members", "OWNER")):
            form = {"form_token": token, "role": role, "email": "x@callscope.test"}
            assert (await browser.post(path, data=form)).status_code == 403

        assert (await post(owner, f"{own}/remove", "/settings/members")).status_code == 303
        assert (await browser.get("/calls")).status_code == 303
        assert (await sign_in(browser, "mia@callscope.test")).status_code == 403


async def test_sessions_are_listed_and_ended(owner: httpx.AsyncClient) -> None:
    async with another(owner) as browser:
        browser.headers["user-agent"] = "Other browser <b>"
        await sign_in(browser, OWNER)
        page = (await owner.get("/settings/you")).text
        assert "Other browser &lt;b&gt;" in page
        ends = re.findall(r"/settings/you/sessions/[\w-]+/end", page)
        assert len(ends) == 2
        assert (await post(owner, ends[0], "/settings/you")).status_code == 303
        states = {(await client.get("/calls")).status_code for client in (owner, browser)}
        assert states == {200, 303}


async def test_a_session_ends_with_signing_out_and_its_cookie_is_worthless(owner: httpx.AsyncClient) -> None:
    cookie = owner.cookies["callscope_session"]
    await post(owner, "/sign-out", "/calls")
    owner.cookies.set("callscope_session", cookie, domain="callscope.test")
    assert (await owner.get("/calls")).status_code == 303


async def test_another_password_ends_the_other_sessions(owner: httpx.AsyncClient) -> None:
    async with another(owner) as browser:
        await sign_in(browser, OWNER)
        wrong = await post(owner, "/settings/you/password", "/settings/you", current="no", new="another long one")
        assert (wrong.status_code, "That is not the current password." in wrong.text) == (400, True)
        new = "another long sentence"
        changed = await post(owner, "/settings/you/password", "/settings/you", current=PASSWORD, new=new)
        assert changed.status_code == 303
        assert (await owner.get("/calls")).status_code == 200
        assert (await browser.get("/calls")).status_code == 303
        assert (await sign_in(browser, OWNER)).status_code == 401
        assert (await sign_in(browser, OWNER, new)).status_code == 303


async def test_who_runs_the_installation_makes_projects_and_looks_at_each(owner: httpx.AsyncClient) -> None:
    assert (await post(owner, "/settings/projects", name=" Night  shift ")).status_code == 303
    assert (await post(owner, "/settings/projects", name="Night shift")).status_code == 409
    assert (await post(owner, "/settings/projects", name=" ")).status_code == 400
    page = (await owner.get("/settings/projects")).text
    action = re.search(r"/settings/projects/[\w-]+/choose", page)
    assert action
    assert (await post(owner, action[0], "/settings/projects")).status_code == 303
    assert "of Night shift" in (await owner.get("/settings/members")).text
    async with another(owner) as browser:
        await join(owner, browser, "mia@callscope.test", Role.ADMIN)
        assert "default" not in text_of((await browser.get("/settings/projects")).text)
        assert (await post(browser, "/settings/projects", name="Mine")).status_code == 403
        foreign = re.search(r"/settings/projects/[\w-]+/choose", (await owner.get("/settings/projects")).text)
        assert foreign
        assert (await post(browser, foreign[0], "/settings/projects")).status_code == 404


async def test_keys_are_made_shown_once_and_revoked(owner: httpx.AsyncClient, clock: SettableClock) -> None:
    made = (await post(owner, "/settings/keys", name="Agent <1>", scope="READ", days="30")).text
    key = re.search(r"rk_live_[\w-]+", made)
    assert key
    page = (await owner.get("/settings/keys")).text
    assert key[0] not in page
    assert "Agent &lt;1&gt;" in page
    assert (await post(owner, "/settings/keys", name=" ", scope="READ")).status_code == 400
    async with another(owner) as browser:
        assert (await post(browser, "/sign-in", api_key=key[0])).status_code == 303
        assert (await browser.get("/calls")).status_code == 200
        assert (await browser.get("/settings/you")).status_code == 403
        action = re.search(r"/settings/keys/[\w-]+/revoke", page)
        assert action
        assert (await post(owner, action[0], "/settings/keys")).status_code == 303
        assert (await browser.get("/calls")).status_code == 303
    clock.moment += timedelta(days=1)


async def test_a_key_makes_no_keys_and_no_members(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/settings/keys")
    assert "Sign in with an account to make keys here." in page.text
    token = form_token_of(page.text)
    for path in ("/settings/keys", "/settings/members"):
        form = {"form_token": token, "name": "x", "scope": "READ", "email": "x@callscope.test", "role": "VIEWER"}
        assert (await browser.post(path, data=form)).status_code == 403
