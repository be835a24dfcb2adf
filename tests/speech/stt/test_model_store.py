from pathlib import Path

import pytest

from callscope.speech.stt.model_store import (
    load_recognizer,
    sha256_of,
    stored_models,
    verify_model,
    write_manifest,
)
from callscope.speech.stt.recognizer import RecognizerUnavailable


@pytest.fixture
def model(tmp_path: Path) -> Path:
    directory = tmp_path / "base"
    directory.mkdir()
    for name in ("config.json", "model.bin", "tokenizer.json"):
        (directory / name).write_bytes(name.encode())
    hashes = {path.name: sha256_of(path) for path in directory.iterdir()}
    write_manifest(directory, source="owner/base@c0ffee", sha256_by_file=hashes)
    return directory


def test_complete_models_are_listed(tmp_path: Path, model: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "model.bin").touch()
    (found,) = stored_models(tmp_path)
    assert (found.name, found.directory, found.source) == ("base", model, "owner/base@c0ffee")
    assert stored_models(tmp_path / "nowhere") == ()


def test_a_whole_model_verifies_and_reports_progress(model: Path) -> None:
    done: list[int] = []
    assert verify_model(model, done.append).is_whole
    assert sum(done) == len("config.json" + "model.bin" + "tokenizer.json")


def test_a_changed_or_missing_file_is_named(model: Path) -> None:
    (model / "model.bin").write_bytes(b"other")
    (model / "tokenizer.json").unlink()
    assert verify_model(model).problems == ("tokenizer.json is missing", "model.bin is not what was fetched")


def test_without_a_manifest_nothing_is_verified(model: Path) -> None:
    (model / "callscope-model.json").unlink()
    assert not verify_model(model).is_whole


@pytest.mark.parametrize(
    ("name", "reason"),
    [(None, "No speech model is set"), ("small", "callscope models fetch small"), ("/no/such/model", "Check the path")],
)
def test_a_missing_model_is_a_state_with_a_remedy(tmp_path: Path, name: str | None, reason: str) -> None:
    unavailable = load_recognizer(name, tmp_path)
    assert isinstance(unavailable, RecognizerUnavailable)
    assert reason in unavailable.reason
