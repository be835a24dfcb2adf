"""Recordings of a project that masks: nobody hears what was masked, and the original goes unless it is wanted."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from callscope.audio.beeping import BEEP_HZ, BEEP_LEVEL
from callscope.core.call import Call, Role
from callscope.core.project_rules import RedactionClass
from callscope.pipeline.conclude_stage import conclude
from callscope.pipeline.lifetimes import remove_deleted_calls
from callscope.services import analyses, project_rules, recordings
from callscope.services.recordings import RecordingNotFound
from callscope.storage import projects
from callscope.storage.objects import call_folder
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import Line, ingest_call
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav

RATE_HZ = 16_000
WAV = tone_wav(seconds=12, rate_hz=RATE_HZ)
SAID: list[Line] = [
    (Role.AGENT, "What is your card number?", 500, 2000),
    (Role.CUSTOMER, "It's 4111 1111 1111 1111.", 5000, 8000),
]
LONG_BEFORE_MS, LONG_AFTER_MS = 3000, 10_000
"""Nobody talks in the tone, so the words were not found in it, and a second more around them is covered."""


async def analyse(pipeline: Pipeline, server: RecordingServer, *, lines: list[Line], keeps: bool = False) -> Call:
    async with pipeline.sessions.begin() as session:
        project_id = await projects.find_or_create(session, "default")
        rules = {"redacted": {RedactionClass.PAYMENT_CARD}, "keeps_original_recordings": keeps}
        await project_rules.change_rules(session, project_id, rules)
    url = server.serve("/call.wav", Reply(body=WAV))
    call = await ingest_call(pipeline.sessions, recording_url=url, lines=lines)
    await pipeline.run()
    return call


async def heard_of(pipeline: Pipeline, call: Call) -> np.ndarray:
    """Return what a player of the call hears, int16 [samples, channels]."""
    async with pipeline.sessions() as session:
        recording_id = (await recordings.to_play(session, [call.id]))[call.id]
        recording = await recordings.read(session, recording_id)
    sound = b"".join([block async for block in await pipeline.context.objects.read(recording.object_key)])
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getframerate() == RATE_HZ
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())


def loudest_hz(samples: np.ndarray) -> list[int]:
    return [round(np.abs(np.fft.rfft(channel)).argmax() * RATE_HZ / channel.size) for channel in samples.T]


def between(samples: np.ndarray, start_ms: int, end_ms: int) -> np.ndarray:
    return samples[start_ms * RATE_HZ // 1000 : end_ms * RATE_HZ // 1000]


async def test_what_was_masked_is_a_tone_on_every_channel(
    pipeline: Pipeline, server: RecordingServer, tmp_path: Path
) -> None:
    call = await analyse(pipeline, server, lines=SAID)

    heard = await heard_of(pipeline, call)

    assert heard.shape == (12 * RATE_HZ, 2)
    for start_ms, end_ms in ((0, LONG_BEFORE_MS), (LONG_AFTER_MS, 12_000)):
        assert loudest_hz(between(heard, start_ms, end_ms)) == [440, 440]
    covered = between(heard, 5000, 8000)
    assert loudest_hz(covered) == [BEEP_HZ, BEEP_HZ]
    assert np.abs(covered).max() <= round(BEEP_LEVEL * 32767)
    async with pipeline.sessions() as session:
        peaks = await analyses.read_peaks(session, call.project_id, call.id)
    assert peaks is not None
    highs = np.frombuffer(peaks.channels[0], np.int8).reshape(-1, 2)[:, 1]
    assert set(highs[500:800]) == {13}
    assert highs[100] > 13

    await remove_deleted_calls(pipeline.context)

    (kept,) = (tmp_path / "objects" / call_folder(call.project_id, call.id)).rglob("*/*")
    assert kept.read_bytes()[44:] == heard.tobytes()
    async with pipeline.sessions() as session:
        with pytest.raises(RecordingNotFound):
            await recordings.read_original(session, call.project_id, call.id)


async def test_the_original_is_kept_where_the_project_wants_it(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await analyse(pipeline, server, lines=SAID, keeps=True)
    await remove_deleted_calls(pipeline.context)

    async with pipeline.sessions() as session:
        original = await recordings.read_original(session, call.project_id, call.id)
    stored = b"".join([block async for block in await pipeline.context.objects.read(original.object_key)])

    assert stored == WAV
    assert loudest_hz(between(await heard_of(pipeline, call), 5000, 8000)) == [BEEP_HZ, BEEP_HZ]


async def test_where_nothing_is_masked_the_recording_is_played_as_it_came(
    pipeline: Pipeline, server: RecordingServer
) -> None:
    call = await analyse(pipeline, server, lines=SAID[:1])

    assert (await heard_of(pipeline, call)).tobytes() == WAV[44:]


async def test_a_recording_that_nobody_put_into_words_is_withheld(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await analyse(pipeline, server, lines=[])

    async with pipeline.sessions() as session:
        (recording,) = await recordings.of_call(session, call.project_id, call.id)
        assert await recordings.to_play(session, [call.id]) == {}
        with pytest.raises(RecordingNotFound):
            await recordings.read(session, recording.id)


async def test_a_copy_whose_stage_was_done_by_another_is_removed(
    pipeline: Pipeline, server: RecordingServer, tmp_path: Path
) -> None:
    call = await analyse(pipeline, server, lines=SAID, keeps=True)
    async with pipeline.sessions.begin() as session:
        await session.execute(text("UPDATE recording SET is_withheld = true"))
    folder = tmp_path / "objects" / call_folder(call.project_id, call.id)
    before = sorted(folder.rglob("*/*"))

    results = await conclude(pipeline.context, await pipeline.analysis(call))
    assert len(sorted(folder.rglob("*/*"))) == len(before) + 1
    await results.discard()

    assert sorted(folder.rglob("*/*")) == before
