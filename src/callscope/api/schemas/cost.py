"""Costs as they are read. Amounts are in US dollars and, exactly, in millionths of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import OutputModel
from callscope.core.cost import CostSource, QuantityUnit

Surface = Literal["POST_CALL"]


class CostBreakdown(OutputModel):
    """All of one source."""

    source: CostSource
    surface: Surface
    quantity: float
    amount_usd: float
    amount_usd_micros: int


class CostItemRead(OutputModel):
    """One thing used."""

    event_id: UUID
    source: CostSource
    surface: Surface
    quantity: float
    quantity_unit: QuantityUnit
    amount_usd: float
    amount_usd_micros: int
    occurred_at: datetime
    metric_definition_id: UUID | None = Field(description="Of METRIC items.")
    metric_collection_job_id: UUID | None
    simulation_job_id: None
    provider: str | None = Field(description="Null: the service's own machine.")
    model: str | None


class CallCostRead(OutputModel):
    """What a call has used and what it was charged for."""

    call_id: UUID
    currency: Literal["usd"]
    total_usd: float
    total_usd_micros: int
    breakdown: list[CostBreakdown]
    items: list[CostItemRead]
