"""A recording that is sent to us: once, under its own address, for one call of its own project."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import av
import httpx
import numpy as np
import pytest
from starlette.requests import ClientDisconnect

from callscope.pipeline.lifetimes import remove_deleted_calls
from callscope.storage.objects import recordings_folder
from tests.support.api import NOW, ApiUnderTest, authorization, make_key, minimal_call
from tests.support.live_api import MAX_UPLOAD_BYTES, Live
from tests.support.tones import tone_wav

WAV = tone_wav(seconds=0.5)
ENCODED = {
    "mp3": ("mp3", "libmp3lame", "audio/mpeg"),
    "mp4": ("mp4", "aac", "video/mp4"),
    "ogg": ("ogg", "libopus", "audio/ogg"),
}


def encoded(container: str, codec: str) -> bytes:
    buffer = BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=48_000, layout="stereo")
        sound = (8000 * np.sin(np.arange(48_000) / 17)).astype(np.int16).repeat(2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(sound, format="s16", layout="stereo")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return buffer.getvalue()


async def announced(live: Live) -> dict[str, Any]:
    response = await live.client.post("/v1/recording-upload")
    assert response.status_code == 201, response.text
    return dict(response.json()["data"])


async def put(live: Live, url: str, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    async with httpx.AsyncClient(transport=live.client._transport) as without_key:
        return await without_key.put(url, content=content)


async def uploaded(live: Live, content: bytes = WAV) -> str:
    upload = await announced(live)
    response = await put(live, upload["uploadUrl"], content)
    assert response.status_code == 200, response.text
    return str(upload["recordingUrl"])


async def create(live: Live, url: str, **further: Any) -> httpx.Response:
    return await live.client.post("/v1/call", json=minimal_call(recordingUrl=url, **further))


async def analysed(live: Live, call_id: str) -> dict[str, Any]:
    await live.work()
    return dict((await live.client.get(f"/v1/call/{call_id}/analysis")).json()["data"])


async def keys(live: Live) -> list[str]:
    return await live.context.objects.keys("")


async def test_what_was_uploaded_is_the_recording_of_the_call(api: ApiUnderTest, live: Live) -> None:
    upload = await announced(live)
    assert (upload["method"], upload["expiresInSeconds"], upload["maxBytes"]) == ("PUT", 3600, MAX_UPLOAD_BYTES)

    answer = (await put(live, upload["uploadUrl"], WAV)).json()["data"]
    digest = hashlib.sha256(WAV).hexdigest()
    assert answer == {
        "id": upload["id"],
        "recordingUrl": upload["recordingUrl"],
        "sha256": digest,
        "sizeBytes": len(WAV),
        "contentType": "audio/wav",
    }

    call_id = (await create(live, upload["recordingUrl"])).json()["data"]["id"]
    assert (await analysed(live, call_id))["status"] == "COMPLETED"
    recording, content = await live.recording(call_id)
    assert (content, recording.sha256) == (WAV, digest)
    assert recording.object_key.startswith(recordings_folder(live.key.project_id, UUID(call_id)))
    # Neither the request nor the worker asked any server for it.
    assert api.probe.asked == []


@pytest.mark.parametrize("name", ENCODED)
async def test_every_container_comes_in(live: Live, name: str) -> None:
    container, codec, content_type = ENCODED[name]
    content = encoded(container, codec)

    call_id = (await create(live, await uploaded(live, content))).json()["data"]["id"]

    assert (await analysed(live, call_id))["status"] == "COMPLETED"
    recording, _ = await live.recording(call_id)
    assert (recording.content_type, recording.size_bytes) == (content_type, len(content))
    assert 950 <= (await live.measured(call_id)).duration_ms <= 1100


async def test_both_recordings_may_be_uploads(live: Live) -> None:
    mono = tone_wav(seconds=0.5, channel_count=1)
    urls = await uploaded(live, mono), await uploaded(live, WAV)

    call = (await create(live, urls[0], stereoRecordingUrl=urls[1])).json()["data"]

    await analysed(live, call["id"])
    sizes = await live.column("SELECT size_bytes FROM recording ORDER BY kind")
    assert sizes == [len(mono), len(WAV)]


async def test_an_upload_takes_one_file(live: Live) -> None:
    upload = await announced(live)
    await put(live, upload["uploadUrl"], WAV)

    again = await put(live, upload["uploadUrl"], tone_wav(seconds=0.2))

    assert (again.status_code, again.json()["code"]) == (409, "upload_complete")
    assert len(await keys(live)) == 1


async def test_of_two_files_at_once_one_is_kept(live: Live) -> None:
    upload = await announced(live)
    files = [tone_wav(seconds=0.5), tone_wav(seconds=0.4)]
    waiting = asyncio.Barrier(2)

    async def slowly(content: bytes) -> AsyncIterator[bytes]:
        yield content[:5000]
        await waiting.wait()
        yield content[5000:]

    answers = await asyncio.gather(*(put(live, upload["uploadUrl"], slowly(file)) for file in files))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await keys(live)) == 1


async def test_one_that_broke_off_may_be_sent_again(live: Live) -> None:
    upload = await announced(live)

    async def broken() -> AsyncIterator[bytes]:
        yield WAV[:5000]
        raise ClientDisconnect

    assert (await put(live, upload["uploadUrl"], broken())).status_code == 400
    assert await keys(live) == []

    assert (await put(live, upload["uploadUrl"], WAV)).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "code", "word"),
    [
        (b"", 400, "not_audio", "empty"),
        (b"<html>" * 1000, 400, "not_audio", "WAV, MP3"),
        (WAV + bytes(MAX_UPLOAD_BYTES), 413, "body_too_large", str(MAX_UPLOAD_BYTES)),
    ],
)
async def test_what_is_no_recording_is_refused_with_its_remedy(
    live: Live, content: bytes, status: int, code: str, word: str
) -> None:
    upload = await announced(live)

    refused = await put(live, upload["uploadUrl"], content)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert word in refused.json()["message"]
    assert await keys(live) == []


async def test_an_address_is_good_for_its_upload_and_its_hour(live: Live) -> None:
    first, second = await announced(live), await announced(live)
    swapped = first["uploadUrl"].replace(first["id"], second["id"])
    assert (await put(live, swapped, WAV)).status_code == 403
    assert (await put(live, first["uploadUrl"].replace("signature=", "signature=0"), WAV)).status_code == 403

    live.clock.moment = NOW + timedelta(hours=1)

    refused = await put(live, first["uploadUrl"], WAV)
    assert (refused.status_code, refused.json()["code"]) == (403, "signature_invalid")
    assert await keys(live) == []


async def test_one_call_takes_an_upload(live: Live) -> None:
    url = await uploaded(live)

    answers = await asyncio.gather(*(create(live, url, externalId=f"e{number}") for number in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400]
    refused = next(answer.json() for answer in answers if answer.status_code == 400)
    assert refused["code"] == "recording_not_accessible"
    assert "another call" in refused["message"]
    assert len(await live.calls()) == 1


async def test_an_equal_repeat_of_the_call_answers_it_again(live: Live) -> None:
    url = await uploaded(live)
    first = await create(live, url, externalId="e")

    again = await create(live, url, externalId="e")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


async def test_nothing_of_a_call_stays_whose_upload_is_not_there(api: ApiUnderTest, live: Live) -> None:
    other = authorization(await make_key(api.transactions, project="other"))
    urls = {
        (await announced(live))["recordingUrl"]: "PUT it",
        f"callscope://recording-upload/{uuid4()}": "no such upload",
        await uploaded(live): "no such upload",
    }
    for (url, word), headers in zip(urls.items(), ({}, {}, other), strict=True):
        body = minimal_call(
            recordingUrl="https://recordings.example/a.wav", stereoRecordingUrl=url, agent={"name": "A"}
        )
        refused = await live.client.post("/v1/call", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (400, "recording_not_accessible")
        assert refused.json()["error"]["issues"][0]["path"] == ["stereoRecordingUrl"]
        assert word in refused.json()["message"]
    assert await live.column("SELECT count(*) FROM call") == [0]
    assert await live.column("SELECT count(*) FROM agent") == [0]


async def test_uploads_that_nobody_needs_go(live: Live) -> None:
    fetched, waiting, unused = await uploaded(live), await uploaded(live), await uploaded(live)
    call_id = (await create(live, fetched)).json()["data"]["id"]
    await analysed(live, call_id)
    live.clock.moment = NOW + timedelta(hours=23)
    held = (await create(live, waiting)).json()["data"]["id"]
    await remove_deleted_calls(live.context)
    assert len(await keys(live)) == 3
    assert unused.endswith(str((await live.column("SELECT id FROM recording_upload WHERE taken_at IS NULL"))[0]))

    live.clock.moment = NOW + timedelta(hours=25)
    await live.client.delete(f"/v1/call/{held}")
    await remove_deleted_calls(live.context)

    (left,) = await keys(live)
    assert left.startswith(recordings_folder(live.key.project_id, UUID(call_id)))
    assert await live.column("SELECT count(*) FROM recording_upload") == [0]
    assert (await live.recording(call_id))[1] == WAV


async def test_a_file_that_vanished_fails_its_call_in_words(live: Live) -> None:
    url = await uploaded(live)
    call_id = (await create(live, url)).json()["data"]["id"]
    for key in await keys(live):
        await live.context.objects.delete(key)

    analysis = await analysed(live, call_id)

    assert analysis["status"] == "FAILED"
    assert "no such object" in analysis["reason"]
