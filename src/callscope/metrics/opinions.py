"""What listeners would say of each party's sound, as DNSMOS predicts it: metrics that differ by one figure."""

from collections.abc import Callable, Iterator

from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueState,
    ValueType,
)
from callscope.core.recording import ChannelReport, PerceivedQuality
from callscope.metrics.channels import of_each_party, recording_of
from callscope.metrics.definition import MetricDefinition, Parameters, Reading

OPINION = Unit(name="mean opinion score", symbol="MOS")
NOT_HEARD = (
    "No nine seconds of the recording hold enough of this party's speech, or it was analysed before this was judged; "
    "then analyse it again (POST /v1/call/{id}/analysis)."
)
_BAND_HZ = 4300


def opinion(
    *, slug: str, name: str, description: str, question: str, figure: Callable[[PerceivedQuality], float | None]
) -> MetricDefinition:
    """Return the metric of one figure; `question` names the test that the network was trained to predict."""

    def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
        def heard(channel: ChannelReport) -> float | None:
            return None if channel.perceived is None else figure(channel.perceived)

        reason = recording_of(facts).perceived_reason or NOT_HEARD
        for reading in of_each_party(facts, heard, absent=reason, absent_state=ValueState.DATA_MISSING):
            yield _with_band(reading)

    return MetricDefinition(
        slug=slug,
        name=name,
        description=description,
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
        formula=f"{question}: the mean over the judged stretches, each brought to -26 dBFS before.",
        edge_cases=(
            (
                "At most one stretch of nine seconds in five minutes is judged, the one with the most speech; of calls "
                "longer than an hour the first hour."
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


def _with_band(reading: Reading) -> Reading:
    bandwidth_hz = reading.statistics.get("bandwidth_hz")
    if reading.state is not ValueState.SUCCESS or bandwidth_hz is None:
        return reading
    band = "telephone band" if bandwidth_hz < _BAND_HZ else "wide band"
    return Reading(
        value=reading.value,
        role=reading.role,
        statistics=reading.statistics,
        reason=f"Heard in {band}, up to {bandwidth_hz:.0f} Hz; compare calls of one band only.",
    )
