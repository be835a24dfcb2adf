"""What a call has used. The service itself bills nobody; a judge costs what the price table of the settings says."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from callscope.core.analysis import ComputedValue
from callscope.core.cost import CostItem, CostSource, QuantityUnit
from callscope.core.judge import JudgeUse
from callscope.core.transcript import TranscriptSource
from callscope.metrics import registry
from callscope.services import analyses
from callscope.services.calls import get_call
from callscope.storage import judge, transcripts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MS_PER_MINUTE = 60_000


async def read_cost(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[CostItem, ...]:
    """Return one item per metric computed, one per question to a judge, one for a transcript we made.

    Raises CallNotFound.
    """
    call = await get_call(session, project_id, call_id)
    computed = {value.value.slug: value for value in await analyses.read_values(session, project_id, call_id)}
    items = [
        _metric_item(call_id, computed[each.slug], each.id) for each in registry.computed() if each.slug in computed
    ]
    items += [item for use in await judge.uses_of_call(session, project_id, call_id) for item in _judge_items(use)]
    made_at = await transcripts.made_at(session, call_id, TranscriptSource.ROARK_POST_CALL)
    if made_at is not None and call.duration_ms is not None:
        items.append(
            CostItem(
                id=uuid5(call_id, CostSource.TRANSCRIPTION),
                source=CostSource.TRANSCRIPTION,
                quantity=call.duration_ms / MS_PER_MINUTE,
                unit=QuantityUnit.MINUTES,
                amount_micros=0,
                occurred_at=made_at,
                metric_definition_id=None,
            )
        )
    return tuple(items)


def _metric_item(call_id: UUID, computed: ComputedValue, definition_id: UUID) -> CostItem:
    return CostItem(
        id=uuid5(call_id, f"{CostSource.METRIC}/{computed.value.slug}"),
        source=CostSource.METRIC,
        quantity=1,
        unit=QuantityUnit.UNITS,
        amount_micros=0,
        occurred_at=computed.computed_at,
        metric_definition_id=definition_id,
    )


def _judge_items(use: JudgeUse) -> tuple[CostItem, CostItem]:
    read = CostItem(
        id=use.id,
        source=CostSource.INTERNAL_LLM if use.definition_id is None else CostSource.METRIC,
        quantity=use.usage.prompt_tokens,
        unit=QuantityUnit.INPUT_TOKENS,
        amount_micros=use.cost.input_micros,
        occurred_at=use.occurred_at,
        metric_definition_id=use.definition_id,
        metric_collection_job_id=use.job_id,
        provider=use.provider,
        model=use.model,
    )
    written = replace(
        read,
        id=uuid5(use.id, QuantityUnit.OUTPUT_TOKENS),
        quantity=use.usage.completion_tokens,
        unit=QuantityUnit.OUTPUT_TOKENS,
        amount_micros=use.cost.output_micros,
    )
    return read, written
