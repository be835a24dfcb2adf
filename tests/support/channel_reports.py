"""Made-up figures of channels."""

from dataclasses import replace
from typing import Any

from callscope.core.call import Role
from callscope.core.metric import CallFacts
from callscope.core.recording import ChannelReport, PerceivedQuality
from tests.support.recordings import analysis

QUALITY = PerceivedQuality(signal=3.6, background=4.1, overall=3.3, mean_opinion=3.4, window_count=2, method="made up")


def channel_report(index: int, role: Role | None, **figures: Any) -> ChannelReport:
    """Return an ordinary channel with `figures` of its own."""
    ordinary = ChannelReport(
        index=index,
        role=role,
        speech_ms=4000,
        peak_db=-6.0,
        noise_floor_db=-60.0,
        speech_level_db=-24.0,
        snr_db=36.0,
        clipped_ratio=0.0,
        dropout_count=0,
        dc_offset=0.0,
        bandwidth_hz=3400,
        bleed_db=None,
        active_level_db=-22.5,
        activity_ratio=0.4,
        loudness_lufs=-25.0,
        perceived=QUALITY,
    )
    return replace(ordinary, **figures)


def facts_with(*channels: ChannelReport, perceived_reason: str | None = None) -> CallFacts:
    """Return a call of which only the recording with `channels` is known."""
    made_up = analysis(roles=[channel.role for channel in channels])
    report = replace(made_up.report, channels=channels)
    return CallFacts(
        duration_ms=10_000,
        conversation=None,
        conversation_reason="not told",
        transcript=(),
        tools=(),
        recording=replace(made_up, report=report, perceived_reason=perceived_reason),
    )
