"""How loud a channel is to the ear."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.channels import of_each_party
from callscope.metrics.definition import MetricDefinition, Parameters, Reading


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State each channel's integrated loudness."""
    yield from of_each_party(
        facts, lambda channel: channel.loudness_lufs, absent="Nothing in the channel is loud enough to be gated in."
    )


METRIC = MetricDefinition(
    slug="loudness",
    name="Loudness",
    description="How loud each party's channel is to the ear.",
    family="quality",
    value_type=ValueType.NUMERIC,
    unit=Unit(name="loudness units relative to full scale", symbol="LUFS"),
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    formula=(
        "ITU-R BS.1770: K-weighted power of 400 ms blocks, gated at -70 LUFS and at 10 LU below the mean of "
        "what is left."
    ),
    edge_cases=("Everything in the channel counts, hold music too; `active_speech_level` is of speech alone.",),
    weaknesses=("What lies above 8 kHz is not heard.",),
)
