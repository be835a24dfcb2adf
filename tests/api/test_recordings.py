from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from callscope.api.routes.recordings import ByteRange, PlaybackContext, RangeNotSatisfiable, parse_range
from callscope.core.ids import new_id
from callscope.core.recording import Recording, RecordingKind
from callscope.services import calls, recordings
from callscope.services.signing import PLAY_RECORDING, Signer
from callscope.storage.objects import Objects
from tests.support.api import NOW, ApiUnderTest, authorization, make_read_key
from tests.support.ingested_calls import ingest_call

CONTENT = bytes(range(256)) * 5000
SIZE = len(CONTENT)


@pytest.fixture
async def recording(api: ApiUnderTest, tmp_path: Path) -> Recording:
    """A kept recording, and the app ready to play it."""
    objects = Objects.open(None, default_dir=tmp_path)
    api.app.state.playback = PlaybackContext(
        reads=api.transactions, objects=objects, signer=Signer(b"secret", api.clock)
    )

    async def chunks() -> AsyncIterator[bytes]:
        yield CONTENT

    stored = await objects.put("key", chunks(), max_bytes=SIZE)
    call = await ingest_call(api.transactions, recording_url="https://recordings.example/a.mp3")
    recording = Recording(
        id=new_id(),
        project_id=call.project_id,
        call_id=call.id,
        kind=RecordingKind.MAIN,
        object_key=stored.key,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        content_type="audio/mpeg",
        fetched_at=datetime.now(UTC),
    )
    async with api.transactions.begin() as session:
        await recordings.keep(session, recording)
    return recording


@pytest.fixture
async def listener(api: ApiUnderTest) -> AsyncIterator[httpx.AsyncClient]:
    """A player: it has an address and no key."""
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as client:
        yield client


def address(api: ApiUnderTest, recording: Recording) -> str:
    query = api.app.state.playback.signer.sign(PLAY_RECORDING, str(recording.id), expires_in=timedelta(hours=1))
    return str(httpx.URL(f"/v1/recordings/{recording.id}", params=query))


async def play(listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording, **headers: str) -> httpx.Response:
    return await listener.get(
        address(api, recording), headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


async def test_the_whole_recording(listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording) -> None:
    response = await play(listener, api, recording)

    assert (response.status_code, response.content) == (200, CONTENT)
    expected: Mapping[str, str] = {
        "content-type": "audio/mpeg",
        "content-length": str(SIZE),
        "accept-ranges": "bytes",
        "etag": f'"{recording.sha256}"',
        "x-content-type-options": "nosniff",
    }
    assert expected.items() <= dict(response.headers).items()


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-0", ByteRange(start=0, end=1)),
        ("bytes=0-", ByteRange(start=0, end=SIZE)),
        ("bytes=1000-1999", ByteRange(start=1000, end=2000)),
        ("bytes=1000-", ByteRange(start=1000, end=SIZE)),
        (f"bytes={SIZE - 1}-", ByteRange(start=SIZE - 1, end=SIZE)),
        (f"bytes=5-{SIZE + 100}", ByteRange(start=5, end=SIZE)),
        ("bytes=-10", ByteRange(start=SIZE - 10, end=SIZE)),
        (f"bytes=-{SIZE + 1}", ByteRange(start=0, end=SIZE)),
    ],
)
async def test_a_range(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording, header: str, wanted: ByteRange
) -> None:
    response = await play(listener, api, recording, range=header)

    assert (response.status_code, response.content) == (206, CONTENT[wanted.start : wanted.end])
    assert response.headers["content-range"] == f"bytes {wanted.start}-{wanted.end - 1}/{SIZE}"
    assert response.headers["content-length"] == str(wanted.end - wanted.start)


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
async def test_a_range_behind_the_end(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording, header: str
) -> None:
    response = await play(listener, api, recording, range=header)

    assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("header", ["bytes=5-2", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes=-", "bytes=1.5-2"])
async def test_a_range_that_is_none_is_ignored(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording, header: str
) -> None:
    response = await play(listener, api, recording, range=header)

    assert (response.status_code, len(response.content)) == (200, SIZE)


async def test_head_says_the_same_without_a_body(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    whole = await listener.head(address(api, recording))
    part = await listener.head(address(api, recording), headers={"range": "bytes=0-9"})

    assert (whole.status_code, whole.headers["content-length"], whole.content) == (200, str(SIZE), b"")
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


async def test_what_the_reader_has_is_not_sent_again(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    tag = f'"{recording.sha256}"'

    assert (await play(listener, api, recording, if_none_match=tag)).status_code == 304
    assert (await play(listener, api, recording, if_none_match='"other"')).status_code == 200


async def test_a_range_of_another_version_is_answered_whole(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    tag = f'"{recording.sha256}"'

    assert (await play(listener, api, recording, range="bytes=0-9", if_range=tag)).status_code == 206
    assert (await play(listener, api, recording, range="bytes=0-9", if_range='"old"')).status_code == 200


async def test_an_address_of_ours_and_in_time_or_none(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    good = address(api, recording)
    other = good.replace(str(recording.id), str(new_id()))
    assert (await listener.get(other)).status_code == 403
    assert (await listener.get(good[:-1] + "x")).status_code == 403
    assert (await listener.get(good.split("?", maxsplit=1)[0])).status_code == 400

    api.clock.moment = NOW + timedelta(hours=2)
    assert (await listener.get(good)).status_code == 403


async def test_the_recording_of_a_deleted_call_is_gone(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    async with api.transactions.begin() as session:
        await calls.delete_call(session, recording.project_id, recording.call_id, now=NOW)

    assert (await play(listener, api, recording)).status_code == 404


async def test_bytes_that_the_store_lost_are_not_found(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    await api.app.state.playback.objects.delete(recording.object_key)

    assert (await play(listener, api, recording)).status_code == 404


@given(st.integers(1, 1000), st.integers(0, 1200), st.integers(0, 1200) | st.none())
def test_ranges_lie_within_the_recording(size_bytes: int, first: int, last: int | None) -> None:
    header = f"bytes={first}-{'' if last is None else last}"
    try:
        found = parse_range(header, size_bytes)
    except RangeNotSatisfiable:
        assert first >= size_bytes
        return
    if last is not None and last < first:
        assert found is None
    else:
        end = size_bytes if last is None else min(last + 1, size_bytes)
        assert found == ByteRange(start=first, end=end)


async def test_an_original_is_for_keys_that_may_and_projects_that_keep_it(
    client: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    path = f"/v1/call/{recording.call_id}/recording/original"
    reader = authorization(await make_read_key(api.transactions))

    assert (await client.get(path)).status_code == 404
    await client.patch("/v1/project/rules", json={"keepsOriginalRecordings": True})
    assert (await client.get(path, headers=reader)).status_code == 403
    answer = await client.get(path)

    assert (answer.status_code, answer.content) == (200, CONTENT)


async def test_a_withheld_recording_is_not_played(
    listener: httpx.AsyncClient, api: ApiUnderTest, recording: Recording
) -> None:
    async with api.transactions.begin() as session:
        await session.execute(text("UPDATE recording SET is_withheld = true"))

    assert (await play(listener, api, recording)).status_code == 404
