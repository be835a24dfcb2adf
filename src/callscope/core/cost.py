"""What a call has used, and what it was charged for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class CostSource(StrEnum):
    """What was used."""

    METRIC = "METRIC"
    TRANSCRIPTION = "TRANSCRIPTION"
    INTERNAL_LLM = "INTERNAL_LLM"
    """Title and summary, written by the judge."""


class QuantityUnit(StrEnum):
    """What a quantity counts."""

    UNITS = "UNITS"
    MINUTES = "MINUTES"
    INPUT_TOKENS = "INPUT_TOKENS"
    OUTPUT_TOKENS = "OUTPUT_TOKENS"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """One thing used. `amount_micros` is in millionths of a US dollar; 0 for what the service's own machine does.

    `provider` and `model` are those of a judge, None for the service's own machine.
    """

    id: UUID
    source: CostSource
    quantity: float
    unit: QuantityUnit
    amount_micros: int
    occurred_at: datetime
    metric_definition_id: UUID | None
    metric_collection_job_id: UUID | None = None
    provider: str | None = None
    model: str | None = None
