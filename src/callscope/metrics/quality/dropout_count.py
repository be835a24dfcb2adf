"""How often a channel drops out."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.channels import of_each_party
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each channel's dropouts."""
    yield from of_each_party(
        facts, lambda channel: channel.dropout_count, absent="The channel is silent from beginning to end."
    )


METRIC = MetricDefinition(
    slug="dropout_count",
    name="Dropouts",
    description="How often each party's channel falls to digital silence and comes back.",
    family="quality",
    value_type=ValueType.COUNT,
    unit=Unit(name="dropouts", symbol="dropouts"),
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    formula="Holes of 20 ms to 2 s in which the signal is below -110 dBFS.",
    edge_cases=("A channel that is mostly digital silence was gated, not torn, and counts none.",),
    weaknesses=("Lost packets that a decoder has concealed leave no silence and are not seen.",),
)
