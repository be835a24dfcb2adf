"""`/v1/call/{call_id}/metrics`."""

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.context import Context
from callscope.api.mapping_metrics import to_flat, to_group
from callscope.api.schemas.metrics import FlatMetrics, MetricGroups
from callscope.services.call_metrics import list_call_metrics
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/call", tags=["call"])


@router.get(
    "/{call_id}/metrics",
    response_model=MetricGroups | FlatMetrics,
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def list_metrics(
    call_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("call:read"))],
    flatten: Annotated[Literal["true", "false"], Query(description="One item per value.")] = "false",
    status: Annotated[
        Literal["success", "all"],
        Query(
            description="`all` also returns NOT_APPLICABLE, DATA_MISSING and ERROR, which tell why there is no value."
        ),
    ] = "success",
) -> Response:
    """Read a call's metric values."""
    async with context.reads() as session:
        has_judge = await context.judge.endpoint_for(session, principal.project_id) is not None
        groups = await list_call_metrics(
            session, principal.project_id, call_id, is_success_only=status == "success", has_judge=has_judge
        )
    if flatten == "true":
        return answer(FlatMetrics(data=[row for group in groups for row in to_flat(group)]), exclude_none=True)
    return answer(MetricGroups(data=[to_group(group) for group in groups]), exclude_none=True)
