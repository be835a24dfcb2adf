"""What is done to stored calls: `/v1/call/{call_id}/tool-invocations`, `…/properties` and `/v1/call/batch-delete`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.mapping_calls import to_strings
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
from callscope.services import call_properties, calls, tools
from callscope.services.keys import Principal

READ_CALLS = "call:read"
SCORE = "metric:create"
NOT_SCORED = (
    "Metrics are not scored on request by this version: every call is measured with all installed metrics when it "
    "comes in. The rest of the request was done."
)

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
    error = _refuse_scoring(principal, received.body.metrics)
    sent = to_new_tools(received.body.tool_invocations)
    async with context.transactions.begin() as session:
        appended = await tools.append_tool_invocations(
            session, principal.project_id, call_id, sent, now=context.clock.now()
        )
    return answer(
        Envelope(
            data=ToolInvocationsAppended(
                call_id=call_id,
                added=appended.added_count,
                skipped=appended.skipped_count,
                metric_collection_job=None,
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
    error = _refuse_scoring(principal, received.body.metrics)
    async with context.transactions.begin() as session:
        changed = await call_properties.change_properties(
            session, principal.project_id, call_id, received.body.properties, now=context.clock.now()
        )
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
                metric_collection_job=None,
                metric_collection_error=error,
            )
        )
    )


def _refuse_scoring(principal: Principal, metrics: list[MetricSelection] | None) -> str | None:
    """Return why the metrics named are not scored. Raises PermissionMissing when the key may not ask for it."""
    if not metrics:
        return None
    principal.require(SCORE)
    return NOT_SCORED
