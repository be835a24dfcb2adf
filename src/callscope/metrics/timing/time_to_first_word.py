"""How long a party takes to be heard for the first time."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import (
    CallFacts,
    Direction,
    EvidenceSpan,
    MetricContext,
    MetricInput,
    MetricScope,
    ValueType,
)
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.intervals import of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each party's first onset."""
    segments = conversation_of(facts).segments
    for role in Role:
        first = min(of(role, segments), key=lambda segment: segment.start_offset_ms, default=None)
        if first is None:
            yield Reading.not_applicable(f"The {role} never spoke.", role=role)
            continue
        span = EvidenceSpan(
            start_offset_ms=first.start_offset_ms,
            end_offset_ms=first.end_offset_ms,
            role=role,
            reason=f"the first speech of the {role}",
        )
        yield Reading(value=first.start_offset_ms, role=role, evidence=(span,))


METRIC = MetricDefinition(
    slug="time_to_first_word",
    name="Time to first word",
    description="From the start of the call to the first speech of each party.",
    family="timing",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    formula="Onset of the party's first segment, counted from sample 0 of the recording.",
    edge_cases=("A party that never speaks has no first word: the value is not applicable, not the call's length.",),
    weaknesses=("A recording that starts late (after ringing, or after the greeting) makes the time too short.",),
)
