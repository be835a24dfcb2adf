import os
import pickle
from pathlib import Path

import pytest

from callscope.speech.diarization.checkpoint import MAGIC_NUMBER, CheckpointUnreadable, read_tensors


class _RunsACommand:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch opened",)


def _write(path: Path, states: object) -> Path:
    parts = (MAGIC_NUMBER, 1001, {"little_endian": True}, states)
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    return path


def test_a_checkpoint_that_names_a_function_is_refused_before_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = _write(tmp_path / "evil.pt", {"model_state": _RunsACommand()})
    with pytest.raises(CheckpointUnreadable, match=r"system, which is not loaded"):
        read_tensors(path, "model_state")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("content", [b"", b"RIFF....", pickle.dumps(7, protocol=2)])
def test_another_file_is_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointUnreadable):
        read_tensors(path, "model_state")


def test_a_missing_state_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path / "other.pt", {"optimizer_state": {}})
    with pytest.raises(CheckpointUnreadable, match="model_state"):
        read_tensors(path, "model_state")


def test_a_truncated_checkpoint_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path / "short.pt", {"model_state": {}})
    with pytest.raises(CheckpointUnreadable):
        read_tensors(path, "model_state")
