import numpy as np
import pytest

from callscope.speech.channel_audio import Samples, read_from
from callscope.speech.diarization.diarizer import NO_SPEECH, ONE_VOICE, TOO_LITTLE, Diarization, diarize
from callscope.speech.diarization.embedder import EmbedderUnavailable, Embeddings, SpeakerEmbedder
from callscope.speech.diarization.resemblyzer import load_embedder
from tests.support.mono_calls import MonoCall, make_mono_call, scripted_samples
from tests.support.voices import is_installed, synthesised_voice


class LevelEmbedder:
    """Tells "voices" apart by the sign of their samples' mean: what a test writes is what is heard."""

    window_ms = 1600
    version = "level"

    def embed(self, stretches: list[Samples]) -> Embeddings:
        means = np.array([np.clip(stretch.mean() * 10, -1, 1) for stretch in stretches])
        angle = np.pi / 4 * (1 + means)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def diarize_script(script: list[tuple[int, int, float]], segments: list[tuple[int, int]]) -> Diarization:
    samples = scripted_samples(script)
    return diarize(read_from(samples), segments, LevelEmbedder())


def test_runs_of_speech_are_given_to_the_voice_that_spoke_them() -> None:
    script = [(0, 2000, 0.1), (2500, 6000, -0.1), (6500, 8500, 0.1), (9000, 9400, -0.1)]
    result = diarize_script(script, [(start, end) for start, end, _ in script])
    assert [(s.speaker, s.start_ms, s.end_ms) for s in result.stretches] == [
        (0, 0, 2000),
        (1, 2500, 6000),
        (0, 6500, 8500),
        (1, 9000, 9400),
    ]
    assert result.speaker_count == 2
    assert result.reason is None


def test_a_change_inside_a_run_of_speech_is_found_at_its_dip() -> None:
    script = [(0, 3950, 0.1), (4050, 8000, -0.1)]
    result = diarize_script(script, [(0, 8000)])
    first, second = result.stretches
    assert (first.speaker, second.speaker) == (0, 1)
    assert first.end_ms == second.start_ms
    assert first.end_ms == pytest.approx(4000, abs=40)


def test_one_voice_is_not_split() -> None:
    script = [(0, 4000, 0.1), (4500, 8000, 0.101), (8500, 10500, 0.099)]
    result = diarize_script(script, [(start, end) for start, end, _ in script])
    assert result.speaker_count == 1
    assert result.reason == ONE_VOICE
    assert {stretch.speaker for stretch in result.stretches} == {0}


def test_a_second_voice_of_a_word_or_two_is_not_split_off() -> None:
    script = [(0, 4000, 0.1), (4500, 5500, -0.1), (6000, 9500, 0.1)]
    result = diarize_script(script, [(start, end) for start, end, _ in script])
    assert (result.speaker_count, result.reason) == (1, ONE_VOICE)


@pytest.mark.parametrize(("segments", "reason", "count"), [([], NO_SPEECH, 0), ([(0, 900)], TOO_LITTLE, 1)])
def test_too_little_speech_is_left_whole(segments: list[tuple[int, int]], reason: str, count: int) -> None:
    result = diarize_script([(0, 1000, 0.1)], segments)
    assert (result.reason, result.speaker_count) == (reason, count)


def test_clear_long_stretches_are_surer_than_faint_short_ones() -> None:
    script = [(0, 4000, 0.1), (4500, 8000, -0.1), (8500, 8800, 0.02), (9300, 12000, -0.1), (12500, 15000, 0.1)]
    result = diarize_script(script, [(start, end) for start, end, _ in script])
    confidences = [stretch.confidence for stretch in result.stretches]
    assert min(confidences) == confidences[2]
    assert confidences[0] > 0.95


@pytest.fixture(scope="module")
def embedder() -> SpeakerEmbedder:
    loaded = load_embedder()
    if isinstance(loaded, EmbedderUnavailable):
        pytest.skip(loaded.reason)
    return loaded


def diarize_call(call: MonoCall, embedder: SpeakerEmbedder) -> Diarization:
    return diarize(read_from(call.samples), call.segments, embedder)


needs_flite = pytest.mark.skipif(not is_installed("flite"), reason="flite is not installed")


@needs_flite
@pytest.mark.parametrize(("first", "second"), [("slt", "rms"), ("kal16", "awb")])
def test_two_synthesised_voices_are_told_apart(first: str, second: str, embedder: SpeakerEmbedder) -> None:
    call = make_mono_call(7, synthesised_voice("flite", first), synthesised_voice("flite", second))
    result = diarize_call(call, embedder)
    assert result.speaker_count == 2
    assert call.share_assigned_right(result.stretches) >= 0.95
    assert result.confidence > 0.9


@needs_flite
@pytest.mark.parametrize("voice", ["slt", "rms", "awb"])
def test_one_synthesised_voice_is_not_split(voice: str, embedder: SpeakerEmbedder) -> None:
    call = make_mono_call(8, synthesised_voice("flite", voice), synthesised_voice("flite", voice))
    assert diarize_call(call, embedder).speaker_count == 1


@needs_flite
def test_the_same_samples_give_the_same_result(embedder: SpeakerEmbedder) -> None:
    call = make_mono_call(9, synthesised_voice("flite", "slt"), synthesised_voice("flite", "rms"))
    assert diarize_call(call, embedder) == diarize_call(call, embedder)
