"""Scoring stored calls with a policy or one metric, after a look at what it would cost. Beyond the original API."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import ApiContext, Context
from callscope.api.mapping_metric_policies import to_backfill_read
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.metric_policy import BackfillCreate, BackfillRead
from callscope.services import backfills
from callscope.services.backfills import Backfill, BackfillOrder, Selection
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/metric")

Scorer = Annotated[Principal, Depends(Requires("metric-collection-job:create"))]
Body = Annotated[Received[BackfillCreate], Depends(JsonBody(BackfillCreate))]
ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@router.post(
    "/policies/{policy_id}/backfill",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[BackfillRead],
    responses=ERRORS,
    openapi_extra=documents_body(BackfillCreate),
    tags=["metric_policy"],
)
async def backfill_policy(policy_id: UUID, context: Context, principal: Scorer, received: Body) -> Response:
    """Score stored calls with a policy: the last ones, or those of a stretch of time. Beyond the original API.

    With `estimateOnly` it only tells what that would cost. The job is watched and cancelled like every other.
    """
    async with context.transactions.begin() as session:
        backfill = await backfills.backfill_policy(
            session, principal.project_id, policy_id, _order(context, received.body)
        )
    return _answer(backfill)


@router.post(
    "/definitions/{id_or_slug}/backfill",
    status_code=HTTPStatus.CREATED,
    response_model=Envelope[BackfillRead],
    responses=ERRORS,
    openapi_extra=documents_body(BackfillCreate),
    tags=["metric"],
)
async def backfill_metric(id_or_slug: str, context: Context, principal: Scorer, received: Body) -> Response:
    """Score stored calls with one metric, a new one for instance. Beyond the original API.

    With `estimateOnly` it only tells what that would cost. The job is watched and cancelled like every other.
    """
    async with context.transactions.begin() as session:
        backfill = await backfills.backfill_metric(
            session, principal.project_id, id_or_slug, _order(context, received.body)
        )
    return _answer(backfill)


def _order(context: ApiContext, body: BackfillCreate) -> BackfillOrder:
    return BackfillOrder(
        selection=Selection(
            last_count=body.last_calls, started_from=body.started_from, started_before=body.started_before
        ),
        is_estimate_only=body.estimate_only,
        rules=context.judge.rules,
        now=context.clock.now(),
    )


def _answer(backfill: Backfill) -> Response:
    status = HTTPStatus.OK if backfill.job is None else HTTPStatus.CREATED
    return answer(Envelope(data=to_backfill_read(backfill)), status=status)
