"""`/v1/me`, `/v1/me/api-keys`, `/v1/projects` and `/v1/usage`."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import APIRouter, Depends, Query, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Bearer, Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.schemas.account import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyRead,
    ApiKeyRevoked,
    ApiKeys,
    MeRead,
    OrganizationRead,
    ProjectHead,
    ProjectRead,
    Projects,
    UsageRead,
)
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.fields import PointInTime
from callscope.core.errors import InvalidInput, NotFound
from callscope.core.permissions import Scope
from callscope.services import own_keys
from callscope.services.keys import Principal
from callscope.storage.api_keys import StoredKey

MAX_USAGE_WINDOW = timedelta(days=366)
ORGANIZATION = OrganizationRead(id=uuid5(NAMESPACE_URL, "https://callscope.dev/organization"), name="Callscope")
"""Every installation is one organization."""

router = APIRouter(prefix="/v1", tags=["account"])


@router.get("/me", response_model=Envelope[MeRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def get_me(context: Context, principal: Bearer) -> Response:
    """Read what the key is bound to and what it may do."""
    async with context.reads() as session:
        project = await own_keys.own_project(session, principal)
    me = MeRead(
        token_scope="PROJECT",  # noqa: S106 - a kind of key, no secret
        scopes=[principal.scope],
        granted_permissions=sorted(principal.granted),
        organization=ORGANIZATION,
        default_project=ProjectHead(id=project.id, name=project.name, slug=project.slug),
        user=None,
    )
    return answer(Envelope(data=me))


@router.get("/projects", response_model=Envelope[Projects], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_projects(
    context: Context, principal: Annotated[Principal, Depends(Requires("project:read"))]
) -> Response:
    """List the projects the key may act on. Every key is bound to one."""
    async with context.reads() as session:
        project = await own_keys.own_project(session, principal)
    read = ProjectRead(
        id=project.id,
        name=project.name,
        slug=project.slug,
        organization=ORGANIZATION,
        granted_permissions=sorted(principal.granted),
    )
    return answer(Envelope(data=Projects(projects=[read])))


@router.post(
    "/me/api-keys",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[ApiKeyCreated],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    openapi_extra=documents_body(ApiKeyCreate),
)
async def create_api_key(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("api-key:create"))],
    received: Annotated[Received[ApiKeyCreate], Depends(JsonBody(ApiKeyCreate))],
) -> Response:
    """Make a key that can do no more, and lives no longer, than the key that asks. Its secret is shown this once."""
    body = received.body
    scope = max(body.scopes, key=lambda each: each is Scope.WRITE) if body.scopes else None
    async with context.transactions.begin() as session:
        stored, plain_key = await own_keys.create_lesser_key(
            session,
            principal,
            name=body.name,
            scope=scope,
            permissions=body.permissions,
            expires_at=body.expires_at,
            project_id=body.project_id,
            now=context.clock.now(),
        )
    created = ApiKeyCreated(**dict(_to_read(stored)), key=plain_key)
    return answer(Envelope(data=created), status=HTTPStatus.CREATED)


@router.get("/me/api-keys", response_model=Envelope[ApiKeys], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_api_keys(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("api-key:read"))],
    status: Literal["ACTIVE", "REVOKED"] = "ACTIVE",
) -> Response:
    """List the keys of the project, newest first."""
    async with context.reads() as session:
        keys = await own_keys.list_keys(session, principal.project_id, is_revoked=status == "REVOKED")
    return answer(Envelope(data=ApiKeys(api_keys=[_to_read(key) for key in keys])))


@router.delete(
    "/me/api-keys/{id}",
    response_model=Envelope[ApiKeyRevoked],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def revoke_api_key(
    id: UUID,  # noqa: A002 - the parameter's name on the wire
    context: Context,
    principal: Annotated[Principal, Depends(Requires("api-key:delete"))],
) -> Response:
    """Revoke a key of the project, at once and for good; it may be the one that asks."""
    async with context.transactions.begin() as session:
        await own_keys.revoke_key(session, principal.project_id, id, now=context.clock.now())
    context.recent_keys.forget(id)
    return answer(Envelope(data=ApiKeyRevoked(id=id, deleted=True)))


@router.get(
    "/usage", response_model=Envelope[UsageRead], responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
)
async def get_usage(
    principal: Annotated[Principal, Depends(Requires("usage:read"))],
    from_: Annotated[PointInTime, Query(alias="from", description="Start, inclusive.")],
    to: Annotated[PointInTime, Query(description="End, exclusive; at most 366 days after the start.")],
    project_id: Annotated[UUID | None, Query(alias="projectId")] = None,
) -> Response:
    """Read what was charged. A self-hosted service bills nobody, so this is nothing."""
    if not timedelta() < to - from_ <= MAX_USAGE_WINDOW:
        raise InvalidInput.at("to", message="`to` must lie after `from`, by at most 366 days.")
    if project_id not in (None, principal.project_id):
        raise NotFound(f"There is no project {project_id} that this key may act on.", param="projectId")
    usage = UsageRead(currency="usd", from_=from_, to=to, total_usd=0, total_usd_micros=0, projects=[])
    return answer(Envelope(data=usage))


def _to_read(key: StoredKey) -> ApiKeyRead:
    return ApiKeyRead(
        id=key.id,
        name=key.name,
        scopes=[Scope(key.scope)],
        permissions=sorted(own_keys.granted_by(key)),
        default_project_id=key.project_id,
        organization_id=ORGANIZATION.id,
        status="ACTIVE" if key.revoked_at is None else "REVOKED",
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )
