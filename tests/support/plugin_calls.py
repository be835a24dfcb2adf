"""What the plug-ins send of a call, as they send it."""

from datetime import timedelta
from typing import Any

import numpy as np

from tests.support.api import NOW

RATE_HZ = 8000


def started(**further: Any) -> dict[str, Any]:
    return {
        "event": "call-started",
        "pipecatCallId": "pc-1",
        "eventTimestamp": NOW.isoformat(),
        "agentId": "desk-v3",
        "agentName": "Desk",
        "agentPrompt": "You answer the phone.",
        **further,
    }


ZERO = NOW + timedelta(milliseconds=500)
"""When the recording of the call of `ended` began: half a second after the call."""


def ended(**further: Any) -> dict[str, Any]:
    """Return the end of a call of six seconds."""
    return {
        "event": "call-ended",
        "pipecatCallId": "pc-1",
        "eventTimestamp": at(6000),
        "callStartedAt": NOW.isoformat(),
        "callEndedAt": at(6000),
        "callEndedReason": "client-disconnected",
        "agentSpokeFirst": True,
        "recordingSampleRate": RATE_HZ,
        "recordingNumChannels": 2,
        "transcript": [
            said("assistant", "Hello, how can I help?", 200, 1500),
            {**said("user", "Where is my order?", 2000, 3100), "language": "en"},
            {"role": "assistant", "content": "On its way.", "timestamp": at(4000), "endTimestamp": at(5000)},
        ],
        "toolCalls": [
            {
                "kind": "tool_call",
                "toolCallId": "t-1",
                "name": "look_up",
                "arguments": '{"order":7}',
                "timestamp": at(3200),
                "audioOffsetMs": 3200,
            },
            {
                "kind": "tool_result",
                "toolCallId": "t-1",
                "content": '{"state":"sent"}',
                "timestamp": at(3700),
                "audioOffsetMs": 3700,
            },
        ],
        **further,
    }


def said(role: str, content: str, start_ms: int, end_ms: int) -> dict[str, Any]:
    return {
        "role": role,
        "content": content,
        "timestamp": at(start_ms),
        "endTimestamp": at(end_ms),
        "audioOffsetMs": start_ms,
        "endAudioOffsetMs": end_ms,
    }


def at(offset_ms: int) -> str:
    return (ZERO + timedelta(milliseconds=offset_ms)).isoformat()


def ramp_chunks(count: int, frames: int) -> list[bytes]:
    """Return chunks of a two-channel recording in which every sample tells its place: left counts up, right down."""
    left = np.arange(1, count * frames + 1, dtype="<i2")
    both = np.stack([left, -left], axis=1)
    return [both[start : start + frames].tobytes() for start in range(0, count * frames, frames)]
