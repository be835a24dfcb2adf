"""Silero VAD v6 through ONNX Runtime, with the weights that come inside the `faster-whisper` package."""

import functools
from importlib.metadata import version
from importlib.resources import as_file, files

import numpy as np
import onnxruntime

from callscope.speech.network import Probabilities, Windows

NETWORK_NAME = "silero_vad_v6"
_STATE_SHAPE = (1, 1, 128)


@functools.cache
def _session(thread_count: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count
    options.inter_op_num_threads = 1
    # The arena keeps the largest block it ever saw; memory must stay flat over a long call.
    options.enable_cpu_mem_arena = False
    with as_file(files("faster_whisper") / "assets" / f"{NETWORK_NAME}.onnx") as path:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def network_version() -> str:
    """Return which weights run, for the record kept beside every result."""
    return f"{NETWORK_NAME} (faster-whisper {version('faster-whisper')})"


class SileroNetwork:
    """One channel's detector. Sessions are shared and stateless; the recurrent state lives here."""

    def __init__(self, *, thread_count: int = 1) -> None:
        self._run = _session(thread_count).run
        self._hidden = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._cell = np.zeros(_STATE_SHAPE, dtype=np.float32)

    def probabilities(self, windows: Windows) -> Probabilities:
        """Return the probability of speech of each window; see `SpeechNetwork`."""
        if windows.shape[0] == 0:
            return np.zeros(0, dtype=np.float32)
        feed = {"input": np.ascontiguousarray(windows), "h": self._hidden, "c": self._cell}
        probabilities, self._hidden, self._cell = self._run(None, feed)
        return np.asarray(probabilities, dtype=np.float32).reshape(-1)
