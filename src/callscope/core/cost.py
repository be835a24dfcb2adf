"""What a call has used, and what it was charged for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class CostSource(StrEnum):
    """What was used."""

    METRIC = "METRIC"
    TRANSCRIPTION = "TRANSCRIPTION"


class QuantityUnit(StrEnum):
    """What a quantity counts."""

    UNITS = "UNITS"
    MINUTES = "MINUTES"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """One thing used. `amount_micros` is in millionths of a US dollar; 0 for what the service's own machine does."""

    id: UUID
    source: CostSource
    quantity: float
    unit: QuantityUnit
    amount_micros: int
    occurred_at: datetime
    metric_definition_id: UUID | None
