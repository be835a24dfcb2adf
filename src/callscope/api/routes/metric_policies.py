"""`/v1/metric/policies`."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.mapping_metric_policies import to_groups, to_metrics, to_policy_read
from callscope.api.openapi import documents_body
from callscope.api.pages import PageQuery, answer_page
from callscope.api.schemas.base import Envelope, PageEnvelope
from callscope.api.schemas.metric_policy import (
    PolicyCreate,
    PolicyDeleted,
    PolicyRead,
    PolicyUpdate,
)
from callscope.core.errors import InvalidInput
from callscope.core.metric_policy import PolicyStatus
from callscope.services import metric_policies
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/metric/policies", tags=["metric_policy"])

PolicyReader = Annotated[Principal, Depends(Requires("metric-policy:read"))]
READ_ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
CHANGE_ERRORS = READ_ERRORS | errors(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[PolicyRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra=documents_body(PolicyCreate),
)
async def create_policy(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric-policy:create"))],
    received: Annotated[Received[PolicyCreate], Depends(JsonBody(PolicyCreate))],
) -> Response:
    """Have metrics collected of every call that comes in from now on and fits."""
    body = received.body
    changes = {"name": body.name, "status": body.status.value, "groups": to_groups(body.conditions)}
    async with context.transactions.begin() as session:
        policy = await metric_policies.create_policy(session, principal.project_id, changes, to_metrics(body.metrics))
    return answer(Envelope(data=to_policy_read(policy)), status=HTTPStatus.CREATED)


@router.get("", response_model=PageEnvelope[PolicyRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def list_policies(
    context: Context,
    principal: PolicyReader,
    page: PageQuery,
    status: Annotated[PolicyStatus | None, Query()] = None,
) -> Response:
    """List policies, newest first, those that come with Callscope last."""
    async with context.reads() as session:
        found = await metric_policies.list_policies(session, principal.project_id, page, status=status)
    return answer_page(found, to_policy_read)


@router.get("/{policy_id}", response_model=Envelope[PolicyRead], responses=READ_ERRORS)
async def get_policy(policy_id: UUID, context: Context, principal: PolicyReader) -> Response:
    """Read a policy."""
    async with context.reads() as session:
        policy = await metric_policies.get_policy(session, principal.project_id, policy_id)
    return answer(Envelope(data=to_policy_read(policy)))


@router.put(
    "/{policy_id}",
    response_model=Envelope[PolicyRead],
    responses=CHANGE_ERRORS,
    openapi_extra=documents_body(PolicyUpdate),
)
async def update_policy(
    policy_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric-policy:update"))],
    received: Annotated[Received[PolicyUpdate], Depends(JsonBody(PolicyUpdate))],
) -> Response:
    """Change a policy of the project. `metrics` replaces all it had; `conditions: []` lets it fit every call."""
    if "modality" in (received.body.model_extra or {}):
        raise InvalidInput.at("modality", message="`modality` never changes. Make a new policy instead.")
    sent = received.body.sent()
    changes: dict[str, Any] = {name: str(sent[name]) for name in ("name", "status") if name in sent}
    if "conditions" in sent:
        changes["groups"] = to_groups(sent["conditions"])
    metrics = to_metrics(sent["metrics"]) if "metrics" in sent else None
    async with context.transactions.begin() as session:
        policy = await metric_policies.change_policy(session, principal.project_id, policy_id, changes, metrics)
    return answer(Envelope(data=to_policy_read(policy)))


@router.delete("/{policy_id}", response_model=Envelope[PolicyDeleted], responses=READ_ERRORS)
async def delete_policy(
    policy_id: UUID, context: Context, principal: Annotated[Principal, Depends(Requires("metric-policy:delete"))]
) -> Response:
    """Delete a policy of the project. What it has collected stays."""
    async with context.transactions.begin() as session:
        await metric_policies.delete_policy(session, principal.project_id, policy_id)
    return answer(Envelope(data=PolicyDeleted(deleted=True)))
