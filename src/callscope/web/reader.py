"""What the page of a call is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.call import Call, ToolInvocation
from callscope.core.conversation import Conversation
from callscope.core.metric import MetricValue
from callscope.core.metric_definition import DefinedMetric
from callscope.core.recording import MeasuredRecording
from callscope.core.transcript import MarkedPiece, TranscriptEntry, TranscriptOutline
from callscope.services.live_dialogue import TracedDialogue
from callscope.services.live_hearing import HeardCall

Marks = Mapping[UUID, tuple[MarkedPiece, ...]]
"""The texts of entries by how another transcript has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptPart:
    """A part of a transcript with the tools used and the responses given in it (values of `response_time`).

    `marks` are the entries' texts by how another transcript of the call has them, where there is one.
    """

    entries: tuple[TranscriptEntry, ...]
    tools: tuple[ToolInvocation, ...]
    responses: tuple[MetricValue, ...]
    marks: Marks = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What the page of a call opens with: the same amount however long the call.

    `values` are those of the call as a whole, each with the first `EVIDENCE_LIMIT` pieces of evidence; `tools` the
    first `TOOL_LIMIT` of `tool_count`; `first_part` is that of the transcript; `own_metrics` are those of the project
    that the call has values of; `heard` is what was heard of a call under way, `traced` what its traces say of it.
    """

    call: Call
    analysis: Analysis | None
    values: tuple[MetricValue, ...]
    recording: MeasuredRecording | None
    has_audio: bool
    has_conversation: bool
    transcript: TranscriptOutline | None
    first_part: TranscriptPart
    tools: tuple[ToolInvocation, ...]
    tool_count: int
    has_traces: bool = False
    heard: HeardCall | None = None
    traced: TracedDialogue | None = None
    own_metrics: tuple[DefinedMetric, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedCall:
    """Everything that stands on a call's time axis but sound and words. `length_ms` is where the axis ends."""

    length_ms: int
    recording: MeasuredRecording | None
    conversation: Conversation | None
    tools: tuple[ToolInvocation, ...]


EVIDENCE_LIMIT = 6
TOOL_LIMIT = 20
ENTRIES_PER_PART = 40
TURN_TOLERANCE_MS = 700
"""How far a transcript's word on when a turn starts may lie from what was measured and still mean that turn."""
FOREVER_MS = 2**30
MINIMUM_LENGTH_MS = 1000


def part_limits_ms(outline: TranscriptOutline, index: int) -> tuple[int, int]:
    """Return from when to before when a part of a transcript reaches. Nothing falls between two parts."""
    starts_ms = outline.part_starts_ms
    since_ms = 0 if index == 0 else starts_ms[index]
    return since_ms, starts_ms[index + 1] if index + 1 < len(starts_ms) else FOREVER_MS


def axis_length_ms(
    call: Call,
    *,
    recording: MeasuredRecording | None,
    conversation: Conversation | None,
    tools: Sequence[ToolInvocation],
    outline: TranscriptOutline | None,
) -> int:
    """Return where a call's axis ends: with the recording, else with the last thing known of the call."""
    if recording is not None:
        return max(1, recording.duration_ms)
    ends_ms = [MINIMUM_LENGTH_MS, call.duration_ms or 0]
    ends_ms += [segment.end_offset_ms for segment in conversation.segments] if conversation else []
    ends_ms += [tool.end_offset_ms or tool.start_offset_ms for tool in tools]
    ends_ms += [outline.end_ms] if outline else []
    return max(ends_ms)
