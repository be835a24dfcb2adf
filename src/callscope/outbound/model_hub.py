"""Speech models from the Hugging Face hub or a mirror: listed, streamed to disk, checked against the hub's hashes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from callscope.core.errors import CallscopeError

DEFAULT_HUB = "https://huggingface.co"
REPOSITORIES = {
    "tiny": "Systran/faster-whisper-tiny",
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "base": "Systran/faster-whisper-base",
    "base.en": "Systran/faster-whisper-base.en",
    "small": "Systran/faster-whisper-small",
    "small.en": "Systran/faster-whisper-small.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v3": "Systran/faster-whisper-large-v3",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""Whisper models converted for CTranslate2, by the name they are set by."""
_WANTED = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json")
_WANTED_PREFIX = "vocabulary."


class ModelNotFetched(CallscopeError):
    """The hub does not have the model, cannot be reached, or sent something else."""

    code = "model_not_fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file of a repository: its size and what it must hash to, by SHA-256 or, for small files, by Git's blob hash."""

    name: str
    size_bytes: int
    sha256: str | None
    git_blob_sha1: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubModel:
    """One revision of a model's repository, with the files a recogniser needs."""

    repository: str
    commit: str
    files: tuple[HubFile, ...]

    @property
    def size_bytes(self) -> int:
        """What is downloaded in all."""
        return sum(file.size_bytes for file in self.files)


class ModelHub:
    """Reads from one hub. `client` decides on proxies, certificates and time-outs."""

    def __init__(self, client: httpx.Client, url: str = DEFAULT_HUB) -> None:
        self._client = client
        self._url = url.rstrip("/")

    def describe(self, repository: str, revision: str = "main") -> HubModel:
        """Return the files of a revision. Raises ModelNotFetched."""
        address = f"{self._url}/api/models/{quote(repository)}/revision/{quote(revision, safe='')}"
        try:
            response = self._client.get(address, params={"blobs": "true"}, follow_redirects=True)
            response.raise_for_status()
            answer = response.json()
            files = tuple(_hub_file(entry) for entry in answer["siblings"] if _is_wanted(entry["rfilename"]))
            return HubModel(repository=repository, commit=answer["sha"], files=files)
        except httpx.HTTPError as error:
            raise ModelNotFetched(f"{repository} could not be looked up at {self._url}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise ModelNotFetched(f"{self._url} does not answer like a model hub.") from error

    def fetch(self, model: HubModel, directory: Path, advance: Callable[[int], None]) -> dict[str, str]:
        """Download every file into `directory` and return their SHA-256 by name. Raises ModelNotFetched.

        A file appears under its name only when it is whole and hashes to what the hub lists.
        """
        directory.mkdir(parents=True, exist_ok=True)
        return {file.name: self._fetch_file(model, file, directory, advance) for file in model.files}

    def _fetch_file(self, model: HubModel, file: HubFile, directory: Path, advance: Callable[[int], None]) -> str:
        address = f"{self._url}/{quote(model.repository)}/resolve/{model.commit}/{quote(file.name)}"
        partial = directory / f"{file.name}.partial"
        sha256, git_blob = hashlib.sha256(), hashlib.sha1(f"blob {file.size_bytes}\0".encode(), usedforsecurity=False)
        try:
            with partial.open("wb") as target, self._client.stream("GET", address, follow_redirects=True) as response:
                response.raise_for_status()
                for chunk in response.iter_bytes():
                    target.write(chunk)
                    sha256.update(chunk)
                    git_blob.update(chunk)
                    advance(len(chunk))
        except httpx.HTTPError as error:
            raise ModelNotFetched(f"{file.name} could not be downloaded: {error}") from error
        listed = file.sha256 or file.git_blob_sha1
        if listed != (sha256.hexdigest() if file.sha256 else git_blob.hexdigest()):
            partial.unlink()
            raise ModelNotFetched(f"{file.name} is not what the hub lists; it was deleted. Try again.")
        partial.rename(directory / file.name)
        return sha256.hexdigest()


def _is_wanted(name: str) -> bool:
    return name in _WANTED or name.startswith(_WANTED_PREFIX)


def _hub_file(entry: dict[str, object]) -> HubFile:
    lfs = entry.get("lfs")
    return HubFile(
        name=str(entry["rfilename"]),
        size_bytes=int(str(entry["size"])),
        sha256=str(lfs["sha256"]) if isinstance(lfs, dict) else None,
        git_blob_sha1=str(entry["blobId"]),
    )
