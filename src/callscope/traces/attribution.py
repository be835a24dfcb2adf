"""Each heard response time, split into what the agent's parts took. Every millisecond counts once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from callscope.core.call import Role
from callscope.core.conversation import Conversation, TimingBasis, Turn, TurnKind
from callscope.core.span_meaning import Alignment, Attribution, ResponseSplit, SpanMeaning, SpanPart
from callscope.core.trace import Span
from callscope.traces.alignment import Onset, Refusal, align
from callscope.traces.meaning import meaning_of, outermost

PARTS = (SpanPart.TTS, SpanPart.TOOL, SpanPart.LLM, SpanPart.STT, SpanPart.END_OF_TURN)
"""Where parts overlap, the one nearer to the answer counts: it is what the answer waited for."""
NO_SPANS = "No span of the agent's parts falls into this gap."


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A part at work, in whole recording milliseconds."""

    part: SpanPart
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A span with its meaning."""

    span: Span
    meaning: SpanMeaning


def attribute(spans: Sequence[Span], conversation: Conversation | None, *, started_unix_ms: float) -> Attribution:
    """Lay the spans of a call on its recording and split each of the agent's heard response times."""
    if conversation is None or conversation.basis is not TimingBasis.CHANNEL_AUDIO:
        return _refused("Who speaks when is not measured on the recording, so there is nothing to lay the trace on.")
    understood = understand(spans)
    alignment = align(traced_onsets(understood), heard_onsets(conversation), started_unix_ms=started_unix_ms)
    if isinstance(alignment, Refusal):
        return _refused(alignment.reason)
    splits = (_split(turn, understood, alignment) for turn in conversation.turns if _is_answer(turn))
    return Attribution(alignment=alignment, reason=None, splits=tuple(splits))


def understand(spans: Sequence[Span]) -> tuple[Understood, ...]:
    """Return the spans that mean something and lie in no other of their part, by their start."""
    by_id = {span.span_id: span for span in spans}
    meanings = {span_id: meaning for span_id, span in by_id.items() if (meaning := meaning_of(span)) is not None}
    found = (Understood(span=by_id[span_id], meaning=meanings[span_id]) for span_id in outermost(by_id, meanings))
    return tuple(sorted(found, key=lambda one: one.span.start_unix_ns))


def traced_onsets(understood: Iterable[Understood]) -> tuple[Onset, ...]:
    """Return when the trace says that somebody began to speak, in Unix milliseconds.

    Without spans of the agent's own speech, the first byte of its synthesis stands in for its onset.
    """
    onsets: dict[SpanPart, list[Onset]] = {}
    for one in understood:
        start_ms, part = one.span.start_unix_ns / 1e6, one.meaning.part
        if part in (SpanPart.USER_SPEECH, SpanPart.AGENT_SPEECH):
            role = Role.CUSTOMER if part is SpanPart.USER_SPEECH else Role.AGENT
            onsets.setdefault(part, []).append(Onset(role=role, at_ms=start_ms))
        elif part is SpanPart.TTS and one.meaning.first_output_ms is not None:
            onsets.setdefault(part, []).append(Onset(role=Role.AGENT, at_ms=start_ms + one.meaning.first_output_ms))
    agent = onsets.get(SpanPart.AGENT_SPEECH) or onsets.get(SpanPart.TTS, [])
    return (*onsets.get(SpanPart.USER_SPEECH, ()), *agent)


def heard_onsets(conversation: Conversation) -> tuple[Onset, ...]:
    """Return when somebody begins to speak in the recording, in milliseconds."""
    return tuple(Onset(role=segment.role, at_ms=segment.start_offset_ms) for segment in conversation.segments)


def _is_answer(turn: Turn) -> bool:
    return turn.role is Role.AGENT and turn.kind is TurnKind.TURN and bool(turn.response_time_ms)


def _split(turn: Turn, understood: Sequence[Understood], alignment: Alignment) -> ResponseSplit:
    heard_ms = turn.response_time_ms or 0
    start_ms = turn.start_offset_ms - heard_ms
    reported = _reported(understood, alignment, turn.start_offset_ms)
    intervals = _intervals(understood, alignment, start_ms, turn.start_offset_ms)
    if not intervals:
        return ResponseSplit(
            turn_start_offset_ms=turn.start_offset_ms,
            heard_ms=heard_ms,
            end_of_turn_ms=None,
            stt_ms=None,
            llm_ms=None,
            tool_ms=None,
            tts_ms=None,
            unexplained_ms=None,
            reported_ms=reported,
            reason=NO_SPANS,
        )
    taken = _count_once(intervals, start_ms, turn.start_offset_ms)
    return ResponseSplit(
        turn_start_offset_ms=turn.start_offset_ms,
        heard_ms=heard_ms,
        end_of_turn_ms=taken[SpanPart.END_OF_TURN],
        stt_ms=taken[SpanPart.STT],
        llm_ms=taken[SpanPart.LLM],
        tool_ms=taken[SpanPart.TOOL],
        tts_ms=taken[SpanPart.TTS],
        unexplained_ms=heard_ms - sum(taken.values()),
        reported_ms=reported,
        reason=None,
    )


def _intervals(
    understood: Sequence[Understood], alignment: Alignment, start_ms: int, end_ms: int
) -> tuple[Interval, ...]:
    """Return when each part was at work inside a gap.

    A model or a voice is waited for until its first output; a model's earlier steps, whose output asked for a tool, are
    waited for to their end.
    """
    inside: list[tuple[Understood, float, float]] = []
    for one in understood:
        begins, ends = alignment.offset_ms(one.span.start_unix_ns), alignment.offset_ms(one.span.end_unix_ns)
        if one.meaning.part in PARTS and begins < end_ms and ends > start_ms:
            inside.append((one, begins, ends))
    last_llm = max((begins for one, begins, _ in inside if one.meaning.part is SpanPart.LLM), default=None)
    found = []
    for one, begins, ends in inside:
        part, first_ms = one.meaning.part, one.meaning.first_output_ms
        stops_at_first = part is SpanPart.TTS or (part is SpanPart.LLM and begins == last_llm)
        until = min(ends, begins + first_ms) if stops_at_first and first_ms is not None else ends
        clipped = Interval(part=part, start_ms=max(round(begins), start_ms), end_ms=min(round(until), end_ms))
        if clipped.end_ms > clipped.start_ms:
            found.append(clipped)
    return tuple(found)


def _count_once(intervals: Sequence[Interval], start_ms: int, end_ms: int) -> Mapping[SpanPart, int]:
    """Return the milliseconds of each part; where parts overlap, the one first in `PARTS` counts."""
    edges = sorted({start_ms, end_ms, *(edge for one in intervals for edge in (one.start_ms, one.end_ms))})
    taken = dict.fromkeys(PARTS, 0)
    for left, right in pairwise(edges):
        working = {one.part for one in intervals if one.start_ms <= left and one.end_ms >= right}
        part = next((part for part in PARTS if part in working), None)
        if part is not None:
            taken[part] += right - left
    return taken


def _reported(understood: Sequence[Understood], alignment: Alignment, turn_start_ms: int) -> int | None:
    """Return what the agent itself reported of the turn that was under way when the answer began."""
    slack_ms = alignment.uncertainty_ms
    for one in reversed(understood):
        latency_ms = one.meaning.reported_latency_ms
        begins, ends = alignment.offset_ms(one.span.start_unix_ns), alignment.offset_ms(one.span.end_unix_ns)
        if latency_ms is not None and begins - slack_ms <= turn_start_ms <= ends + slack_ms:
            return round(latency_ms)
    return None


def _refused(reason: str) -> Attribution:
    return Attribution(alignment=None, reason=reason, splits=())
