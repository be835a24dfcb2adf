"""What the dependency that guards pages lets through."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response

from callscope.boot.app import build_pages
from callscope.core.permissions import PERMISSIONS
from callscope.core.roles import Role
from callscope.web.page_route import PageRoute
from callscope.web.pages import RequiresRole, Visitor
from callscope.web.router import install_pages
from tests.support.pages import sign_in
from tests.web.conftest import Calls

router = APIRouter(route_class=PageRoute)


@router.get("/for-members")
async def for_members(visitor: Annotated[Visitor, Depends(RequiresRole(Role.MEMBER))]) -> Response:
    return Response(visitor.role)


@router.get("/for-readers-of-traces")
async def for_readers(visitor: Annotated[Visitor, Depends(RequiresRole(Role.VIEWER, "trace:read"))]) -> Response:
    return Response(visitor.role)


async def status_codes(calls: Calls, key: str) -> list[int]:
    app = FastAPI()
    app.include_router(router)
    install_pages(app, build_pages(calls.wiring))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as client:
        assert (await client.get("/for-members")).headers["location"] == "/sign-in?next=/for-members"
        await sign_in(client, key)
        return [(await client.get(path)).status_code for path in ("/for-members", "/for-readers-of-traces")]


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        (PERMISSIONS, [200, 200]),
        (Role.VIEWER.permissions, [403, 200]),
        (Role.MEMBER.permissions, [200, 200]),
        (frozenset({"call:read"}), [403, 403]),
    ],
)
async def test_a_key_passes_by_the_role_it_covers_and_the_permission_it_has(
    calls: Calls, permissions: frozenset[str], expected: list[int]
) -> None:
    await calls.add_key("one", permissions=permissions)
    assert await status_codes(calls, "one") == expected


def test_only_permissions_that_exist_can_be_asked_for() -> None:
    with pytest.raises(ValueError, match="calls:read is not a permission"):
        RequiresRole(Role.VIEWER, "calls:read")
