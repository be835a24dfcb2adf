"""How loud a party speaks while it speaks."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.channels import FULL_SCALE_DECIBELS, of_each_party
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each party's active level."""
    yield from of_each_party(
        facts, lambda channel: channel.active_level_db, absent="No speech was found in the channel."
    )


METRIC = MetricDefinition(
    slug="active_speech_level",
    name="Active speech level",
    description="How loud each party speaks while it speaks.",
    family="quality",
    value_type=ValueType.NUMERIC,
    unit=FULL_SCALE_DECIBELS,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    formula=(
        "ITU-T P.56, method B, on detected speech only: energy over the time the smoothed envelope stays "
        "within 15.9 dB of the level itself."
    ),
    edge_cases=("Pauses and the other party's time do not count. About -26 dBFS is usual for telephone speech.",),
    weaknesses=(
        "It depends on the gain of the recorder: it tells parties and calls of one recorder apart, not people.",
    ),
)
