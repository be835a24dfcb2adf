"""Sounds of telephone lines are nobody's speech and have a name, as recorded and as a telephone passes them on."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callscope.core.recording import SoundKind
from callscope.speech.analysis import analyze_recording
from tests.support.signals import write_audio
from tests.support.synthetic_calls import mu_law, pink, telephone_band

RATE_HZ = 16_000
SECONDS = 12
DIALLING_LOW_HZ = (697, 770, 852, 941)
DIALLING_HIGH_HZ = (1209, 1336, 1477)
CHORDS_HZ = ((261.6, 329.6, 392.0), (220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7))

Sound = npt.NDArray[np.float64]


def laid_out(sound: Callable[[int], Sound], *, every_s: float) -> Sound:
    """Return `sound(0)`, `sound(1)`, ... begun `every_s` apart, a second of silence at both ends."""
    samples = np.zeros(SECONDS * RATE_HZ)
    for index, start_s in enumerate(np.arange(1, SECONDS - 2, every_s)):
        piece = sound(index)
        samples[round(start_s * RATE_HZ) :][: piece.size] += piece
    return samples


def tone(frequency_hz: float, seconds: float) -> Sound:
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


def dialling(index: int) -> Sound:
    low, high = list(itertools.product(DIALLING_LOW_HZ, DIALLING_HIGH_HZ))[index % 12]
    return 0.3 * (tone(low, 0.15) + tone(high, 0.15))


def chord(index: int) -> Sound:
    fading = np.exp(-2 * np.arange(RATE_HZ) / RATE_HZ)
    notes = (tone(hz * part, 1.0) / part**1.3 for hz in CHORDS_HZ[index % 4] for part in range(1, 7))
    return 0.08 * fading * np.sum(list(notes), axis=0)


def white_burst(index: int) -> Sound:
    return 0.1 * np.random.default_rng(index).standard_normal(RATE_HZ * 3 // 10)


def pink_burst(index: int) -> Sound:
    burst: Sound = 0.1 * pink(np.random.default_rng(index), (1, RATE_HZ * 4 // 10))[0]
    return burst


MELODY_HZ = (523.3, 587.3, 659.3, 698.5, 784.0, 698.5, 659.3, 587.3)


def note(index: int) -> Sound:
    return 0.2 * tone(MELODY_HZ[index % 8], 0.35)


def plucked(index: int) -> Sound:
    parts = (tone(MELODY_HZ[index % 8] / 2 * part, 0.35) / part**1.2 for part in range(1, 7))
    return 0.2 * np.hanning(round(0.35 * RATE_HZ)) * np.sum(list(parts), axis=0)


def drummed_chord(index: int) -> Sound:
    sound = chord(index)
    for beat in range(4):
        hit = np.random.default_rng(beat).standard_normal(800) * np.exp(-np.arange(800) / 150)
        sound[beat * 4000 : beat * 4000 + 800] += 0.15 * hit
    return sound


def slide(_: int) -> Sound:
    seconds = np.arange(2 * RATE_HZ) / RATE_HZ
    return 0.2 * np.sin(2 * np.pi * (300 * seconds + 350 * seconds**2))


def double_ring(_: int) -> Sound:
    ring = 0.2 * (tone(400, 0.4) + tone(450, 0.4))
    return np.concatenate([ring, np.zeros(RATE_HZ // 5), ring])


SOUNDS = {
    "melody": laid_out(note, every_s=0.4),
    "plucked melody": laid_out(plucked, every_s=0.4),
    "chords and drums": laid_out(drummed_chord, every_s=1.0),
    "slides": laid_out(slide, every_s=3.0),
    "double ringing": laid_out(double_ring, every_s=3.0),
    "beep": laid_out(lambda _: 0.2 * tone(1400, 0.4), every_s=9.0),
    "dialling": laid_out(dialling, every_s=0.25),
    "chords": laid_out(chord, every_s=1.0),
    "ringing": laid_out(lambda _: 0.2 * (tone(440, 1) + tone(480, 1)), every_s=3.0),
    "engaged": laid_out(lambda _: 0.3 * tone(425, 0.48), every_s=0.96),
    "bursts of white noise": laid_out(white_burst, every_s=0.8),
    "bursts of pink noise": laid_out(pink_burst, every_s=1.0),
    "mains hum": 0.1 * tone(50, SECONDS) + 0.03 * tone(150, SECONDS) + 0.02 * tone(250, SECONDS),
}


KINDS = {
    "melody": {SoundKind.MUSIC},
    "plucked melody": {SoundKind.MUSIC},
    "chords and drums": {SoundKind.MUSIC},
    "slides": {SoundKind.TONE},
    "double ringing": {SoundKind.RINGING},
    "beep": {SoundKind.TONE},
    "dialling": {SoundKind.DIALLING},
    "chords": {SoundKind.MUSIC},
    "ringing": {SoundKind.RINGING},
    "engaged": {SoundKind.BUSY},
}


@pytest.mark.parametrize("is_telephone", [False, True], ids=["wide band", "telephone"])
@pytest.mark.parametrize("name", SOUNDS)
def test_the_sounds_of_a_line_are_nobodys_speech_and_have_a_name(tmp_path: Path, name: str, is_telephone: bool) -> None:
    sound = SOUNDS[name]
    both = np.stack([sound, np.zeros(sound.size)]) + 1e-3 * np.random.default_rng(9).standard_normal((2, sound.size))
    heard = mu_law(telephone_band(both)) if is_telephone else both
    path = write_audio(tmp_path / "line.wav", heard.astype(np.float32), RATE_HZ, "pcm_s16le")
    found = analyze_recording(path)
    assert found.segments == ()
    heard, silent = found.report.channels
    assert {sound.kind for sound in heard.sounds} == KINDS.get(name, set())
    assert silent.sounds == ()
    assert all(0 <= sound.start_offset_ms < sound.end_offset_ms <= found.duration_ms for sound in heard.sounds)
    assert ("line_sounds" in {finding.code for finding in found.report.findings}) is (name in KINDS)
