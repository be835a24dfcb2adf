"""What spans mean in a voice agent, and what they explain of the time a caller waited."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from callscope.core.call import Role


class SpanPart(StrEnum):
    """The part of a voice agent that a span tells of."""

    CALL = "call"
    USER_TURN = "user_turn"
    AGENT_TURN = "agent_turn"
    USER_SPEECH = "user_speech"
    AGENT_SPEECH = "agent_speech"
    END_OF_TURN = "end_of_turn"
    STT = "stt"
    LLM = "llm"
    TOOL = "tool"
    TTS = "tts"
    TRANSPORT = "transport"


class Convention(StrEnum):
    """Whose attribute names a span was read by."""

    LIVEKIT = "livekit"
    PIPECAT = "pipecat"
    OPENINFERENCE = "openinference"
    GEN_AI = "gen_ai"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanMeaning:
    """What a span is.

    `first_output_ms` is the time from its start to its first token, byte or word; `reported_latency_ms` what the agent
    itself says a turn's answer took. None: the span does not say.
    """

    part: SpanPart
    convention: Convention
    first_output_ms: float | None = None
    reported_latency_ms: float | None = None
    model: str | None = None
    provider: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    text: str | None = None
    tool_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedWords:
    """What a party said in a stretch, by the clock of the machine that made the spans."""

    role: Role
    text: str
    start_unix_ns: int
    end_unix_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedTool:
    """One use of a tool, by the clock of the machine that made the span."""

    name: str
    start_unix_ns: int
    end_unix_ns: int


class AlignmentMethod(StrEnum):
    """What the trace's clock was laid on the recording by."""

    SPEECH_ONSETS = "speech_onsets"
    START_TIME = "start_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The trace's clock on the recording's axis.

    Trace time `sample_0_unix_ms` is recording sample 0; a trace second lasts `1 + drift_ppm / 1e6` recording seconds.
    `drift_ppm` is None where it cannot be told from none: `drift_uncertainty_ppm` says how large it may still be, and
    is None where the call is too short to say it. Positions are good to ± `uncertainty_ms`.
    """

    method: AlignmentMethod
    sample_0_unix_ms: float
    drift_ppm: float | None
    drift_uncertainty_ppm: float | None
    uncertainty_ms: float
    matched_onset_count: int
    onset_count: int

    def offset_ms(self, unix_ns: int) -> float:
        """Return where a moment of the trace lies in the recording."""
        since_ms = unix_ns / 1e6 - self.sample_0_unix_ms
        return since_ms * (1 + (self.drift_ppm or 0.0) / 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part at work while the caller waited, in whole recording milliseconds, `start_offset_ms` < `end_offset_ms`."""

    part: SpanPart
    start_offset_ms: int
    end_offset_ms: int

    @property
    def duration_ms(self) -> int:
        """Its length."""
        return self.end_offset_ms - self.start_offset_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSplit:
    """One heard response time and what of it the trace explains, in milliseconds.

    `stretches` never overlap and are in order, so the parts and the remainder add up to `heard_ms` exactly.
    `reported_ms` is what the agent itself reported; it counts from another start to another end and must not be added
    to anything. Without spans nothing is split and `reason` says so.
    """

    turn_start_offset_ms: int
    heard_ms: int
    stretches: tuple[Stretch, ...]
    reported_ms: int | None
    reason: str | None

    @property
    def heard_from_offset_ms(self) -> int:
        """Where the caller began to wait."""
        return self.turn_start_offset_ms - self.heard_ms

    @property
    def unexplained_ms(self) -> int | None:
        """What no part accounts for: transport, buffering, playout, and whatever has no span."""
        return None if self.reason else self.heard_ms - sum(stretch.duration_ms for stretch in self.stretches)

    @property
    def unexplained(self) -> tuple[tuple[int, int], ...]:
        """The stretches (start, end) of the wait that no part accounts for, in order; none where nothing is split."""
        if self.reason:
            return ()
        edges = [self.heard_from_offset_ms]
        for stretch in self.stretches:
            edges += [stretch.start_offset_ms, stretch.end_offset_ms]
        edges.append(self.turn_start_offset_ms)
        return tuple((start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end)

    def of(self, part: SpanPart) -> tuple[Stretch, ...]:
        """Return when a part was what the caller waited for."""
        return tuple(stretch for stretch in self.stretches if stretch.part is part)

    def taken_ms(self, part: SpanPart) -> int | None:
        """Return how long a part was waited for, None where nothing is split."""
        return None if self.reason else sum(stretch.duration_ms for stretch in self.of(part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The agent's telemetry on the recording's axis. Without an `alignment`, `reason` says why there is none.

    `parts` are those of which the trace has spans at all: only of them does a zero in a split mean zero. `parameters`
    are the thresholds it was made with; `version` names the method's revision.
    """

    alignment: Alignment | None
    reason: str | None
    splits: tuple[ResponseSplit, ...]
    parts: frozenset[SpanPart]
    parameters: Mapping[str, float | int | str]
    version: str
