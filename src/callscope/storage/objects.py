"""The object store: recordings as objects in a local folder, S3, GCS or Azure, by URL."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from callscope.core.errors import CallscopeError, NotFound

if TYPE_CHECKING:
    from obstore import GetResult, OffsetRange
    from obstore.store import RetryConfig

log = structlog.get_logger(__name__)

CHUNK_BYTES = 1024 * 1024
PART_BYTES = 10 * 1024 * 1024
"""The parts of an upload: S3 wants at least 5 MiB each and at most 10,000 of them."""
RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
"""Enough for a hiccup. A store that stays away is told of, so that whoever waits is not held up by the minute."""


class ObjectNotFound(NotFound):
    """The store has no object of that key."""


class ObjectTooLarge(CallscopeError):
    """The stream brought more bytes than allowed; nothing was kept."""

    code = "object_too_large"


class StoreAway(CallscopeError):
    """The store does not answer, refuses us or has no room: what needs it may be tried again."""

    code = "object_store_away"

    def __init__(self) -> None:
        super().__init__("The object store does not answer, or has no room. Nothing is lost by it: try again later.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What a finished upload is: its key, its size and the SHA-256 of its bytes in hexadecimal digits."""

    key: str
    size_bytes: int
    sha256: str


def call_folder(project_id: UUID, call_id: UUID) -> str:
    """Return the prefix under which everything of a call lies."""
    return f"projects/{project_id}/calls/{call_id}/"


def recordings_folder(project_id: UUID, call_id: UUID) -> str:
    """Return the prefix under which all recordings of a call lie."""
    return f"{call_folder(project_id, call_id)}recordings/"


def upload_folder(project_id: UUID, upload_id: UUID) -> str:
    """Return the prefix under which everything of an upload lies."""
    return f"projects/{project_id}/uploads/{upload_id}/"


def recording_key(project_id: UUID, call_id: UUID) -> str:
    """Return a fresh key in the call's folder: an upload never writes over what a reader may be reading."""
    return recordings_folder(project_id, call_id) + uuid4().hex


class Objects:
    """One object store. Keys are relative paths; an object appears whole or not at all."""

    def __init__(self, store: ObjectStore, *, directory: Path | None = None) -> None:
        """`directory` is where a local store keeps its files."""
        self._store = store
        self._directory = directory

    @classmethod
    def open(cls, url: str | None, *, default_dir: Path) -> "Objects":
        """Return the store at `url` (`file://`, `s3://`, `gs://`, `az://`), or the folder `default_dir` without one.

        Credentials of the cloud stores come from their usual environment variables or the machine's role.
        """
        if url is None or url.startswith("file://"):
            directory = default_dir if url is None else Path(url.removeprefix("file://"))
            store = LocalStore(directory.absolute(), mkdir=True, automatic_cleanup=True)
            return cls(store, directory=directory.absolute())
        return cls(from_url(url, retry_config=RETRIES))

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredObject:
        """Write a stream under `key` and return its size and digest, once it would survive a power cut.

        Raises StoreAway, and ObjectTooLarge past `max_bytes`; then, and whenever `chunks` raises, nothing is stored.
        """
        digest, size_bytes = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size_bytes
            async for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise ObjectTooLarge(f"There are more than {max_bytes} bytes.")
                digest.update(chunk)
                yield chunk

        with _telling_away():
            await obstore.put_async(self._store, key, _in_parts(counted()), chunk_size=PART_BYTES)
        if self._directory is not None:
            await asyncio.to_thread(_sync, self._directory, key)
        return StoredObject(key=key, size_bytes=size_bytes, sha256=digest.hexdigest())

    async def read(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Open an object and return its bytes from `start` up to, not including, `end`.

        Raises ObjectNotFound, StoreAway.
        """
        wanted: OffsetRange | tuple[int, int] = {"offset": start} if end is None else (start, end)
        try:
            with _telling_away():
                result = await obstore.get_async(self._store, key, options={"range": wanted})
        except FileNotFoundError as error:
            raise _not_found() from error
        return _as_bytes(result)

    async def download(self, key: str, path: Path) -> None:
        """Write an object to a local file. Raises ObjectNotFound, StoreAway."""
        with path.open("wb") as file:
            async for chunk in await self.read(key):
                file.write(chunk)

    async def copy(self, key: str, target: str) -> None:
        """Copy an object inside the store, and return once the copy would survive a power cut.

        Raises ObjectNotFound, StoreAway.
        """
        try:
            with _telling_away():
                await obstore.copy_async(self._store, key, target)
        except FileNotFoundError as error:
            raise _not_found() from error
        if self._directory is not None:
            await asyncio.to_thread(_sync, self._directory, target)

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error. Raises StoreAway."""
        try:
            with _telling_away():
                await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys of all objects under a prefix, in alphabetical order. Raises StoreAway."""
        with _telling_away():
            return sorted([meta["path"] async for batch in obstore.list(self._store, prefix) for meta in batch])


@contextmanager
def _telling_away() -> Iterator[None]:
    """Raise StoreAway for whatever kinds of failure the stores know, but for an object that is not there."""
    try:
        yield
    except FileNotFoundError:
        raise
    except BaseError as error:
        log.warning("object_store_failed", error_kind=type(error).__name__)
        raise StoreAway from error


def _not_found() -> ObjectNotFound:
    return ObjectNotFound("The object store has no such object any more.")


def _sync(directory: Path, key: str) -> None:
    """Have the file, and every folder that may be new above it, on the disk."""
    path = directory / key
    for synced in (path, *(parent for parent in path.parents if parent.is_relative_to(directory))):
        descriptor = os.open(synced, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


async def _as_bytes(result: "GetResult") -> AsyncIterator[bytes]:
    with _telling_away():
        async for chunk in result.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)


async def _in_parts(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Gather small chunks to about a mebibyte: each hand-over to the store costs the same whatever its size."""
    gathered = bytearray()
    async for chunk in chunks:
        gathered += chunk
        if len(gathered) >= CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
