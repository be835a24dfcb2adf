"""Which channel belongs to which party, and whether a transcript says it is the other way round."""

from collections.abc import Sequence

import numpy as np

from callscope.core.call import Role
from callscope.core.transcript import TranscriptEntry
from callscope.speech.edges import Spans

STEREO_ROLES = (Role.CUSTOMER, Role.AGENT)
"""Left and right, as the plug-ins of the common agent frameworks record."""

_STEP_MS = 20
_CLEARLY_BETTER = 0.25
_LEAST_ENTRIES = 3


def default_roles(channel_count: int, speaking: Sequence[int]) -> tuple[Role | None, ...]:
    """Return the roles of a recording nobody described: two speaking channels are customer and agent, in this order.

    `speaking` are the indices of the channels in which speech was found; it matters only beyond two channels.
    """
    pair = (0, 1) if channel_count == len(STEREO_ROLES) else tuple(speaking)
    if len(pair) != len(STEREO_ROLES):
        return (None,) * channel_count
    by_channel = dict(zip(pair, STEREO_ROLES, strict=True))
    return tuple(by_channel.get(index) for index in range(channel_count))


def is_swapped(spans_of: dict[Role, Spans], transcript: Sequence[TranscriptEntry], duration_ms: int) -> bool:
    """Whether `transcript` fits the exchanged roles clearly better than the assumed ones.

    Fit is the correlation of "this party speaks in the transcript" with "this channel speaks", agent minus customer.
    """
    timed = [entry for entry in transcript if entry.end_offset_ms > entry.start_offset_ms]
    if len(timed) < _LEAST_ENTRIES or len({entry.role for entry in timed}) < len(STEREO_ROLES):
        return False
    size = duration_ms // _STEP_MS + 1
    heard = _presence(spans_of[Role.AGENT], size) - _presence(spans_of[Role.CUSTOMER], size)
    spans = {
        role: np.array([(e.start_offset_ms, e.end_offset_ms) for e in timed if e.role is role], dtype=np.int64)
        for role in Role
    }
    told = _presence(spans[Role.AGENT], size) - _presence(spans[Role.CUSTOMER], size)
    strength = float(np.linalg.norm(heard) * np.linalg.norm(told))
    return strength > 0 and float(heard @ told) / strength < -_CLEARLY_BETTER


def _presence(spans: Spans, size: int) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """Return 1 where a span lies and 0 elsewhere, in steps of `_STEP_MS`."""
    steps = np.zeros(size + 1, dtype=np.float32)
    np.add.at(steps, np.minimum(spans[:, 0] // _STEP_MS, size), 1)
    np.add.at(steps, np.minimum(spans[:, 1] // _STEP_MS, size), -1)
    return np.minimum(np.cumsum(steps[:-1], dtype=np.float32), 1)
