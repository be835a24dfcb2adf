"""What a call has used. A self-hosted service bills nobody: quantities are metered, amounts are 0."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from callscope.core.analysis import ComputedValue
from callscope.core.cost import CostItem, CostSource, QuantityUnit
from callscope.core.transcript import TranscriptSource
from callscope.metrics import registry
from callscope.services import analyses
from callscope.services.calls import get_call
from callscope.storage import transcripts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MS_PER_MINUTE = 60_000


async def read_cost(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[CostItem, ...]:
    """Return one item per metric computed and one for a transcript we made. Raises CallNotFound."""
    call = await get_call(session, project_id, call_id)
    computed = {value.value.slug: value for value in await analyses.read_values(session, project_id, call_id)}
    items = [
        _metric_item(call_id, computed[each.slug], each.id) for each in registry.definitions() if each.slug in computed
    ]
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
