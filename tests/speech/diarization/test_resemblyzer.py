import numpy as np
import pytest

from callscope.speech.diarization import resemblyzer
from callscope.speech.diarization.embedder import EmbedderUnavailable
from callscope.speech.diarization.resemblyzer import BAND_COUNT, FRAME_SAMPLES, ResemblyzerEmbedder, load_embedder
from callscope.speech.mel import mel_power


@pytest.fixture(scope="module")
def embedder() -> ResemblyzerEmbedder:
    loaded = load_embedder()
    if isinstance(loaded, EmbedderUnavailable):
        pytest.skip(loaded.reason)
    assert isinstance(loaded, ResemblyzerEmbedder)
    return loaded


def test_mel_power_is_what_the_encoder_was_trained_on() -> None:
    time = np.arange(16_000) / 16_000
    tones = (0.1 * np.sin(2 * np.pi * 220 * time) + 0.03 * np.sin(2 * np.pi * 1700 * time)).astype(np.float32)
    frames = mel_power(tones, frame_samples=FRAME_SAMPLES, band_count=BAND_COUNT)
    assert frames.shape == (101, 40)
    # librosa 0.11: melspectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=40), frame 50
    assert frames[50, [3, 20]] == pytest.approx([0.28882, 0.05828], abs=1e-5)


def test_vectors_are_those_of_pytorch(embedder: ResemblyzerEmbedder) -> None:
    ramp = (np.arange(160 * 40, dtype=np.float32).reshape(1, 160, 40) % 97) / 9700
    (vector,) = embedder.embed_mel(ramp)
    largest = np.argsort(-vector)[:8]
    assert largest.tolist() == [152, 234, 74, 120, 15, 30, 203, 111]
    # torch 2.13: LSTM(40, 256, 3) and Linear(256, 256) with the same weights
    assert vector[largest[:4]] == pytest.approx([0.195258, 0.17511, 0.168939, 0.168255], abs=1e-5)


def test_vectors_have_length_one_whatever_the_level_and_length(embedder: ResemblyzerEmbedder) -> None:
    noise = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    stretches = [noise * 0.1, noise[:3_000] * 0.001, noise[:200], np.zeros(8_000, dtype=np.float32)]
    vectors = embedder.embed(stretches)
    assert vectors.shape == (4, 256)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)


def test_loudness_does_not_matter(embedder: ResemblyzerEmbedder) -> None:
    noise = np.random.default_rng(2).standard_normal(25_600).astype(np.float32)
    loud, quiet = embedder.embed([noise * 0.1, noise * 0.003])
    assert loud == pytest.approx(quiet, abs=1e-4)


def test_no_stretches_give_no_vectors(embedder: ResemblyzerEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 256)


def test_missing_weights_are_a_state_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resemblyzer, "PACKAGE", "no-such-package-of-weights")
    unavailable = load_embedder()
    assert isinstance(unavailable, EmbedderUnavailable)
    assert "pip install --no-deps no-such-package-of-weights" in unavailable.reason
