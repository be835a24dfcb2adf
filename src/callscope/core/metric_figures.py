"""What many calls have of one metric, and how its definition came to be what it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callscope.core.call import Call, Role
from callscope.core.metric import ValueState
from callscope.core.metric_definition import Calculation


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentValue:
    """One value of one of a project's newest scored calls; `value` None beside every state but SUCCESS."""

    id: UUID
    call_id: UUID
    role: Role | None
    state: ValueState
    value: float | int | bool | str | None
    reason: str | None

    @property
    def number(self) -> float | None:
        """The value as a number, true as 1; None for a text and for what is absent."""
        return float(self.value) if isinstance(self.value, int | float) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedValue:
    """A value with its call and the first place in it that shows why; `at_ms` None where none was named."""

    value: RecentValue
    call: Call
    at_ms: int | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricVersion:
    """What one variant of a metric computed from one change to the next; `number` counts from 1."""

    id: UUID
    number: int
    calculation: Calculation
    change_reason: str | None
    created_at: datetime
