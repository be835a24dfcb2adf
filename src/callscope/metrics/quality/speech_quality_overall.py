"""How good listeners would find each party's sound."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.channels import OPINION, perceived
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each party's overall score."""
    yield from perceived(facts, lambda quality: quality.overall)


METRIC = MetricDefinition(
    slug="speech_quality_overall",
    name="Speech quality",
    description="How good listeners would find each party's sound, 1 (bad) to 5 (excellent).",
    family="quality",
    value_type=ValueType.SCALE,
    unit=OPINION,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.HIGHER_IS_BETTER,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    confidence=0.7,
    formula="DNSMOS P.835, overall: the mean over the judged stretches, each brought to -26 dBFS before.",
    edge_cases=(
        (
            "At most one stretch of nine seconds in five minutes is judged, the one with the most speech; of "
            "calls longer than an hour the first hour."
        ),
        "Without the weights (`pip install --no-deps speechmos`), or switched off, the value says so.",
    ),
    weaknesses=(
        (
            "The network learned on wide-band recordings with room noise. In telephone band its verdicts crowd "
            "together: compare them with each other, not with wide-band calls."
        ),
    ),
)
