"""How often a party left the other without an answer."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import (
    CallFacts,
    Direction,
    EvidenceSpan,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueType,
)
from callscope.metrics.definition import MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.intervals import Interval
from callscope.metrics.timeline import silences_in


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State how many times each party missed its answer, and where."""
    segments = conversation_of(facts).segments
    if not segments:
        for role in Role:
            yield Reading.not_applicable("Nobody spoke.", role=role)
        return
    waits = tuple(_waits(facts, segments, int(parameters["unanswered_ms"])))
    for role in Role:
        spans = tuple(_span(role, wait) for silent, wait in waits if silent is role)
        yield Reading(value=len(spans), role=role, evidence=spans)


def _waits(facts: CallFacts, segments: tuple[Segment, ...], limit_ms: int) -> Iterator[tuple[Role, Interval]]:
    """Yield who left the other without an answer, and when."""
    for silence in silences_in(facts):
        if silence.before.role is silence.after.role and silence.duration_ms >= limit_ms:
            yield silence.before.role.other, (silence.start_offset_ms, silence.end_offset_ms)
    last = max(segments, key=lambda segment: segment.end_offset_ms)
    if facts.duration_ms is not None and facts.duration_ms - last.end_offset_ms >= limit_ms:
        yield last.role.other, (last.end_offset_ms, facts.duration_ms)


def _span(role: Role, wait: Interval) -> EvidenceSpan:
    start_ms, end_ms = wait
    reason = f"the {role} left the {role.other} without an answer for {end_ms - start_ms} ms"
    return EvidenceSpan(start_offset_ms=start_ms, end_offset_ms=end_ms, role=role, reason=reason)


METRIC = MetricDefinition(
    slug="missed_response_count",
    name="Missed responses",
    description="How often a party left the other without an answer until the other went on or the call ended.",
    family="turn_taking",
    value_type=ValueType.COUNT,
    unit=Unit(name="responses", symbol="responses"),
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    parameters=(
        Parameter(
            name="unanswered_ms",
            default=3000,
            meaning="Shortest silence after the other party's speech that counts as no answer.",
        ),
    ),
    formula=(
        "Number of silences of at least `unanswered_ms` that follow the other party's speech and end with the other "
        "party speaking again, or with the end of the call."
    ),
    edge_cases=(
        "A late answer is an answer: it shows as a long `response_time`, not here.",
        "A goodbye followed by hanging up at once leaves nobody without an answer.",
        "Where the length of the call is not known, the end of the call is not looked at.",
    ),
    weaknesses=("A party that pauses to think for long, in the middle of its own turn, counts as left unanswered.",),
)
