"""The neural detector decides whether there is speech; energy over the noise decides where it begins and ends."""

import numpy as np
import numpy.typing as npt

from callscope.audio.spectrum import FRAME_MS, Power, to_power
from callscope.speech.activity import activity_score, moving_average
from callscope.speech.bleed import Bleed, explained_power
from callscope.speech.noise import NoiseFloor
from callscope.speech.parameters import SpeechParameters
from callscope.speech.tracks import WINDOW_MS, ChannelTrack, chunks, dilated, runs

Mask = npt.NDArray[np.bool_]
Spans = npt.NDArray[np.int64]
"""Stretches in milliseconds, [spans, 2]."""

_RAISED_SHARE = 0.28
"""Share of the single-frame threshold a frame must score itself to count as part of sustained activity around it."""
_NOISE_SPREAD = 2.5
_HIGHEST_RAISE = 4.0
_FEWEST_QUIET_FRAMES = 200
_HALF_FRAME_MS = FRAME_MS // 2
_LOUD_QUANTILE = 0.9
_CLEAR_OF_NOISE = np.float32(10)
_NEAR_STRONGEST = np.float32(10**-2.5)
_VOICED_BANDS = 7


def locate_speech(
    track: ChannelTrack,
    noise: NoiseFloor,
    quiet: Mask,
    parameters: SpeechParameters,
    *,
    other: ChannelTrack | None = None,
    bleed: Bleed | None = None,
) -> Spans:
    """Return where the party of `track` speaks, as integer milliseconds from recording sample 0.

    With `bleed`, what the voice of `other` explains counts as noise.
    """
    active, hidden = active_frames(track, noise, quiet, parameters, other=other, bleed=bleed)
    heard = neural_frames(track, noise, parameters)
    reach = parameters.edge_reach_ms // FRAME_MS
    said = track.frame_probabilities()
    if bleed is None:
        active |= hidden & _surely_speaking(said, parameters)
    spans = runs(active & dilated(heard, reach, reach)) * FRAME_MS
    spans = _merged(spans, ~active & ~(hidden & (said >= parameters.release_probability)), parameters)
    spans = _with_evidence(spans, heard)
    spans = spans[spans[:, 1] - spans[:, 0] >= parameters.min_speech_ms]
    # Sound begins and ends somewhere inside its first and last frame; the middle is the best guess.
    located: Spans = spans + np.array([_HALF_FRAME_MS, -_HALF_FRAME_MS])
    return located


def neural_frames(track: ChannelTrack, noise: NoiseFloor, parameters: SpeechParameters) -> Mask:
    """Return the frames the network calls speech: raised stretches that hold enough certain windows.

    A stretch of doubtful windows counts too when it lasts and its sound is as loud and as broad as a voiced word.
    """
    windows = np.zeros(track.probabilities.size, dtype=bool)
    certain = np.concatenate([[0], np.cumsum(track.probabilities >= parameters.onset_probability)])
    for first, last in runs(track.probabilities >= parameters.release_probability):
        if certain[last] - certain[first] >= parameters.evidence_windows:
            windows[first:last] = True
    for first, last in runs((track.probabilities >= parameters.doubtful_release_probability) & ~windows):
        is_long = (last - first) * WINDOW_MS >= parameters.doubtful_speech_ms
        if is_long and track.probabilities[first:last].mean() >= parameters.doubtful_probability:
            frames = slice(first * WINDOW_MS // FRAME_MS, min(last * WINDOW_MS // FRAME_MS, track.frame_count))
            broad = np.count_nonzero(_broad_frames(to_power(track.levels[frames]), noise.at(frames)))
            windows[first:last] = broad * FRAME_MS >= parameters.broad_speech_ms
    middles_ms = np.arange(track.frame_count) * FRAME_MS + FRAME_MS // 2
    return windows[np.minimum(middles_ms // WINDOW_MS, windows.size - 1)] if windows.size else np.zeros(0, dtype=bool)


def _broad_frames(power: Power, noise: Power) -> Mask:
    """Return the frames with the spectrum of a vowel close to the microphone: many bands at once, all loud.

    Tones, chords and dialling leave most bands far below their strongest, however loud they are.
    """
    strongest = power.max(axis=1, keepdims=True)
    filled = (power > noise * _CLEAR_OF_NOISE) & (power > strongest * _NEAR_STRONGEST)
    broad: Mask = filled.sum(axis=1) >= _VOICED_BANDS
    return broad


def active_frames(
    track: ChannelTrack,
    noise: NoiseFloor,
    quiet: Mask,
    parameters: SpeechParameters,
    *,
    other: ChannelTrack | None = None,
    bleed: Bleed | None = None,
) -> tuple[Mask, Mask]:
    """Return the frames whose energy stands out from noise and bleed, and those in which a weak sound could not."""
    scores = np.empty((2, track.frame_count), dtype=np.float32)
    hidden = np.empty(track.frame_count, dtype=bool)
    weakest = np.float32(10 ** ((_voice_level_db(track, parameters) - parameters.hidden_depth_db) / 10))
    for stretch in chunks(track.frame_count):
        power = to_power(track.levels[stretch])
        expected = noise.at(stretch)
        if bleed is not None and other is not None:
            source = to_power(other.levels[stretch])
            expected = expected + explained_power(bleed, source, parameters.bleed_margin_db)
        scores[0, stretch] = activity_score(power, expected)
        scores[1, stretch] = activity_score(moving_average(power), moving_average(expected))
        hidden[stretch] = expected.sum(axis=1) > weakest
    single = _threshold(scores[0][quiet], parameters.active_score)
    sustained = _threshold(scores[1][quiet], parameters.sustained_score)
    raised = (scores[1] > sustained) & (scores[0] > _RAISED_SHARE * single)
    active: Mask = (scores[0] > single) | raised
    return active, hidden


def _voice_level_db(track: ChannelTrack, parameters: SpeechParameters) -> float:
    """Return how loud the loud frames of what the network calls speech are; full scale when it hears none."""
    spoken = track.power_db[track.frame_probabilities() >= parameters.onset_probability]
    return float(np.quantile(spoken, _LOUD_QUANTILE)) if spoken.size else 0.0


def _surely_speaking(said: npt.NDArray[np.float32], parameters: SpeechParameters) -> Mask:
    """Return the frames in which the network is sure and stays so for as long as it is late to hear an end."""
    unsure = said < parameters.onset_probability
    return ~dilated(unsure, parameters.network_lag_ms // FRAME_MS, 0)


def _threshold(quiet_scores: npt.NDArray[np.float32], least: float) -> float:
    """Return the score that noise of this very channel hardly reaches.

    For Gaussian noise `_NOISE_SPREAD` times the 97th percentile is close to `least`; noise that sputters gets a
    higher one, up to a bound, so that speech hiding in the quiet frames cannot make the channel deaf.
    """
    if quiet_scores.size < _FEWEST_QUIET_FRAMES:
        return least
    return float(np.clip(_NOISE_SPREAD * np.quantile(quiet_scores, 0.97), least, _HIGHEST_RAISE * least))


def _merged(spans: Spans, silent: Mask, parameters: SpeechParameters) -> Spans:
    """Return `spans` with those made one that no pause parts: none long enough, or none that is surely `silent`."""
    if not len(spans):
        return spans
    gaps = spans[1:, 0] - spans[:-1, 1]
    counted = np.concatenate([[0], np.cumsum(silent)])
    silence = (counted[spans[1:, 0] // FRAME_MS] - counted[spans[:-1, 1] // FRAME_MS]) * FRAME_MS
    apart = (silence >= parameters.merge_gap_ms) | (gaps >= parameters.bridge_gap_ms)
    starts = spans[np.concatenate([[True], apart]), 0]
    ends = spans[np.concatenate([apart, [True]]), 1]
    return np.stack([starts, ends], axis=1)


def _with_evidence(spans: Spans, heard: Mask) -> Spans:
    """Return the spans in which the network heard speech."""
    counted = np.concatenate([[0], np.cumsum(heard)])
    frames = spans // FRAME_MS
    return spans[counted[frames[:, 1]] > counted[frames[:, 0]]]
