"""The analysis of a call: where it stands, and why it stands there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from callscope.core.metric import MetricValue


class AnalysisStatus(StrEnum):
    """Where an analysis stands. The last three are final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Whether nothing will be done any more."""
        return self in (AnalysisStatus.COMPLETED, AnalysisStatus.FAILED, AnalysisStatus.CANCELLED)


class Stage(StrEnum):
    """The steps of an analysis, in their order. Each is one job; a stage's results and the next job commit together."""

    TRANSCRIPT = "transcript"
    """What the supplied transcript gives at once."""
    FETCH = "fetch"
    """The recordings into the object store."""
    MEASURE = "measure"
    """Speech, turns and metrics from the audio."""
    TRANSCRIBE = "transcribe"
    """Words from the audio, where the call brought none."""
    CONCLUDE = "conclude"
    """What the call as a whole gains: its duration and its end."""

    @property
    def is_optional(self) -> bool:
        """Whether the analysis goes on without it when it fails for good."""
        return self is Stage.TRANSCRIBE

    @property
    def next(self) -> "Stage | None":
        """The stage after this one, None after the last."""
        stages = tuple(Stage)
        position = stages.index(self) + 1
        return stages[position] if position < len(stages) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One analysis of one call.

    `stage` is the one under way, or the one it ended in. `attempt_count` counts failed tries of that stage,
    `reason` tells a person why the last one failed, `next_attempt_at` when the next is due. `transcription_reason`
    tells why no words were recognised where some were wanted.
    """

    id: UUID
    project_id: UUID
    call_id: UUID
    status: AnalysisStatus
    stage: Stage
    attempt_count: int
    reason: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    stage_entered_at: datetime
    finished_at: datetime | None
    transcription_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedValue:
    """A metric value as it is kept: `id` is stable as long as the value is of the same metric, party and place.

    `job_id` is the collection job it is of, None for what the call's own analysis measured.
    """

    id: UUID
    value: MetricValue
    computed_at: datetime
    job_id: UUID | None = None
