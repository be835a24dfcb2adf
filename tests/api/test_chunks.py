"""Chunks become one recording: in order, gaps silent and reported, nothing shifted."""

import io
import wave
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from callscope.core.jobs import LIVE_QUEUE, SHORT_QUEUE
from tests.support.api import NOW
from tests.support.live_api import MAX_CHUNK_BYTES, Live
from tests.support.plugin_calls import RATE_HZ, ended, ramp_chunks, started

FRAMES = 4000


def samples(content: bytes) -> tuple[wave.Wave_read, np.ndarray]:
    file = wave.open(io.BytesIO(content))  # noqa: SIM115 - its header is read by the caller
    return file, np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


async def end(live: Live) -> str:
    await live.send("pipecat", ended())
    await live.read()
    return str((await live.only_call())["id"])


def files_in(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


async def test_chunks_in_any_order_make_one_recording(live: Live) -> None:
    chunks = ramp_chunks(5, FRAMES)
    await live.send("pipecat", started())
    for index in (3, 0, 4, 2, 1):
        assert (await live.upload("pipecat", "pc-1", index, chunks[index])).status_code == 200

    call_id = await end(live)

    recording, content = await live.recording(call_id)
    file, sound = samples(content)
    assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 2, 2)
    assert sound.tobytes() == b"".join(chunks)
    assert recording.findings == ()
    await live.work()
    assert (await live.measured(call_id)).duration_ms == 2500
    assert (await live.only_call())["durationMs"] == 2500


async def test_a_missing_chunk_is_silence_of_its_length_and_reported(live: Live) -> None:
    chunks = ramp_chunks(5, FRAMES)
    for index in (0, 1, 3, 4):
        await live.upload("pipecat", "pc-1", index, chunks[index])

    call_id = await end(live)

    _, sound = samples((await live.recording(call_id))[1])
    assert len(sound) == 5 * FRAMES
    assert not sound[2 * FRAMES : 3 * FRAMES].any()
    assert sound[3 * FRAMES :].tobytes() == b"".join(chunks[3:])
    await live.work()
    (finding,) = (one for one in (await live.measured(call_id)).report.findings if "chunks" in one.code)
    assert finding.code == "recording_chunks_missing"
    assert finding.message.startswith("1 of 5 chunks of the recording never arrived; 0.5 s are silence")
    assert "1.0 s" in finding.message


async def test_an_upload_that_broke_off_tells_how_long_the_gap_is(live: Live) -> None:
    chunks = ramp_chunks(3, FRAMES)
    await live.upload("pipecat", "pc-1", 0, chunks[0][: 4 * 1001])
    await live.upload("pipecat", "pc-1", 2, chunks[2])
    url = await live.upload_url("pipecat", "pc-1", 1)
    path, _, query = url.removeprefix("http://callscope.test").partition("?")
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return parts.pop(0)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    parts = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"content-length", b"20000"), (b"host", b"callscope.test")],
        "server": ("callscope.test", 80),
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    await live.client._transport.app(scope, receive, send)  # type: ignore[attr-defined] # the ASGI transport has one
    live.clock.moment = NOW + timedelta(minutes=1)

    call_id = await end(live)

    _, sound = samples((await live.recording(call_id))[1])
    assert len(sound) == 1001 + 5000 + FRAMES
    assert sound[6001:].tobytes() == chunks[2]
    assert await live.column("SELECT count(*) FROM live_chunk WHERE object_key IS NULL") == [1]


async def test_a_repeated_chunk_counts_once_and_the_last_wins(live: Live) -> None:
    chunks = ramp_chunks(2, FRAMES)
    await live.upload("pipecat", "pc-1", 0, b"\1\2\3\4" * 10)
    await live.upload("pipecat", "pc-1", 1, chunks[1])
    await live.upload("pipecat", "pc-1", 0, chunks[0])

    call_id = await end(live)

    _, sound = samples((await live.recording(call_id))[1])
    assert sound.tobytes() == b"".join(chunks)


async def test_odd_sizes_join_without_a_seam(live: Live) -> None:
    whole = b"".join(ramp_chunks(3, FRAMES))
    cuts = (0, 7, 8, 20_001, len(whole))
    for index, (first, last) in enumerate(pairwise(cuts)):
        await live.upload("pipecat", "pc-1", index, whole[first:last])

    call_id = await end(live)

    _, sound = samples((await live.recording(call_id))[1])
    assert sound.tobytes() == whole


async def test_a_late_chunk_changes_the_recording(live: Live) -> None:
    chunks = ramp_chunks(3, FRAMES)
    await live.upload("pipecat", "pc-1", 0, chunks[0])
    await live.upload("pipecat", "pc-1", 2, chunks[2])
    call_id = await end(live)
    assert (await live.recording(call_id))[0].findings != ()

    await live.upload("pipecat", "pc-1", 1, chunks[1])
    await live.read()

    recording, content = await live.recording(call_id)
    assert samples(content)[1].tobytes() == b"".join(chunks)
    assert recording.findings == ()
    assert await live.column("SELECT status FROM analysis ORDER BY id") == ["CANCELLED", "RUNNING"]


async def test_the_end_before_the_last_chunk_waits_for_it(live: Live) -> None:
    chunks = ramp_chunks(2, FRAMES)
    await live.upload("pipecat", "pc-1", 0, chunks[0])
    url = await live.upload_url("pipecat", "pc-1", 1)
    await live.send("pipecat", ended())
    await live.jobs.run_worker_async(queues=[LIVE_QUEUE, SHORT_QUEUE], wait=False, install_signal_handlers=False)
    await live.client.put(url, content=chunks[1])
    await live.read()

    _, content = await live.recording(str((await live.only_call())["id"]))
    assert samples(content)[1].tobytes() == b"".join(chunks)


async def test_a_last_chunk_that_never_came_is_reported(live: Live) -> None:
    await live.upload("pipecat", "pc-1", 0, ramp_chunks(1, FRAMES)[0])
    await live.upload_url("pipecat", "pc-1", 1)
    live.clock.moment = NOW + timedelta(minutes=1)
    call_id = await end(live)

    codes = [one.code for one in (await live.recording(call_id))[0].findings]
    assert codes == ["recording_end_missing"]


async def test_a_call_that_never_ends_keeps_what_arrived(live: Live) -> None:
    await live.send("pipecat", started())
    await live.read()
    for index, chunk in enumerate(ramp_chunks(3, FRAMES)):
        live.clock.moment = NOW + timedelta(seconds=index * FRAMES / 16_000)
        await live.upload("pipecat", "pc-1", index, chunk)
    live.clock.moment = NOW + timedelta(hours=2)
    await live.jobs.tasks["live_call.sweep"].defer_async(timestamp=0)
    await live.read()

    call = await live.only_call()
    recording, content = await live.recording(call["id"])
    assert call["status"] == "ENDED"
    assert samples(content)[0].getframerate() == 16_000
    assert [one.code for one in recording.findings] == ["recording_format_assumed"]


async def test_chunks_are_removed_once_no_late_one_can_come(live: Live, tmp_path: Path) -> None:
    for index, chunk in enumerate(ramp_chunks(2, FRAMES)):
        await live.upload("pipecat", "pc-1", index, chunk)
    await end(live)
    kept_count = len(files_in(tmp_path))
    live.clock.moment = NOW + timedelta(hours=2)
    await live.jobs.tasks["live_call.sweep"].defer_async(timestamp=0)
    await live.read()

    assert kept_count == 3
    assert len(files_in(tmp_path)) == 1
    assert await live.column("SELECT count(*) FROM live_chunk") == [0]


async def test_an_address_is_good_for_its_chunk_alone(live: Live) -> None:
    url = await live.upload_url("pipecat", "pc-1", 1)

    assert (await live.client.put(url.replace("/1?", "/2?"), content=b"x")).status_code == 403
    assert (await live.client.put(url.replace("call=pc-1", "call=pc-2"), content=b"x")).status_code == 403
    assert (await live.client.put(url.replace("pipecat", "livekit-sdk"), content=b"x")).status_code == 403
    too_large = await live.client.put(url, content=bytes(MAX_CHUNK_BYTES + 1))
    assert too_large.status_code == 413
    live.clock.moment = NOW + timedelta(minutes=16)
    assert (await live.client.put(url, content=b"x")).status_code == 403
    assert await live.column("SELECT count(*) FROM live_chunk WHERE object_key IS NOT NULL") == [0]
