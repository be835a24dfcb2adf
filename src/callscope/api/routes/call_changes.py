"""What is done to stored calls: `/v1/call/{call_id}/tool-invocations`, `…/properties` and `/v1/call/batch-delete`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import ApiContext, Context
from callscope.api.mapping_calls import to_strings
from callscope.api.mapping_metric_policies import to_job_read
from callscope.api.mapping_new_call import to_new_tools
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.call_changes import (
    CallsDelete,
    CallsDeleted,
    MetricSelection,
    PropertiesUpdate,
    PropertiesUpdated,
    ToolInvocationsAppend,
    ToolInvocationsAppended,
)
from callscope.api.schemas.metric_policy import JobRead
from callscope.core.errors import CallscopeError
from callscope.core.metric_policy import CollectionTrigger
from callscope.services import call_properties, calls, metric_collection, tools
from callscope.services.keys import Principal

READ_CALLS = "call:read"
SCORE = "metric:create"
router = APIRouter(prefix="/v1/call", tags=["call"])

CallChanger = Annotated[Principal, Depends(Requires("call:update"))]
ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@router.post(
    "/batch-delete",
    response_model=Envelope[CallsDeleted],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra=documents_body(CallsDelete),
)
async def batch_delete(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("call:delete"))],
    received: Annotated[Received[CallsDelete], Depends(JsonBody(CallsDelete))],
) -> Response:
    """Delete many calls. Ids the project does not have are named, and are no error."""
    call_ids = list(dict.fromkeys(received.body.call_ids))
    async with context.transactions.begin() as session:
        deleted = await calls.delete_calls(session, principal.project_id, call_ids, now=context.clock.now())
    return answer(
        Envelope(
            data=CallsDeleted(
                deleted_call_ids=[call_id for call_id in call_ids if call_id in deleted],
                not_found_call_ids=[call_id for call_id in call_ids if call_id not in deleted],
            )
        )
    )


@router.post(
    "/{call_id}/tool-invocations",
    response_model=Envelope[ToolInvocationsAppended],
    responses=ERRORS,
    openapi_extra=documents_body(ToolInvocationsAppend),
)
async def append_tool_invocations(
    call_id: UUID,
    context: Context,
    principal: CallChanger,
    received: Annotated[Received[ToolInvocationsAppend], Depends(JsonBody(ToolInvocationsAppend))],
) -> Response:
    """Add tool invocations to a call. One of the same name and offsets is skipped, so a repeat does no harm."""
    _check_scoring(principal, received.body.metrics)
    sent = to_new_tools(received.body.tool_invocations)
    async with context.transactions.begin() as session:
        appended = await tools.append_tool_invocations(
            session, principal.project_id, call_id, sent, now=context.clock.now()
        )
    job, error = await _rescore(context, principal, call_id, received.body.metrics)
    return answer(
        Envelope(
            data=ToolInvocationsAppended(
                call_id=call_id,
                added=appended.added_count,
                skipped=appended.skipped_count,
                metric_collection_job=job,
                metric_collection_error=error,
            )
        )
    )


@router.patch(
    "/{call_id}/properties",
    response_model=Envelope[PropertiesUpdated],
    responses=ERRORS | errors(HTTPStatus.CONFLICT),
    openapi_extra=documents_body(PropertiesUpdate),
)
async def update_properties(
    call_id: UUID,
    context: Context,
    principal: CallChanger,
    received: Annotated[Received[PropertiesUpdate], Depends(JsonBody(PropertiesUpdate))],
) -> Response:
    """Change properties of a call, all or none. Null removes one; those left out stay.

    409 when another request stored the first value of one of them at the same moment, of another type.
    """
    _check_scoring(principal, received.body.metrics)
    async with context.transactions.begin() as session:
        changed = await call_properties.change_properties(
            session, principal.project_id, call_id, received.body.properties, now=context.clock.now()
        )
    job, error = await _rescore(context, principal, call_id, received.body.metrics)
    shown = changed.properties
    if not principal.allows(READ_CALLS):
        shown = {name: shown[name] for name in changed.updated}
    return answer(
        Envelope(
            data=PropertiesUpdated(
                call_id=call_id,
                properties=to_strings(shown),
                updated=list(changed.updated),
                removed=list(changed.removed),
                metric_collection_job=job,
                metric_collection_error=error,
            )
        )
    )


def _check_scoring(principal: Principal, metrics: list[MetricSelection] | None) -> None:
    """Raise PermissionMissing when metrics are named and the key may not ask for them."""
    if metrics:
        principal.require(SCORE)


async def _rescore(
    context: ApiContext, principal: Principal, call_id: UUID, metrics: list[MetricSelection] | None
) -> tuple[JobRead | None, str | None]:
    """Start scoring, in a transaction of its own: a failure to start does not undo what was written before.

    Return the job, or why there is none.
    """
    if not metrics:
        return None, None
    try:
        async with context.transactions.begin() as session:
            job = await metric_collection.create_job(
                session,
                principal.project_id,
                call_ids=[call_id],
                metrics=[metric.id for metric in metrics],
                policy_id=None,
                triggered_by=CollectionTrigger.USER_API,
                now=context.clock.now(),
            )
    except CallscopeError as error:
        return None, error.message
    return to_job_read(job), None
