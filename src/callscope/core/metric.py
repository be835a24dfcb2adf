"""Metrics: what they are, and values that never lie about being absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from callscope.core.call import Role, ToolInvocation
from callscope.core.conversation import Conversation, Segment
from callscope.core.recording import RecordingAnalysis
from callscope.core.span_meaning import Attribution
from callscope.core.transcript import TranscriptComparison, TranscriptEntry


class ValueType(StrEnum):
    """The wire's output types."""

    BOOLEAN = "BOOLEAN"
    SCALE = "SCALE"
    NUMERIC = "NUMERIC"
    COUNT = "COUNT"
    TEXT = "TEXT"
    CLASSIFICATION = "CLASSIFICATION"
    OFFSET = "OFFSET"


class MetricScope(StrEnum):
    """One value a call, or one per party."""

    GLOBAL = "GLOBAL"
    PER_PARTICIPANT = "PER_PARTICIPANT"


class MetricContext(StrEnum):
    """What a value speaks of: the call, one segment, or the stretch between two segments (a turn, a gap)."""

    CALL = "CALL"
    SEGMENT = "SEGMENT"
    SEGMENT_RANGE = "SEGMENT_RANGE"


class MetricInput(StrEnum):
    """What a metric needs to be computed."""

    DURATION = "DURATION"
    CHANNEL_AUDIO = "CHANNEL_AUDIO"
    TURNS = "TURNS"
    OVERLAP = "OVERLAP"
    """Turns on a basis on which both parties can be heard at once."""
    WORDS = "WORDS"
    TWO_TRANSCRIPTS = "TWO_TRANSCRIPTS"
    """The words as the sender wrote them down, and as they were recognised in the recording."""
    TOOLS = "TOOLS"
    SPANS = "SPANS"
    JUDGE = "JUDGE"
    VALUES = "VALUES"
    """The values of other metrics."""


class Direction(StrEnum):
    """Whether more of it is better, worse, or neither."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"
    NEUTRAL = "neutral"


class ValueState(StrEnum):
    """Whether there is a value; a value stands only beside SUCCESS, and zero always means zero."""

    SUCCESS = "SUCCESS"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    DATA_MISSING = "DATA_MISSING"
    ERROR = "ERROR"


_SUCCESS = ValueState.SUCCESS
"""Looked up by name once: an enumeration's members take their time to be found, and every value is checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as readers see it: `Unit(name="milliseconds", symbol="ms")`."""

    name: str
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSpan:
    """A stretch of the call that made a value what it is, with the reason in words."""

    start_offset_ms: int
    end_offset_ms: int
    role: Role | None
    reason: str


class VerdictKind(StrEnum):
    """How a property of a call stands to what was said in it."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    TRANSCRIPTION_ERROR = "TRANSCRIPTION_ERROR"
    NOT_MENTIONED = "NOT_MENTIONED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyVerdict:
    """What the transcript says of one property. `observed_value` stands beside MISMATCH, `span` where it was said."""

    name: str
    expected_value: str
    verdict: VerdictKind
    observed_value: str | None
    reason: str
    span: EvidenceSpan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """One value of one metric.

    `segments` anchors SEGMENT (one) and SEGMENT_RANGE (two: from, to) values. `statistics` holds what a figure
    rests on: counts, numerator, denominator, percentiles. `reason` says why a value is absent, or how it came about.
    `property_verdicts` belong to the one metric that checks properties.
    """

    slug: str
    version: int
    role: Role | None
    context: MetricContext
    state: ValueState
    value: float | int | bool | str | None
    confidence: float | None
    reason: str | None
    segments: tuple[Segment, ...] = ()
    evidence: tuple[EvidenceSpan, ...] = ()
    statistics: Mapping[str, float | int | None] = field(default_factory=dict)
    method: str = ""
    parameters: Mapping[str, float | int | str] = field(default_factory=dict)
    property_verdicts: tuple[PropertyVerdict, ...] = ()

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.state is _SUCCESS):
            raise ValueError(
                f"{self.slug}: a value stands beside SUCCESS and nowhere else, got {self.state} with {self.value!r}"
            )

    @property
    def extent_ms(self) -> tuple[int, int] | None:
        """Start and end of the place in the call that it speaks of, None for the whole call."""
        return (self.segments[0].start_offset_ms, self.segments[-1].end_offset_ms) if self.segments else None


class StoredValue(NamedTuple):
    """A value as others are derived from it: without evidence. Many are read at once, so it is cheap to make.

    `placed` are its segments as they are stored.
    """

    slug: str
    version: int
    role: Role | None
    context: MetricContext
    state: ValueState
    value: float | int | bool | str | None
    confidence: float | None
    reason: str | None
    placed: Sequence[Mapping[str, Any]]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What it is anchored to, as with any value."""
        return tuple(Segment(**{**each, "role": Role(each["role"])}) for each in self.placed)

    @property
    def extent_ms(self) -> tuple[int, int] | None:
        """Start and end of the place in the call that it speaks of, None for the whole call."""
        return (self.placed[0]["start_offset_ms"], self.placed[-1]["end_offset_ms"]) if self.placed else None

    @property
    def evidence(self) -> tuple[EvidenceSpan, ...]:
        """None: it was not read."""
        return ()

    def as_value(self) -> MetricValue:
        """Return it as a value of its own, as sure and as well placed."""
        return MetricValue(
            slug=self.slug,
            version=self.version,
            role=self.role,
            context=self.context,
            state=self.state,
            value=self.value,
            confidence=self.confidence,
            reason=self.reason,
            segments=self.segments,
        )


@dataclass(frozen=True, kw_only=True)  # without slots: what several metrics share is computed once and kept in it
class CallFacts:
    """All that metrics may look at.

    `duration_ms` is the recording's length where one was decoded, else what the sender reported. `conversation` is
    None when nobody could be timed; `conversation_reason` then says why. `recording` is None until one was analysed,
    `attribution` until a trace was linked. `comparison` is there when words were recognised in the recording
    beside the transcript that came with the call.
    """

    duration_ms: int | None
    conversation: Conversation | None
    conversation_reason: str | None
    transcript: tuple[TranscriptEntry, ...]
    tools: tuple[ToolInvocation, ...]
    recording: RecordingAnalysis | None = None
    attribution: Attribution | None = None
    comparison: TranscriptComparison | None = None
