"""When the first interruption happened."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import evidence_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State where in the call somebody first broke in."""
    first = min(conversation_of(facts).interruptions, key=lambda each: each.at_offset_ms, default=None)
    if first is None:
        yield Reading.not_applicable("Nobody interrupted.")
    else:
        yield Reading(value=first.at_offset_ms, evidence=evidence_of((first,)))


METRIC = MetricDefinition(
    slug="first_interruption_time",
    name="First interruption",
    description="Where in the call either party first broke in on the other.",
    family="timing",
    value_type=ValueType.OFFSET,
    unit=MILLISECONDS,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula="Onset of the first interruption, counted from the first sample of the recording.",
    edge_cases=("A call without interruptions has no value.", "The evidence says who broke in."),
    weaknesses=("Early is not bad by itself: customers cut greetings short. `interruption_count` tells how many.",),
)
