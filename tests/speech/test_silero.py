"""The detector as large matrix products says what the file it took its weights from says."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from callscope.core.call import Role
from callscope.speech.network import CONTEXT_SAMPLES, WINDOW_SAMPLES
from callscope.speech.onnx_graph import read_weights
from callscope.speech.silero import NETWORK_NAME, SileroNetwork
from tests.support.synthetic_calls import Condition, make_call
from tests.support.voices import committed_voices

ORIGINAL = Path(str(files("faster_whisper"))) / "assets" / f"{NETWORK_NAME}.onnx"


def speech_windows() -> np.ndarray:
    first, second = committed_voices()
    channel = make_call(5, {Role.AGENT: first, Role.CUSTOMER: second}, Condition.NOISE_30).samples[0]
    padded = np.pad(channel[: channel.size // WINDOW_SAMPLES * WINDOW_SAMPLES], (CONTEXT_SAMPLES, 0))
    return np.lib.stride_tricks.sliding_window_view(padded, CONTEXT_SAMPLES + WINDOW_SAMPLES)[::WINDOW_SAMPLES]


def test_it_says_what_the_original_file_says() -> None:
    windows = speech_windows()
    state = np.zeros((1, 1, 128), dtype=np.float32)
    session = onnxruntime.InferenceSession(str(ORIGINAL), providers=["CPUExecutionProvider"])
    expected = session.run(None, {"input": np.ascontiguousarray(windows), "h": state, "c": state})[0].reshape(-1)
    network = SileroNetwork()
    said = np.concatenate([network.probabilities(windows[:100]), network.probabilities(windows[100:])])
    assert said.size == expected.size
    assert (expected > 0.5).any()
    assert np.abs(said - expected).max() < 1e-4


def test_no_windows_have_no_probabilities() -> None:
    assert SileroNetwork().probabilities(np.zeros((0, 576), dtype=np.float32)).size == 0


def test_a_file_without_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="no weights"):
        read_weights(path)
    path.write_bytes(b"\x3a\xff\xff")
    with pytest.raises(ValueError, match="ends inside a number"):
        read_weights(path)
