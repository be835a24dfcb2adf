"""Tensors out of a PyTorch checkpoint of the older kind (a run of pickles, then raw storages), without PyTorch.

Unpickling runs whatever the file names, so nothing is looked up but the three names that a state of float tensors
needs; any other name is refused before it is touched.
"""

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from callscope.core.errors import CallscopeError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
"""First pickle of every checkpoint of this kind (`torch.serialization.MAGIC_NUMBER`)."""
_FLOAT_STORAGE = "float32 storage"

Tensors = dict[str, npt.NDArray[np.float32]]


class CheckpointUnreadable(CallscopeError):
    """The file is no checkpoint of float tensors, or names something that is not loaded from a file."""

    code = "checkpoint_unreadable"


@dataclass(frozen=True, slots=True)
class _TensorView:
    """Where a tensor lies: which storage, from which element on, in which shape and strides (in elements)."""

    storage_key: str
    offset: int
    shape: Sequence[int]
    strides: Sequence[int]


class _StateUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401 - pickle's own signature
        allowed: dict[tuple[str, str], object] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch", "FloatStorage"): _FLOAT_STORAGE,
            ("torch._utils", "_rebuild_tensor_v2"): _view,
        }
        if (module_name, global_name) not in allowed:
            raise CheckpointUnreadable(f"The checkpoint names {module_name}.{global_name}, which is not loaded.")
        return allowed[module_name, global_name]

    def persistent_load(self, pid: Any, /) -> str:  # noqa: ANN401 - pickle's own signature
        kind, storage_type, key, *_ = pid
        if kind != "storage" or storage_type != _FLOAT_STORAGE:
            raise CheckpointUnreadable(f"The checkpoint holds a {storage_type!r} where a float32 storage belongs.")
        return str(key)


def _view(storage_key: str, offset: int, shape: Sequence[int], strides: Sequence[int], *_: object) -> _TensorView:
    return _TensorView(storage_key, offset, shape, strides)


def read_tensors(path: Path, state_name: str) -> Tensors:
    """Return the float32 tensors of the state called `state_name` in the checkpoint at `path`.

    Raises CheckpointUnreadable for any other file, FileNotFoundError when there is none.
    """
    with path.open("rb") as file:
        try:
            views = _read_state(file, state_name)
            storages = _read_storages(file)
        except (pickle.UnpicklingError, struct.error, EOFError, ValueError, KeyError, TypeError) as error:
            raise CheckpointUnreadable(f"{path.name} is no checkpoint that can be read: {error}") from error
    return {name: _materialise(view, storages) for name, view in views.items()}


def _read_state(file: BinaryIO, state_name: str) -> dict[str, _TensorView]:
    load: Callable[[], Any] = lambda: _StateUnpickler(file).load()  # noqa: E731 - four pickles follow one another
    magic_number, _protocol, _machine, states = load(), load(), load(), load()
    if magic_number != MAGIC_NUMBER:
        raise CheckpointUnreadable("The file does not begin like a checkpoint.")
    return dict(states[state_name])


def _read_storages(file: BinaryIO) -> dict[str, npt.NDArray[np.float32]]:
    keys = _StateUnpickler(file).load()
    storages = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(4 * count), dtype="<f4", count=count)
    return storages


def _materialise(view: _TensorView, storages: dict[str, npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    values = storages[view.storage_key][view.offset :]
    strided = np.lib.stride_tricks.as_strided(values, view.shape, [4 * stride for stride in view.strides])
    return np.ascontiguousarray(strided, dtype=np.float32)
