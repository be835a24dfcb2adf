"""The neural detector decides whether there is speech; energy over the noise decides where it begins and ends."""

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import FRAME_MS, to_power
from callscope.speech.activity import activity_score, moving_average
from callscope.speech.bleed import Bleed, explained_power
from callscope.speech.noise import NoiseFloor
from callscope.speech.parameters import SpeechParameters
from callscope.speech.tracks import WINDOW_MS, ChannelTrack, chunks, dilated, runs

Mask = npt.NDArray[np.bool_]
Spans = npt.NDArray[np.int64]
"""Stretches in milliseconds, [spans, 2]."""

_RAISED_SCORE = 5.0
"""What a frame must score itself to count as part of sustained activity around it."""


def locate_speech(
    track: ChannelTrack,
    noise: NoiseFloor,
    parameters: SpeechParameters,
    *,
    other: ChannelTrack | None = None,
    bleed: Bleed | None = None,
) -> Spans:
    """Return where the party of `track` speaks, as integer milliseconds from recording sample 0.

    With `bleed`, what the voice of `other` explains counts as noise.
    """
    active = active_frames(track, noise, parameters, other=other, bleed=bleed)
    heard = neural_frames(track, parameters)
    reach = parameters.edge_reach_ms // FRAME_MS
    spans = runs(active & dilated(heard, reach, reach)) * FRAME_MS
    spans = _merged(spans, parameters.merge_gap_ms)
    spans = _with_evidence(spans, heard)
    return spans[spans[:, 1] - spans[:, 0] >= parameters.min_speech_ms]


def neural_frames(track: ChannelTrack, parameters: SpeechParameters) -> Mask:
    """Return the frames the network calls speech: raised stretches that hold enough certain windows."""
    windows = np.zeros(track.probabilities.size, dtype=bool)
    certain = np.concatenate([[0], np.cumsum(track.probabilities >= parameters.onset_probability)])
    for first, last in runs(track.probabilities >= parameters.release_probability):
        if certain[last] - certain[first] >= parameters.evidence_windows:
            windows[first:last] = True
    middles_ms = np.arange(track.frame_count) * FRAME_MS + FRAME_MS // 2
    return windows[np.minimum(middles_ms // WINDOW_MS, windows.size - 1)] if windows.size else np.zeros(0, dtype=bool)


def active_frames(
    track: ChannelTrack,
    noise: NoiseFloor,
    parameters: SpeechParameters,
    *,
    other: ChannelTrack | None = None,
    bleed: Bleed | None = None,
) -> Mask:
    """Return the frames whose energy stands out from noise and bleed."""
    active = np.zeros(track.frame_count, dtype=bool)
    for stretch in chunks(track.frame_count):
        power = to_power(track.levels[stretch])
        expected = noise.at(stretch)
        if bleed is not None and other is not None:
            source = to_power(other.levels[stretch])
            expected = expected + explained_power(bleed, source, parameters.bleed_margin_db)
        score = activity_score(power, expected)
        sustained = activity_score(moving_average(power), moving_average(expected))
        raised = (sustained > parameters.sustained_score) & (score > _RAISED_SCORE)
        active[stretch] = (score > parameters.active_score) | raised
    return active


def _merged(spans: Spans, gap_ms: int) -> Spans:
    """Return `spans` with those less than `gap_ms` apart made one."""
    if not len(spans):
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] >= gap_ms
    starts = spans[np.concatenate([[True], apart]), 0]
    ends = spans[np.concatenate([apart, [True]]), 1]
    return np.stack([starts, ends], axis=1)


def _with_evidence(spans: Spans, heard: Mask) -> Spans:
    """Return the spans in which the network heard speech."""
    counted = np.concatenate([[0], np.cumsum(heard)])
    frames = spans // FRAME_MS
    return spans[counted[frames[:, 1]] > counted[frames[:, 0]]]
