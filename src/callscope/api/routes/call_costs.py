"""`/v1/call/{call_id}/cost` and `…/sentiment-run`."""

from collections import defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.context import Context
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.call_changes import SentimentRun
from callscope.api.schemas.cost import CallCostRead, CostBreakdown, CostItemRead
from callscope.core.cost import CostItem, CostSource
from callscope.services import costs, sentiment
from callscope.services.keys import Principal

MICROS_PER_USD = 1_000_000

router = APIRouter(prefix="/v1/call", tags=["call"])


@router.get(
    "/{call_id}/cost",
    response_model=Envelope[CallCostRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_cost(
    call_id: UUID, context: Context, principal: Annotated[Principal, Depends(Requires("billing:read"))]
) -> Response:
    """Read what a call has used. Amounts are those of the judge by the installation's price table; all else costs 0."""
    async with context.reads() as session:
        items = await costs.read_cost(session, principal.project_id, call_id)
    total_micros = sum(item.amount_micros for item in items)
    return answer(
        Envelope(
            data=CallCostRead(
                call_id=call_id,
                currency="usd",
                total_usd=total_micros / MICROS_PER_USD,
                total_usd_micros=total_micros,
                breakdown=_to_breakdown(items),
                items=[_to_item(item) for item in items],
            )
        )
    )


@router.get(
    "/{call_id}/sentiment-run",
    response_model=Envelope[SentimentRun],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def list_sentiment_runs(
    call_id: UUID, context: Context, principal: Annotated[Principal, Depends(Requires("call:read"))]
) -> Response:
    """Read how a call sounds by its words, both parties together. The values are null unless COMPLETED."""
    async with context.reads() as session:
        run = await sentiment.read_sentiment(session, principal.project_id, call_id)
    return answer(
        Envelope(
            data=SentimentRun(
                status=run.status,
                average_sentiment=run.average,
                average_categorical_sentiment=run.category,
                common_emotion=run.emotion,
            )
        )
    )


def _to_breakdown(items: Sequence[CostItem]) -> list[CostBreakdown]:
    by_source: dict[CostSource, list[CostItem]] = defaultdict(list)
    for item in items:
        by_source[item.source].append(item)
    return [
        CostBreakdown(
            source=source,
            surface="POST_CALL",
            quantity=sum(item.quantity for item in of_source),
            amount_usd=sum(item.amount_micros for item in of_source) / MICROS_PER_USD,
            amount_usd_micros=sum(item.amount_micros for item in of_source),
        )
        for source, of_source in by_source.items()
    ]


def _to_item(item: CostItem) -> CostItemRead:
    return CostItemRead(
        event_id=item.id,
        source=item.source,
        surface="POST_CALL",
        quantity=item.quantity,
        quantity_unit=item.unit,
        amount_usd=item.amount_micros / MICROS_PER_USD,
        amount_usd_micros=item.amount_micros,
        occurred_at=item.occurred_at,
        metric_definition_id=item.metric_definition_id,
        metric_collection_job_id=item.metric_collection_job_id,
        simulation_job_id=None,
        provider=item.provider,
        model=item.model,
    )
