"""Each heard response time, split into what the agent's parts took. Every millisecond counts once."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from callscope.core.call import Role
from callscope.core.conversation import Conversation, TimingBasis, Turn, TurnKind
from callscope.core.span_meaning import Alignment, Attribution, ResponseSplit, SpanMeaning, SpanPart, Stretch
from callscope.core.trace import Span
from callscope.traces.alignment import FEWEST_ONSETS, SMALLEST_SHARE, TOLERANCE_MS, Onset, Refusal, align
from callscope.traces.meaning import meaning_of, outermost

PARTS = (SpanPart.TTS, SpanPart.TOOL, SpanPart.LLM, SpanPart.STT, SpanPart.END_OF_TURN)
"""Where parts overlap, the one nearer to the answer counts: it is what the answer waited for."""
VERSION = "attribution-1"
PARAMETERS = {
    "onset_tolerance_ms": TOLERANCE_MS,
    "fewest_matched_onsets": FEWEST_ONSETS,
    "smallest_matched_share": SMALLEST_SHARE,
}
NO_SPANS = "No span of the agent's parts falls into this gap."


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A span with its meaning."""

    span: Span
    meaning: SpanMeaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A span that means something, at its place in the recording."""

    meaning: SpanMeaning
    start_ms: float
    end_ms: float


Gap = tuple[int, int]
"""From the end of the caller's speech to the onset of the answer, in recording milliseconds."""


def attribute(spans: Sequence[Span], conversation: Conversation | None, *, started_unix_ms: float) -> Attribution:
    """Lay the spans of a call on its recording and split each of the agent's heard response times."""
    if conversation is None or not can_be_laid_on(conversation):
        return _refused("Who speaks when is not measured on the recording, so there is nothing to lay the trace on.")
    understood = understand(spans)
    alignment = align(traced_onsets(understood), heard_onsets(conversation), started_unix_ms=started_unix_ms)
    if isinstance(alignment, Refusal):
        return _refused(alignment.reason)
    placed = [_place(one, alignment) for one in understood]
    answers = [turn for turn in conversation.turns if _is_answer(turn)]
    working = _by_gap([one for one in placed if one.meaning.part in PARTS], [_gap(turn) for turn in answers])
    reporting = [one for one in placed if one.meaning.reported_latency_ms is not None]
    return Attribution(
        alignment=alignment,
        reason=None,
        splits=tuple(
            _split(turn, inside, _reported_ms(reporting, turn.start_offset_ms, slack_ms=alignment.uncertainty_ms))
            for turn, inside in zip(answers, working, strict=True)
        ),
        parts=frozenset(one.meaning.part for one in understood),
        parameters=PARAMETERS,
        version=VERSION,
    )


def can_be_laid_on(conversation: Conversation | None) -> bool:
    """Tell whether spans can be laid on a conversation: whether who speaks when was measured on the recording."""
    return conversation is not None and conversation.basis is TimingBasis.CHANNEL_AUDIO


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


def _place(one: Understood, alignment: Alignment) -> Placed:
    return Placed(
        meaning=one.meaning,
        start_ms=alignment.offset_ms(one.span.start_unix_ns),
        end_ms=alignment.offset_ms(one.span.end_unix_ns),
    )


def _gap(turn: Turn) -> Gap:
    return turn.start_offset_ms - (turn.response_time_ms or 0), turn.start_offset_ms


def _by_gap(placed: Iterable[Placed], gaps: Sequence[Gap]) -> list[list[Placed]]:
    """Return what lies in each of the gaps, which do not overlap and are in order."""
    inside: list[list[Placed]] = [[] for _ in gaps]
    ends = [end for _, end in gaps]
    for one in placed:
        at = bisect_right(ends, one.start_ms)
        while at < len(gaps) and gaps[at][0] < one.end_ms:
            inside[at].append(one)
            at += 1
    return inside


def _split(turn: Turn, inside: Sequence[Placed], reported_ms: int | None) -> ResponseSplit:
    waits = _waits(inside, *_gap(turn))
    return ResponseSplit(
        turn_start_offset_ms=turn.start_offset_ms,
        heard_ms=turn.response_time_ms or 0,
        stretches=_count_once(waits),
        reported_ms=reported_ms,
        reason=None if waits else NO_SPANS,
    )


def _waits(inside: Sequence[Placed], start_ms: int, end_ms: int) -> tuple[Stretch, ...]:
    """Return when each part was waited for inside a gap.

    A model or a voice is waited for until its first output; a model's earlier steps, whose output asked for a tool, are
    waited for to their end.
    """
    last_llm_ms = max((one.start_ms for one in inside if one.meaning.part is SpanPart.LLM), default=None)
    found = []
    for one in inside:
        part, first_ms = one.meaning.part, one.meaning.first_output_ms
        stops_at_first = part is SpanPart.TTS or (part is SpanPart.LLM and one.start_ms == last_llm_ms)
        until = min(one.end_ms, one.start_ms + first_ms) if stops_at_first and first_ms is not None else one.end_ms
        from_ms, until_ms = max(round(one.start_ms), start_ms), min(round(until), end_ms)
        if from_ms < until_ms:
            found.append(Stretch(part=part, start_offset_ms=from_ms, end_offset_ms=until_ms))
    return tuple(found)


def _count_once(working: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return stretches that do not overlap, in order; where parts do, the one first in `PARTS` counts."""
    edges = sorted({edge for one in working for edge in (one.start_offset_ms, one.end_offset_ms)})
    counted: list[Stretch] = []
    for left, right in pairwise(edges):
        at_work = {one.part for one in working if one.start_offset_ms <= left and one.end_offset_ms >= right}
        part = next((part for part in PARTS if part in at_work), None)
        if part is None:
            continue
        goes_on = bool(counted) and (counted[-1].part, counted[-1].end_offset_ms) == (part, left)
        begins = counted.pop().start_offset_ms if goes_on else left
        counted.append(Stretch(part=part, start_offset_ms=begins, end_offset_ms=right))
    return tuple(counted)


def _reported_ms(reporting: Sequence[Placed], turn_start_ms: int, *, slack_ms: float) -> int | None:
    """Return what the agent itself reported of the turn that was under way when the answer began."""
    for one in reversed(reporting):
        latency_ms = one.meaning.reported_latency_ms
        if latency_ms is not None and one.start_ms - slack_ms <= turn_start_ms <= one.end_ms + slack_ms:
            return round(latency_ms)
    return None


def _refused(reason: str) -> Attribution:
    return Attribution(
        alignment=None, reason=reason, splits=(), parts=frozenset(), parameters=PARAMETERS, version=VERSION
    )
