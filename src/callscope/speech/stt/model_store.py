"""Speech models on this machine: one directory each, with a manifest of what its files must hash to.

Nothing here goes to the network: a model is put here by `callscope models fetch`, or named by its directory.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from callscope.speech.stt.recognizer import Recognizer, RecognizerUnavailable
from callscope.speech.stt.whisper import DEFAULT, WhisperParameters, WhisperRecognizer

WEIGHTS = "model.bin"
MANIFEST = "callscope-model.json"
NEEDED_FILES = ("config.json", WEIGHTS, "tokenizer.json")
NO_MODEL = (
    "No speech model is set, so calls without a transcript stay without one. "
    "Fetch one with `callscope models fetch base` and set CALLSCOPE_STT_MODEL=base."
)
_CHUNK_BYTES = 1 << 20

Advance = Callable[[int], None]
"""Told how many bytes more are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model in the store. `source` says where it was fetched from, None when it was put there by hand."""

    name: str
    directory: Path
    size_bytes: int
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What is wrong with a model's files, in words; nothing when it is whole."""

    problems: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every file is there and hashes to what it must."""
        return not self.problems


def stored_models(store: Path) -> tuple[StoredModel, ...]:
    """Return the complete models in the store, by name."""
    directories = sorted(path.parent for path in store.glob(f"*/{WEIGHTS}")) if store.is_dir() else []
    return tuple(
        StoredModel(
            name=directory.name,
            directory=directory,
            size_bytes=sum(file.stat().st_size for file in directory.iterdir() if file.is_file()),
            source=_read_manifest(directory).source,
        )
        for directory in directories
        if not missing_files(directory)
    )


def missing_files(directory: Path) -> tuple[str, ...]:
    """Return which files a model needs that are not in its directory."""
    return tuple(name for name in NEEDED_FILES if not (directory / name).is_file())


def load_recognizer(
    model: str | None, store: Path, parameters: WhisperParameters = DEFAULT
) -> Recognizer | RecognizerUnavailable:
    """Return the Whisper model called `model` in the store or lying in directory `model`, else why there is none."""
    if model is None:
        return RecognizerUnavailable(reason=NO_MODEL)
    directory = Path(model) if Path(model).is_dir() else store / model
    if missing := missing_files(directory):
        remedy = f"Fetch it with: callscope models fetch {model}" if "/" not in model else "Check the path."
        return RecognizerUnavailable(
            reason=f"The speech model {model!r} is not on this machine ({', '.join(missing)} missing). {remedy}"
        )
    return WhisperRecognizer(directory, parameters)


def write_manifest(directory: Path, *, source: str, sha256_by_file: Mapping[str, str]) -> None:
    """Write down where a model came from and what its files hash to."""
    text = json.dumps({"source": source, "sha256": dict(sorted(sha256_by_file.items()))}, indent=2)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")


def verify_model(directory: Path, advance: Advance = lambda _: None) -> Verification:
    """Hash every file of the model anew and hold it against the manifest."""
    problems = [f"{name} is missing" for name in missing_files(directory)]
    expected = _read_manifest(directory).sha256_by_file
    if not expected:
        problems.append(f"{MANIFEST} is missing, so nothing says what the files should be; fetch the model again")
    for name, digest in expected.items():
        path = directory / name
        if path.is_file() and sha256_of(path, advance) != digest:
            problems.append(f"{name} is not what was fetched")
    return Verification(problems=tuple(problems))


def sha256_of(path: Path, advance: Advance = lambda _: None) -> str:
    """Return the file's SHA-256 as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    source: str | None
    sha256_by_file: Mapping[str, str]


def _read_manifest(directory: Path) -> _Manifest:
    path = directory / MANIFEST
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return _Manifest(source=told.get("source"), sha256_by_file=told.get("sha256", {}))
