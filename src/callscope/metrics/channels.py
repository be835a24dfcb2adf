"""Figures that belong to a party's own channel."""

from collections.abc import Callable, Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Unit, ValueState
from callscope.core.recording import ChannelReport, PerceivedQuality, RecordingAnalysis
from callscope.metrics.definition import Reading

DECIBELS = Unit(name="decibels", symbol="dB")
FULL_SCALE_DECIBELS = Unit(name="decibels below full scale", symbol="dBFS")
OPINION = Unit(name="mean opinion score", symbol="MOS")
_BAND_HZ = 4300


def recording_of(facts: CallFacts) -> RecordingAnalysis:
    """Return the recording of a metric that declares CHANNEL_AUDIO.

    Raises:
        ValueError: the metric did not, so nobody checked that there is one.
    """
    if facts.recording is None:
        raise ValueError("a metric that reads the recording must declare the input CHANNEL_AUDIO")
    return facts.recording


def of_each_party(
    facts: CallFacts,
    figure: Callable[[ChannelReport], float | int | None],
    *,
    absent: str,
    absent_state: ValueState = ValueState.NOT_APPLICABLE,
) -> Iterator[Reading]:
    """Yield one figure of each party's own channel; `absent` says why, where its channel has none."""
    recording = recording_of(facts)
    channel_of = {channel.role: channel for channel in recording.report.channels if channel.role is not None}
    for role in Role:
        channel = channel_of.get(role)
        if channel is None or recording.report.is_duplicated_mono:
            reason = recording.reason or f"No channel of the recording is the {role}'s own."
            yield Reading.data_missing(reason, role=role)
            continue
        found = figure(channel)
        if found is None:
            yield Reading(state=absent_state, role=role, reason=absent)
        else:
            yield Reading(value=found, role=role, statistics={"bandwidth_hz": channel.bandwidth_hz})


def perceived(facts: CallFacts, aspect: Callable[[PerceivedQuality], float]) -> Iterator[Reading]:
    """Yield an aspect of each party's perceived quality, with the band it was heard in."""
    recording = recording_of(facts)
    reason = recording.perceived_reason or "No nine seconds of the recording hold enough of this party's speech."

    def score(channel: ChannelReport) -> float | None:
        return None if channel.perceived is None else aspect(channel.perceived)

    for reading in of_each_party(facts, score, absent=reason, absent_state=ValueState.DATA_MISSING):
        yield _with_band(reading)


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
