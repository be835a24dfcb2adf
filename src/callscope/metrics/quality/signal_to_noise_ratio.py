"""How far speech lies above the noise."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.channels import DECIBELS, of_each_party
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each party's ratio."""
    yield from of_each_party(facts, lambda channel: channel.snr_db, absent="No speech was found in the channel.")


METRIC = MetricDefinition(
    slug="signal_to_noise_ratio",
    name="Signal-to-noise ratio",
    description="How far each party's speech lies above the noise of its channel.",
    family="quality",
    value_type=ValueType.NUMERIC,
    unit=DECIBELS,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.HIGHER_IS_BETTER,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    formula="Level of the detected speech minus the middle noise level between it, both over 94 Hz to 7.4 kHz.",
    edge_cases=("Where nobody speaks there is nothing to compare with the noise.",),
    weaknesses=("Digital silence between words makes noise inside words invisible: the ratio is then an upper bound.",),
)
