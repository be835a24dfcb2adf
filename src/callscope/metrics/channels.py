"""Figures that belong to a party's own channel."""

from collections.abc import Callable, Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Unit, ValueState
from callscope.core.recording import ChannelReport, RecordingAnalysis
from callscope.metrics.definition import Reading

DECIBELS = Unit(name="decibels", symbol="dB")
FULL_SCALE_DECIBELS = Unit(name="decibels below full scale", symbol="dBFS")


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
