"""Every page and every action, tried in every role and by nobody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute

from callscope.boot.wiring import Wiring
from callscope.core.ids import new_id
from callscope.core.roles import Role
from callscope.services import visits
from callscope.storage import accounts
from callscope.web.page_route import BROWSER_COOKIE, SESSION_COOKIE, PageRoute
from callscope.web.pages import RequiresAccount, RequiresRole
from callscope.web.router import ROUTERS
from tests.support.pages import form_token_of

OPEN = {
    "/",
    "/sign-in",
    "/sign-in/provider",
    "/sign-in/provider/callback",
    "/sign-out",
    "/welcome/{secret}",
    "/static/{path:path}",
}
ENDLESS = "/live"
"""What the addresses of streams end with, which answer as long as somebody listens."""
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Guarded:
    """A route with the method it takes and what its dependency asks for."""

    method: str
    path: str
    guard: RequiresRole

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def guarded_routes() -> Iterator[Guarded]:
    for route in (route for router in ROUTERS for route in router.routes):
        assert isinstance(route, PageRoute)
        if route.path not in OPEN:
            (guard,) = [one.call for one in route.dependant.dependencies if isinstance(one.call, RequiresRole)]
            yield from (Guarded(method=method, path=route.path, guard=guard) for method in sorted(route.methods or ()))


def address_of(path: str) -> str:
    return PARAMETER.sub(lambda found: str(new_id()) if found[1].endswith("_id") else "1", path)


def test_every_page_but_the_open_ones_says_who_may() -> None:
    paths = {route.path for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
    assert paths >= OPEN
    assert {guarded.path for guarded in guarded_routes()} == paths - OPEN


@pytest.fixture
async def client(visitor: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that has a form token and is nobody."""
    visitor.headers["x-form-token"] = form_token_of((await visitor.get("/sign-in")).text)
    return visitor


async def become(client: httpx.AsyncClient, wiring: Wiring, project_id: UUID, role: Role) -> None:
    """Sign the browser in as a new account of that role."""
    now = wiring.clock.now()
    async with wiring.sessions.begin() as session:
        columns = {"id": new_id(), "email": f"{role}@callscope.test", "name": role, "is_operator": False}
        account = await accounts.add(session, columns | {"password_digest": None})
        assert account
        await accounts.set_role(session, account.id, project_id, role)
        secret = await visits.begin(session, project_id, account_id=account.id, user_agent="", now=now)
    client.cookies.set(SESSION_COOKIE, secret, domain="callscope.test")


async def status_of(client: httpx.AsyncClient, guarded: Guarded) -> int:
    form = {"form_token": client.headers["x-form-token"]} if guarded.method == "POST" else None
    return (await client.request(guarded.method, address_of(guarded.path), data=form)).status_code


async def test_nobody_gets_nowhere(client: httpx.AsyncClient) -> None:
    for guarded in guarded_routes():
        assert await status_of(client, guarded) == 303, guarded


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_reaches_what_it_should_and_nothing_else(
    client: httpx.AsyncClient, wiring: Wiring, project_id: UUID, role: Role
) -> None:
    await become(client, wiring, project_id, role)
    for guarded in guarded_routes():
        permission = guarded.guard.permission
        may = role.includes(guarded.guard.role) and (permission is None or permission in role.permissions)
        if may and guarded.path.endswith(ENDLESS):
            continue
        status = await status_of(client, guarded)
        assert status < 500, guarded
        assert (status == 403) is not may, (guarded, status)


async def test_a_key_reaches_nothing_that_needs_an_account(
    browser: httpx.AsyncClient,
) -> None:
    browser.headers["x-form-token"] = form_token_of((await browser.get("/calls")).text)
    assert browser.cookies.get(BROWSER_COOKIE)
    for guarded in guarded_routes():
        if isinstance(guarded.guard, RequiresAccount):
            assert await status_of(browser, guarded) == 403, guarded
