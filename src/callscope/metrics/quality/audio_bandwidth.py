"""Up to where a channel holds sound."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.channels import of_each_party
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each channel's bandwidth."""
    yield from of_each_party(
        facts, lambda channel: channel.bandwidth_hz, absent="Nothing in the channel is loud enough to tell."
    )


METRIC = MetricDefinition(
    slug="audio_bandwidth",
    name="Audio bandwidth",
    description="Up to which frequency each party's channel holds sound.",
    family="quality",
    value_type=ValueType.NUMERIC,
    unit=Unit(name="hertz", symbol="Hz"),
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.HIGHER_IS_BETTER,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    formula="Highest frequency at which the loud frames hold energy within 45 dB of their strongest; 8 kHz at most.",
    edge_cases=("Telephone calls end at about 3.4 kHz, whatever the sample rate of the file.",),
    weaknesses=("Above 8 kHz nothing is looked at.",),
)
