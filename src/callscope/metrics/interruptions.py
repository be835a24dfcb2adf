"""Interruptions as evidence and counts, for the metrics that tally them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Interruption, Segment, Turn, TurnKind
from callscope.core.metric import CallFacts, EvidenceSpan, MetricContext
from callscope.metrics.definition import Reading, Scalar
from callscope.metrics.inputs import conversation_of
from callscope.metrics.intervals import Track
from callscope.metrics.shared import once_per_call
from callscope.metrics.statistics import percentile, summary_ms
from callscope.metrics.timeline import tracks


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionEvent:
    """An interruption with the segment that was broken in on, the one that broke in, and how long the turn had run."""

    interruption: Interruption
    broken: Segment
    breaking: Segment
    spoken_before_ms: int

    def reading(self, value: Scalar, *, role: Role | None) -> Reading:
        """State something of this event, between the two segments."""
        return Reading(
            value=value,
            role=role,
            context=MetricContext.SEGMENT_RANGE,
            segments=(self.broken, self.breaking),
            evidence=evidence_of((self.interruption,)),
        )


def turns_of(role: Role, conversation: Conversation) -> Iterator[Turn]:
    """Yield the turns of a party, backchannels left out."""
    return (turn for turn in conversation.turns if turn.role is role and turn.kind is TurnKind.TURN)


def interruptions_by(role: Role, conversation: Conversation) -> tuple[Interruption, ...]:
    """Return the interruptions the party committed, in order."""
    return tuple(interruption for interruption in conversation.interruptions if interruption.by is role)


def evidence_of(interruptions: Sequence[Interruption]) -> tuple[EvidenceSpan, ...]:
    """Return one span per interruption, over the speech both parties share."""
    return tuple(
        EvidenceSpan(
            start_offset_ms=interruption.at_offset_ms,
            end_offset_ms=interruption.at_offset_ms + interruption.overlap_ms,
            role=interruption.by,
            reason=_account(interruption),
        )
        for interruption in interruptions
    )


@once_per_call
def events(facts: CallFacts) -> tuple[InterruptionEvent, ...]:
    """Return every interruption of a call with the speech it happened in, in order."""
    conversation = conversation_of(facts)
    held = {role: Track(turns_of(role, conversation)) for role in Role}
    return tuple(_event(each, tracks(facts), held) for each in conversation.interruptions)


def per_event(
    facts: CallFacts, *, by: Role, role: Role, measured: Callable[[InterruptionEvent], int]
) -> Iterator[Reading]:
    """State a duration of every interruption by `by` as a value of `role`, after their median and its statistics."""
    own = [event for event in events(facts) if event.interruption.by is by]
    if not own:
        yield Reading.not_applicable(f"The {by} never interrupted.", role=role, statistics={"count": 0})
        return
    longest = max(own, key=measured)
    summary = summary_ms([measured(event) for event in own])
    yield Reading(value=summary["p50"], role=role, statistics=summary, evidence=evidence_of((longest.interruption,)))
    for event in own:
        yield event.reading(measured(event), role=role)


def tally(interruptions: Sequence[Interruption]) -> dict[str, int | None]:
    """Return how the interruptions went: how many, yielded to or not, and the median time to stop."""
    latencies_ms = [event.stop_latency_ms for event in interruptions if event.stop_latency_ms is not None]
    return {
        "count": len(interruptions),
        "yielded_count": sum(event.yielded for event in interruptions),
        "failed_count": sum(not event.yielded for event in interruptions),
        "stop_latency_p50_ms": round(percentile(latencies_ms, 0.5)) if latencies_ms else None,
    }


def _event(
    interruption: Interruption, spoken: Mapping[Role, Track[Segment]], held: Mapping[Role, Track[Turn]]
) -> InterruptionEvent:
    at_ms = interruption.at_offset_ms
    turn = held[interruption.by.other].last_begun(at_ms)
    return InterruptionEvent(
        interruption=interruption,
        broken=spoken[interruption.by.other].last_begun(at_ms),
        breaking=spoken[interruption.by].last_begun(at_ms),
        spoken_before_ms=at_ms - turn.start_offset_ms,
    )


def _account(interruption: Interruption) -> str:
    opening = f"the {interruption.by} started while the {interruption.by.other} was speaking"
    if interruption.stop_latency_ms is not None:
        return f"{opening}; the {interruption.by.other} stopped after {interruption.stop_latency_ms} ms"
    return f"{opening}; the {interruption.by.other} did not stop"
