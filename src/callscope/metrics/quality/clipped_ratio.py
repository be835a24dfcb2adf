"""How much of a channel is clipped."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.channels import of_each_party
from callscope.metrics.definition import RATIO, MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each channel's clipped share."""
    yield from of_each_party(
        facts, lambda channel: channel.clipped_ratio, absent="The channel is silent from beginning to end."
    )


METRIC = MetricDefinition(
    slug="clipped_ratio",
    name="Clipping",
    description="The share of samples of each party's channel at full scale.",
    family="quality",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    formula="Samples within 0.13 dB of full scale ÷ all samples.",
    edge_cases=("A few clipped samples (below 0.0001) are not heard.",),
    weaknesses=("Clipping before a later reduction of the gain is not at full scale any more and is not seen.",),
)
