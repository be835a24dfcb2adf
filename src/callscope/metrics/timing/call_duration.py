"""How long the call lasted."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the length of the call."""
    yield Reading(value=facts.duration_ms)


METRIC = MetricDefinition(
    slug="call_duration",
    name="Call duration",
    description="How long the call lasted, from the first to the last sample of its recording.",
    family="timing",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.DURATION,),
    version=1,
    compute=measure,
    formula="Decoded samples of the recording divided by its sample rate.",
    edge_cases=("Before a recording is decoded, the length the sender reported stands in, with lower confidence.",),
    weaknesses=("Ringing, hold music and silence at both ends belong to the recording and are counted.",),
)
