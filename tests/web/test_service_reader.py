"""The pages' reader over real services and a real database."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from callscope.core.analysis import AnalysisStatus
from callscope.core.call import Role
from callscope.core.errors import CallNotFound, Unauthenticated
from callscope.core.ids import new_id
from callscope.services.keys import create_key
from callscope.services.recordings import RecordingNotFound
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects
from callscope.web.service_reader import ServiceReader
from tests.support.built_calls import (
    SCRIPT,
    BuiltCall,
    Line,
    build_peaks,
    build_samples,
    build_tool,
    build_whole_call,
)
from tests.support.stored_calls import finish, send
from tests.web.conftest import SettableClock

KEY = "rk_live_in_the_database"


@pytest.fixture
def service_reader(sessions: SessionFactory, clock: SettableClock) -> ServiceReader:
    return ServiceReader(
        transactions=sessions, reads=sessions, sign_recording=lambda found: f"/signed/{found}", clock=clock
    )


@pytest.fixture
async def stored_project_id(sessions: SessionFactory) -> UUID:
    async with sessions.begin() as session:
        return (await create_key(session, project_name="default", name="test", plain_key=KEY)).project_id


@pytest.fixture
def record(stored_project_id: UUID) -> BuiltCall:
    return build_whole_call(project_id=stored_project_id)


async def sound() -> AsyncIterator[bytes]:
    yield b"RIFF"


async def store_measured(sessions: SessionFactory, record: BuiltCall, folder: Path) -> UUID:
    call_id = await send(sessions, record)
    objects = Objects.open(None, default_dir=folder)
    peaks = build_peaks(build_samples(SCRIPT, 47_000))
    await finish(sessions, objects, record, call_id, sound=sound(), peaks=peaks)
    return call_id


@pytest.mark.usefixtures("stored_project_id")
async def test_a_key_signs_in_and_its_id_is_known_afterwards(service_reader: ServiceReader) -> None:
    principal = await service_reader.authenticate(KEY)
    assert await service_reader.principal(principal.key_id) == principal
    with pytest.raises(Unauthenticated):
        await service_reader.authenticate("rk_live_unknown")
    with pytest.raises(Unauthenticated):
        await service_reader.principal(new_id())


async def test_a_measured_call_is_read_whole(
    service_reader: ServiceReader, sessions: SessionFactory, record: BuiltCall, tmp_path: Path
) -> None:
    call_id = await store_measured(sessions, record, tmp_path)
    found = await service_reader.read_call(record.call.project_id, call_id)
    assert found.analysis
    assert found.analysis.status is AnalysisStatus.COMPLETED
    assert found == dataclasses.replace(
        record.record(),
        call=found.call,
        analysis=found.analysis,
        values=found.values,
        tools=found.tools,
        first_part=found.first_part,
    )
    assert found.recording == record.recording
    assert found.call.duration_ms == 47_000
    assert found.has_audio
    assert [entry.text for entry in found.first_part.entries] == [line.text for line in SCRIPT]
    waits_ms = [value.value for value in found.first_part.responses]
    assert waits_ms == [450, 700, 500, 3400, 1700, 800, 400, 2100]
    assert [tool.name for tool in found.tools] == ["find_account"]
    assert {value.context for value in found.values} == {"CALL"}
    assert {value.slug for value in record.values} <= {value.slug for value in found.values}
    timed = await service_reader.read_timed_call(record.call.project_id, call_id)
    assert (timed.conversation, timed.length_ms) == (record.conversation, 47_000)
    peaks = await service_reader.read_peaks(record.call.project_id, call_id)
    assert peaks
    assert len(peaks.channels[0]) == 2 * 4700
    address = await service_reader.recording_address(record.call.project_id, call_id)
    assert address.startswith("/signed/")


async def test_a_call_just_sent_has_what_its_sender_said(
    service_reader: ServiceReader, sessions: SessionFactory, record: BuiltCall
) -> None:
    call_id = await send(sessions, record)
    found = await service_reader.read_call(record.call.project_id, call_id)
    assert (found.values, found.recording, found.has_conversation, found.has_audio) == ((), None, False, False)
    analysis = await service_reader.read_analysis(record.call.project_id, call_id)
    assert analysis
    assert analysis.status is AnalysisStatus.QUEUED
    assert await service_reader.read_peaks(record.call.project_id, call_id) is None
    with pytest.raises(RecordingNotFound):
        await service_reader.recording_address(record.call.project_id, call_id)


async def test_a_long_transcript_is_read_part_by_part(
    service_reader: ServiceReader, sessions: SessionFactory, stored_project_id: UUID
) -> None:
    script = tuple(Line(Role.AGENT, at * 2000, at * 2000 + 1500, f"line {at}") for at in range(130))
    tools = tuple(build_tool(start_offset_ms=at, end_offset_ms=None) for at in (0, 79_999, 80_000, 300_000))
    call_id = await send(sessions, build_whole_call(project_id=stored_project_id, script=script, tools=tools))
    found = await service_reader.read_call(stored_project_id, call_id)
    assert found.transcript
    assert found.transcript.part_starts_ms == (0, 80_000, 160_000, 240_000)
    assert (found.transcript.entry_count, found.transcript.end_ms, found.tool_count) == (130, 259_500, 4)
    parts = [await service_reader.read_transcript_part(stored_project_id, call_id, index) for index in range(5)]
    assert [len(part.entries) for part in parts] == [40, 40, 40, 10, 0]
    assert [entry.text for part in parts for entry in part.entries] == [line.text for line in script]
    assert [len(part.tools) for part in parts] == [2, 1, 0, 1, 0]
    assert parts[0] == found.first_part


async def test_nothing_of_another_project_is_read(
    service_reader: ServiceReader, sessions: SessionFactory, record: BuiltCall, tmp_path: Path
) -> None:
    call_id = await store_measured(sessions, record, tmp_path)
    stranger = new_id()
    for read in (
        service_reader.read_call,
        service_reader.read_timed_call,
        service_reader.read_analysis,
        service_reader.read_peaks,
        service_reader.recording_address,
    ):
        with pytest.raises(CallNotFound):
            await read(stranger, call_id)
