import hashlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from callscope.storage.objects import (
    ObjectNotFound,
    Objects,
    ObjectTooLarge,
    StoreAway,
    recording_key,
    recordings_folder,
)

CONTENT = bytes(range(256)) * 20_000


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.open(None, default_dir=tmp_path / "objects")


def files_under(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


async def in_chunks(
    content: bytes, *, size_bytes: int = 50_000, failure: Exception | None = None
) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size_bytes):
        yield content[start : start + size_bytes]
    if failure is not None:
        raise failure


async def read(objects: Objects, key: str, *, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in await objects.read(key, start=start, end=end)])


async def test_a_stream_is_stored_counted_and_hashed(objects: Objects) -> None:
    stored = await objects.put("a/b", in_chunks(CONTENT), max_bytes=len(CONTENT))

    assert (stored.size_bytes, stored.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert await read(objects, "a/b") == CONTENT


@pytest.mark.parametrize(("start", "end"), [(0, 1), (1000, 2000), (len(CONTENT) - 5, len(CONTENT)), (7, None)])
async def test_a_range_is_those_bytes_and_no_others(objects: Objects, start: int, end: int | None) -> None:
    await objects.put("a", in_chunks(CONTENT), max_bytes=len(CONTENT))

    assert await read(objects, "a", start=start, end=end) == CONTENT[start:end]


async def test_a_stream_over_the_cap_leaves_nothing(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(ObjectTooLarge):
        await objects.put("a", in_chunks(CONTENT), max_bytes=len(CONTENT) - 1)

    assert await objects.keys("") == []
    assert files_under(tmp_path) == []


async def test_a_stream_that_breaks_off_leaves_nothing_and_says_why(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        await objects.put("a", in_chunks(CONTENT, failure=ConnectionResetError()), max_bytes=len(CONTENT))

    assert files_under(tmp_path) == []


async def test_what_is_not_there_says_so(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(ObjectNotFound):
        await objects.read("missing")
    with pytest.raises(ObjectNotFound):
        await objects.download("missing", tmp_path / "file")
    await objects.delete("missing")


async def test_keys_lie_under_project_and_call(objects: Objects) -> None:
    project_id, call_id, other_id = UUID(int=1), UUID(int=2), UUID(int=3)
    keys = [recording_key(project_id, call_id), recording_key(project_id, call_id)]
    for key in [*keys, recording_key(project_id, other_id)]:
        await objects.put(key, in_chunks(b"x"), max_bytes=10)

    assert await objects.keys(recordings_folder(project_id, call_id)) == sorted(keys)
    await objects.delete(keys[0])
    assert await objects.keys(recordings_folder(project_id, call_id)) == [keys[1]]


async def test_a_file_url_names_the_folder(tmp_path: Path) -> None:
    objects = Objects.open(f"file://{tmp_path}/store", default_dir=tmp_path / "unused")

    await objects.put("a", in_chunks(b"x"), max_bytes=10)

    assert (tmp_path / "store" / "a").read_bytes() == b"x"


async def test_a_stored_file_and_its_new_folders_are_on_the_disk_before_put_returns(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)

    await objects.put("a/b/c", in_chunks(CONTENT), max_bytes=len(CONTENT))

    store = tmp_path / "objects"
    assert synced == [str(path) for path in (store / "a/b/c", store / "a/b", store / "a", store)]


async def test_a_store_that_does_not_answer_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings = {"AWS_ENDPOINT": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    for name, value in {**settings, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    objects = Objects.open("s3://bucket/prefix", default_dir=tmp_path)

    with pytest.raises(StoreAway):
        await objects.put("a", in_chunks(b"x"), max_bytes=10)
    with pytest.raises(StoreAway):
        await objects.read("a")
