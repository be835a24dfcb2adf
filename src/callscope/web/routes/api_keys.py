"""The settings page of the project's API keys."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.errors import InvalidInput
from callscope.core.permissions import Scope
from callscope.core.roles import Role
from callscope.services import keys, own_keys
from callscope.services.keys import CreatedKey
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, Pages, PagesDependency, RequiresAccount, RequiresRole, Visitor, show

router = APIRouter(prefix="/settings/keys", route_class=PageRoute, include_in_schema=False)

KEYS = "/settings/keys"
LIFETIMES = (("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))

KeyReader = Annotated[Visitor, Depends(RequiresRole(Role.ADMIN, "api-key:read"))]
KeyMaker = Annotated[Visitor, Depends(RequiresAccount(Role.ADMIN, "api-key:create"))]
"""An account: a key may be narrow or expire, and `POST /v1/me/api-keys` makes it no stronger one."""
KeyRevoker = Annotated[Visitor, Depends(RequiresRole(Role.ADMIN, "api-key:delete"))]


@router.get("")
async def list_keys(request: Request, pages: PagesDependency, visitor: KeyReader) -> Response:
    """Show the project's keys, those in use first."""
    return await _keys(request, pages, visitor)


async def _keys(
    request: Request,
    pages: Pages,
    visitor: Visitor,
    *,
    created: CreatedKey | None = None,
    problem: str | None = None,
) -> Response:
    async with pages.reads() as session:
        active = await own_keys.list_keys(session, visitor.project_id, is_revoked=False)
        revoked = await own_keys.list_keys(session, visitor.project_id, is_revoked=True)
    return show(
        request,
        "api_keys.html",
        status_code=200 if problem is None else 400,
        active=active,
        revoked=revoked,
        created=created,
        problem=problem,
        lifetimes=LIFETIMES,
        now=pages.clock.now(),
    )


@router.post("", dependencies=[FROM_OUR_FORM])
async def create_key(
    request: Request,
    pages: PagesDependency,
    visitor: KeyMaker,
    *,
    name: Annotated[str, Form(max_length=512)],
    scope: Annotated[Scope, Form()],
    days: Annotated[str, Form(pattern=r"^(30|90|365)?$")] = "",
) -> Response:
    """Make a key. Its secret is shown this once."""
    expires_at = pages.clock.now() + timedelta(days=int(days)) if days else None
    try:
        async with pages.transactions.begin() as session:
            created = await keys.create_key(
                session,
                project_name=visitor.project_name,
                name=own_keys.checked_name(name),
                scope=scope,
                expires_at=expires_at,
            )
    except InvalidInput as error:
        return await _keys(request, pages, visitor, problem=error.message)
    return await _keys(request, pages, visitor, created=created)


@router.post("/{key_id}/revoke", dependencies=[FROM_OUR_FORM])
async def revoke_key(pages: PagesDependency, visitor: KeyRevoker, key_id: UUID) -> Response:
    """Revoke a key, at once and for good; sessions that were begun with it end."""
    async with pages.transactions.begin() as session:
        await own_keys.revoke_key(session, visitor.project_id, key_id, now=pages.clock.now())
    pages.recent_keys.forget(key_id)
    return RedirectResponse(KEYS, status_code=303)
