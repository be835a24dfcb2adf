"""Just enough of ONNX's file format to read weights out of one graph and to write another.

ONNX files are protocol buffers. The `onnx` package would read and write them too, but importing it costs as much
processor time as analysing half a minute of a call, and every call is measured in a process of its own.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

OPSET_VERSION = 18
_IR_VERSION = 8
_VARINT, _BYTES = 0, 2
_FLOAT, _INT64 = 1, 7
_MODEL_IR_VERSION, _MODEL_GRAPH, _MODEL_OPSET = 1, 7, 8
_GRAPH_NODE, _GRAPH_NAME, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 2, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OP, _NODE_ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_INT, _ATTRIBUTE_TYPE, _ATTRIBUTE_IS_INT = 1, 3, 20, 2
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 8, 9

Array = npt.NDArray[np.float32]
Shape = Sequence[int | str]
"""A dimension that differs from run to run has a name."""


def read_weights(path: Path) -> dict[str, Array]:
    """Return the float tensors that the graph in `path` holds, by name.

    Raises:
        ValueError: the file is no ONNX model with raw tensors.
    """
    tensors = {}
    for graph in _values(path.read_bytes(), _MODEL_GRAPH):
        for tensor in _values(graph, _GRAPH_INITIALIZER):
            if next(_numbers(tensor, _TENSOR_TYPE), None) == _FLOAT:
                name = next(_values(tensor, _TENSOR_NAME)).decode()
                flat = np.frombuffer(next(_values(tensor, _TENSOR_RAW), b""), dtype="<f4")
                tensors[name] = flat.reshape(tuple(_numbers(tensor, _TENSOR_DIMS)))
    if not tensors:
        raise ValueError(f"{path} holds no weights in ONNX form")
    return tensors


class GraphWriter:
    """Builds a graph operator by operator; every tensor has a name."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def constant(self, name: str, values: Array | Sequence[int]) -> str:
        """Add a constant and return its name; plain integers become an int64 vector."""
        array = np.asarray(values)
        is_float = array.dtype.kind == "f"
        raw = np.ascontiguousarray(array, dtype="<f4" if is_float else "<i8").tobytes()
        dims = b"".join(_number(_TENSOR_DIMS, size) for size in array.shape)
        tensor = dims + _number(_TENSOR_TYPE, _FLOAT if is_float else _INT64) + _text(_TENSOR_NAME, name)
        self._parts.append(_value(_GRAPH_INITIALIZER, tensor + _value(_TENSOR_RAW, raw)))
        return name

    def add(self, operator: str, inputs: Sequence[str], *outputs: str, **attributes: int) -> str:
        """Add an operator of the standard set and return the name of its first output."""
        node = b"".join(_text(_NODE_INPUT, name) for name in inputs)
        node += b"".join(_text(_NODE_OUTPUT, name) for name in outputs) + _text(_NODE_OP, operator)
        for name, number in attributes.items():
            attribute = _text(_ATTRIBUTE_NAME, name) + _number(_ATTRIBUTE_INT, number)
            node += _value(_NODE_ATTRIBUTE, attribute + _number(_ATTRIBUTE_TYPE, _ATTRIBUTE_IS_INT))
        self._parts.append(_value(_GRAPH_NODE, node))
        return outputs[0]

    def model(self, inputs: dict[str, Shape], outputs: dict[str, Shape]) -> bytes:
        """Return the file of the whole graph; all inputs and outputs are float."""
        graph = b"".join(self._parts) + _text(_GRAPH_NAME, "graph")
        graph += b"".join(_value(_GRAPH_INPUT, _tensor_info(name, shape)) for name, shape in inputs.items())
        graph += b"".join(_value(_GRAPH_OUTPUT, _tensor_info(name, shape)) for name, shape in outputs.items())
        opset = _text(1, "") + _number(2, OPSET_VERSION)
        return _number(_MODEL_IR_VERSION, _IR_VERSION) + _value(_MODEL_GRAPH, graph) + _value(_MODEL_OPSET, opset)


def _tensor_info(name: str, shape: Shape) -> bytes:
    dims = b"".join(_value(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape)
    return _text(1, name) + _value(2, _value(1, _number(1, _FLOAT) + _value(2, dims)))


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(number)


def _value(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _text(field: int, text: str) -> bytes:
    return _value(field, text.encode())


def _values(message: bytes, wanted: int) -> Iterator[bytes]:
    return (value for field, value in _fields(message) if field == wanted and isinstance(value, bytes))


def _numbers(message: bytes, wanted: int) -> Iterator[int]:
    """Yield the integers of a field, packed or not."""
    for field, value in _fields(message):
        if field == wanted and isinstance(value, int):
            yield value
        elif field == wanted and isinstance(value, bytes):
            at = 0
            while at < len(value):
                number, at = _read_varint(value, at)
                yield number


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        match key & 7:
            case 0:
                number, at = _read_varint(message, at)
                yield key >> 3, number
            case 2:
                length, at = _read_varint(message, at)
                yield key >> 3, message[at : at + length]
                at += length
            case 1:
                at += 8
            case 5:
                at += 4
            case wire_type:
                raise ValueError(f"wire type {wire_type} at byte {at} is no protocol buffer of ours")


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("the file ends inside a number")
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the high bit says that more follows
            return number, at
