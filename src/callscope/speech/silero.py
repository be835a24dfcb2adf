"""Silero VAD v6 through ONNX Runtime, with the weights that come inside the `faster-whisper` package.

The same sums in another order: the file's convolutions work on four columns a window, far too few to keep a processor
busy. Written as products of large matrices over all windows of a call they take a third of the time; a test holds both
against each other.
"""

import functools
from collections.abc import Mapping
from importlib.metadata import distribution, version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from callscope.speech.network import Probabilities, Windows
from callscope.speech.onnx_graph import Array, GraphWriter, read_weights

NETWORK_NAME = "silero_vad_v6"
_STATE_SHAPE = (1, 1, 128)
_FRAME_SAMPLES = 256
_FRAME_STEP = 128
_FRAME_COUNT = 4
_MIRRORED_SAMPLES = 64


@functools.cache
def _session(thread_count: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count
    options.inter_op_num_threads = 1
    # The arena keeps the largest block it ever saw; memory must stay flat over a long call.
    options.enable_cpu_mem_arena = False
    # Found without importing the package, which brings its own engine along.
    path = distribution("faster-whisper").locate_file(f"faster_whisper/assets/{NETWORK_NAME}.onnx")
    model = matrix_model(read_weights(Path(str(path))))
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


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
        feed = {"frames": _frames(windows), "h": self._hidden, "c": self._cell}
        probabilities, self._hidden, self._cell = self._run(None, feed)
        return np.asarray(probabilities, dtype=np.float32).reshape(-1)


def _frames(windows: Windows) -> npt.NDArray[np.float32]:
    """Return [windows, 4, 256]: each window prolonged by its mirror image and cut into overlapping frames."""
    mirrored = windows[:, -2 : -_MIRRORED_SAMPLES - 2 : -1]
    prolonged = np.concatenate([windows, mirrored], axis=1)
    framed = np.lib.stride_tricks.sliding_window_view(prolonged, _FRAME_SAMPLES, axis=1)[:, ::_FRAME_STEP]
    return np.ascontiguousarray(framed[:, :_FRAME_COUNT])


def matrix_model(weights: Mapping[str, Array]) -> bytes:
    """Return the detector with `weights` as an ONNX file whose input is what `_frames` returns.

    Raises:
        KeyError: the weights are not those of this network.
    """
    graph = GraphWriter()
    graph.constant("frame_axis", [1])
    hidden = _magnitudes(graph, weights["encoder.feature_extractor.forward_basis_buffer"])
    hidden = _convolution(graph, weights, 0, hidden, stride=1)
    hidden = _convolution(graph, weights, 1, hidden, stride=2)
    # Two columns are left: the third layer's first tap falls off the edge, of the fourth's only the middle one holds.
    hidden = graph.add("Reshape", [hidden, graph.constant("one_row", [0, 1, -1])], "both_columns")
    hidden = _layer(graph, weights, 2, hidden, taps=slice(1, 3))
    hidden = _layer(graph, weights, 3, hidden, taps=slice(1, 2))
    for name in ("onnx::LSTM_209", "onnx::LSTM_210", "onnx::LSTM_211"):
        graph.constant(name, weights[name])
    graph.add(
        "LSTM",
        [hidden, "onnx::LSTM_209", "onnx::LSTM_210", "onnx::LSTM_211", "", "h", "c"],
        *("recalled", "next_h", "next_c"),
        hidden_size=_STATE_SHAPE[-1],
    )
    graph.constant("verdict_weight", weights["decoder.conv1d.weight"][0])
    graph.constant("verdict_bias", weights["decoder.conv1d.bias"])
    verdict = graph.add("MatMul", [graph.add("Relu", ["recalled"], "positive"), "verdict_weight"], "product")
    graph.add("Sigmoid", [graph.add("Add", [verdict, "verdict_bias"], "verdict")], "probabilities")
    return graph.model(
        {"frames": ("windows", _FRAME_COUNT, _FRAME_SAMPLES), "h": _STATE_SHAPE, "c": _STATE_SHAPE},
        {"probabilities": ("windows", 1, 1, 1), "next_h": _STATE_SHAPE, "next_c": _STATE_SHAPE},
    )


def _magnitudes(graph: GraphWriter, basis: Array) -> str:
    graph.constant("basis", basis[:, 0, :].T)
    graph.add(
        "Split", [graph.add("MatMul", ["frames", "basis"], "spectrum")], "real", "imaginary", axis=2, num_outputs=2
    )
    squares = [graph.add("Mul", [part, part], f"{part}_square") for part in ("real", "imaginary")]
    return graph.add("Sqrt", [graph.add("Add", squares, "power")], "magnitude")


def _convolution(graph: GraphWriter, weights: Mapping[str, Array], index: int, hidden: str, *, stride: int) -> str:
    """Add a layer of three taps over four columns: the columns' neighbourhoods laid side by side, then one product."""
    padding = graph.constant(f"padding_{index}", [0, 1, 0, 0, 1, 0])
    step = graph.constant(f"step_{index}", [stride])
    padded = graph.add("Pad", [hidden, padding], f"padded_{index}")
    taps = []
    for tap in range(3):
        first = graph.constant(f"first_{index}_{tap}", [tap])
        end = graph.constant(f"end_{index}_{tap}", [tap + _FRAME_COUNT - stride + 1])
        taps.append(graph.add("Slice", [padded, first, end, "frame_axis", step], f"tap_{index}_{tap}"))
    return _layer(graph, weights, index, graph.add("Concat", taps, f"neighbours_{index}", axis=2), taps=slice(0, 3))


def _layer(graph: GraphWriter, weights: Mapping[str, Array], index: int, hidden: str, *, taps: slice) -> str:
    weight = weights[f"encoder.conv_layers.{index}.weight"][:, :, taps]
    graph.constant(f"weight_{index}", weight.transpose(2, 1, 0).reshape(-1, weight.shape[0]))
    graph.constant(f"bias_{index}", weights[f"encoder.conv_layers.{index}.bias"])
    product = graph.add("MatMul", [hidden, f"weight_{index}"], f"product_{index}")
    return graph.add("Relu", [graph.add("Add", [product, f"bias_{index}"], f"sum_{index}")], f"layer_{index}")
