"""The parts of a response: what every metric of them states alike, per answer and for the call."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Segment
from callscope.core.metric import (
    CallFacts,
    Direction,
    EvidenceSpan,
    MetricContext,
    MetricInput,
    MetricScope,
    ValueType,
)
from callscope.core.span_meaning import Alignment, ResponseSplit, SpanPart
from callscope.metrics.definition import MILLISECONDS, Compute, MetricDefinition, Reading
from callscope.metrics.inputs import attribution_of, conversation_of
from callscope.metrics.intervals import Interval, covered_ms, of
from callscope.metrics.statistics import summary_ms

SHARED_EDGE_CASES = (
    "An answer into whose wait no span falls is counted in `answer_without_spans_count` and has no value of its own.",
    (
        "Where parts work at the same time, the one nearer to the answer counts: voice before tools before model "
        "before transcription before end of turn. So every millisecond counts once, and all parts with the unexplained "
        "remainder add up to the heard response time."
    ),
    "Where the trace cannot be laid on the recording the value is `DATA_MISSING`, with the reason.",
)
SHARED_WEAKNESSES = (
    "It is as true as the trace: a span that the agent opens late or closes early moves time into the remainder.",
    "Positions are good to plus or minus `alignment_uncertainty_ms`.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What something took of one answer's wait: how long, and where in the recording."""

    split: ResponseSplit
    duration_ms: int
    where: tuple[Interval, ...]


Take = Callable[[ResponseSplit], Taken]


def anchors(role: Role, conversation: Conversation) -> dict[int, tuple[Segment, Segment]]:
    """Return, by the onset of each answer of a party, the speech it answers and its own first segment."""
    others = sorted(of(role.other, conversation.segments), key=lambda segment: segment.end_offset_ms)
    ends_ms = [segment.end_offset_ms for segment in others]
    return {
        turn.start_offset_ms: (others[bisect_right(ends_ms, turn.start_offset_ms) - 1], turn.segments[0])
        for turn in conversation.turns
        if turn.role is role and turn.response_time_ms is not None
    }


def taken_by(part: SpanPart) -> Take:
    """Return what reads from a split how long a part was waited for."""

    def take(split: ResponseSplit) -> Taken:
        where = tuple((one.start_offset_ms, one.end_offset_ms) for one in split.of(part))
        return Taken(split=split, duration_ms=covered_ms(where), where=where)

    return take


def readings(facts: CallFacts, take: Take, *, what: str) -> Iterator[Reading]:
    """State what `take` reads of each answer that has spans, and the summary; `what` names it in reasons."""
    attribution = attribution_of(facts)
    taken = [take(split) for split in attribution.splits if split.reason is None]
    lost_count = len(attribution.splits) - len(taken)
    if not taken:
        yield nothing_split(lost_count)
        return
    yield summary(taken, attribution.alignment, lost_count=lost_count, what=what)
    yield from per_answer(taken, conversation_of(facts), what=what)


def nothing_split(lost_count: int) -> Reading:
    """State that there is no answer to speak of, or none with spans."""
    if lost_count:
        reason = f"No span of the agent's parts falls into any of the {lost_count} waits for an answer."
        return Reading.data_missing(reason, role=Role.AGENT)
    return Reading.not_applicable("The agent never answered after the customer had finished.", role=Role.AGENT)


def summary(taken: Sequence[Taken], alignment: Alignment | None, *, lost_count: int, what: str) -> Reading:
    """State the median over answers, with the figures it rests on and the answer that waited longest for it."""
    figures = summary_ms([one.duration_ms for one in taken])
    longest = max(taken, key=lambda one: one.duration_ms)
    clock = (
        {}
        if alignment is None
        else {"alignment_uncertainty_ms": round(alignment.uncertainty_ms), "alignment_drift_ppm": alignment.drift_ppm}
    )
    return Reading(
        value=figures["p50"],
        role=Role.AGENT,
        statistics={**figures, "answer_without_spans_count": lost_count, **clock},
        evidence=_evidence(longest, what),
    )


def per_answer(taken: Sequence[Taken], conversation: Conversation, *, what: str) -> Iterator[Reading]:
    """State each answer's own value, between the speech it answers and its onset."""
    anchored = anchors(Role.AGENT, conversation)
    for one in taken:
        yield Reading(
            value=one.duration_ms,
            role=Role.AGENT,
            context=MetricContext.SEGMENT_RANGE,
            segments=anchored[one.split.turn_start_offset_ms],
            evidence=_evidence(one, what),
        )


def part_metric(
    *,
    slug: str,
    name: str,
    description: str,
    compute: Compute,
    formula: str,
    direction: Direction = Direction.LOWER_IS_BETTER,
    edge_cases: tuple[str, ...] = (),
    weaknesses: tuple[str, ...] = (),
) -> MetricDefinition:
    """Return the definition of a metric of this family: milliseconds of the agent's answers and their median."""
    return MetricDefinition(
        slug=slug,
        name=name,
        description=description,
        family="response_parts",
        value_type=ValueType.NUMERIC,
        unit=MILLISECONDS,
        scope=MetricScope.PER_PARTICIPANT,
        contexts=(MetricContext.SEGMENT_RANGE, MetricContext.CALL),
        direction=direction,
        inputs=(MetricInput.TURNS, MetricInput.SPANS),
        version=1,
        compute=compute,
        formula=f"{formula} For the call: the median (p50), with count, sum, mean, min, max, p90 and p95 beside it.",
        edge_cases=(*edge_cases, *SHARED_EDGE_CASES),
        weaknesses=(*weaknesses, *SHARED_WEAKNESSES),
        roles=(Role.AGENT,),
    )


def reported_part(facts: CallFacts, part: SpanPart, *, what: str) -> Iterator[Reading]:
    """State what a part took of each answer, or that the trace has no span of it, so that no zero is made up."""
    if part in attribution_of(facts).parts:
        yield from readings(facts, taken_by(part), what=what)
    else:
        yield Reading.data_missing(f"The trace has no span of {what}.", role=Role.AGENT)


def _evidence(one: Taken, what: str) -> tuple[EvidenceSpan, ...]:
    return tuple(
        EvidenceSpan(
            start_offset_ms=start,
            end_offset_ms=end,
            role=Role.AGENT,
            reason=f"{what}: {end - start} of the {one.split.heard_ms} ms before the answer",
        )
        for start, end in one.where
    )
