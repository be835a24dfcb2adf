"""Built calls put where the service keeps them, as if they had been sent, fetched and measured."""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Update, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.analysis import Analysis
from callscope.core.call import Call, ToolInvocation
from callscope.core.ids import new_id
from callscope.core.metric import CallFacts, MetricContext, MetricValue
from callscope.core.new_call import (
    AgentByName,
    NewCall,
    NewCallAgent,
    NewCallCustomer,
    NewToolInvocation,
    NewTranscriptEntry,
    ReceivedRequest,
)
from callscope.core.recording import Peaks, Recording, RecordingAnalysis, RecordingKind
from callscope.core.transcript import Transcript
from callscope.metrics import registry, runner
from callscope.services import analyses, ingest, recordings
from callscope.storage import call_words, notifications
from callscope.storage.analyses import AnalysisRow
from callscope.storage.calls import CallRow
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects, recording_key
from tests.support.built_calls import BuiltCall

FLAT_PEAKS = Peaks(bucket_ms=10, channels=(b"\0\0", b"\0\0"))
"""The waveform of a recording whose sound does not matter."""


async def send(sessions: SessionFactory, record: BuiltCall) -> UUID:
    """Store the call with transcript and tools, as its sender gave them; its analysis is queued. Return its id."""
    new = _to_new(record.call, record.transcript, record.tools)
    body = str(record.call.id).encode()
    request = ReceivedRequest(api_key_id=None, body=body, body_digest=hashlib.sha256(body).digest(), unknown_fields=())
    async with sessions.begin() as session:
        call = await ingest.create_call(
            session, new, project_id=record.call.project_id, request=request, now=record.call.created_at
        )
    return call.id


async def finish(
    sessions: SessionFactory,
    objects: Objects,
    record: BuiltCall,
    call_id: UUID,
    *,
    sound: AsyncIterator[bytes],
    peaks: Peaks,
) -> None:
    """Store everything else of a built call: recording, what was measured, title, and where its analysis stands."""
    at, project_id = record.call.created_at, record.call.project_id
    recording = None
    if record.recording is not None:
        recording = await _store_sound(objects, project_id, call_id, sound, at=at)
    async with sessions.begin() as session:
        analysis: Analysis | None = await analyses.latest(session, project_id, call_id)
        assert analysis is not None
        if recording is not None:
            await recordings.keep(session, recording)
            found = _found(record, peaks)
            await analyses.record_recording_analysis(session, analysis, recording=recording, found=found, at=at)
        values = (*record.values, *_moment_values(record))
        await analyses.record_measurement(session, analysis, conversation=record.conversation, values=values, at=at)
        await _store_outcome(session, record, call_id)
        await call_words.refresh(session, call_id)
        await notifications.tell(session, project_id, call_id)


async def store(
    sessions: SessionFactory, objects: Objects, record: BuiltCall, *, sound: bytes = b"RIFF", peaks: Peaks | None = None
) -> UUID:
    """Store a built call whole and return its id; without `peaks` its waveform is flat."""

    async def chunks() -> AsyncIterator[bytes]:
        yield sound

    call_id = await send(sessions, record)
    await finish(sessions, objects, record, call_id, sound=chunks(), peaks=peaks or FLAT_PEAKS)
    return call_id


async def store_analysis(sessions: SessionFactory, call_id: UUID, analysis: Analysis) -> None:
    """Let the call's analysis stand where `analysis` does."""
    async with sessions.begin() as session:
        await session.execute(_analysis_update(call_id, analysis))


async def _store_sound(
    objects: Objects, project_id: UUID, call_id: UUID, sound: AsyncIterator[bytes], *, at: datetime
) -> Recording:
    key = recording_key(project_id, call_id)
    stored = await objects.put(key, sound, max_bytes=2**31)
    return Recording(
        id=new_id(),
        project_id=project_id,
        call_id=call_id,
        kind=RecordingKind.STEREO,
        object_key=key,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        content_type="audio/wav",
        fetched_at=at,
    )


async def _store_outcome(session: AsyncSession, record: BuiltCall, call_id: UUID) -> None:
    call = record.call
    columns = {
        "title": call.title,
        "summary": call.summary,
        "duration_ms": call.duration_ms,
        "ended_at": call.ended_at,
        "status": call.status.value,
    }
    await session.execute(update(CallRow).where(CallRow.id == call_id).values(columns))
    if record.analysis is None:
        await session.execute(delete(AnalysisRow).where(AnalysisRow.call_id == call_id))
    else:
        await session.execute(_analysis_update(call_id, record.analysis))


def _analysis_update(call_id: UUID, analysis: Analysis) -> Update:
    columns = {
        "status": analysis.status.value,
        "stage": analysis.stage.value,
        "attempt_count": analysis.attempt_count,
        "reason": analysis.reason,
        "next_attempt_at": analysis.next_attempt_at,
        "finished_at": analysis.finished_at,
        "transcription_reason": analysis.transcription_reason,
    }
    return update(AnalysisRow).where(AnalysisRow.call_id == call_id).values(columns)


def _moment_values(record: BuiltCall) -> list[MetricValue]:
    """Return the values that speak of a part of the call, which built calls do not carry."""
    if not record.values:
        return []
    facts = CallFacts(
        duration_ms=record.call.duration_ms,
        conversation=record.conversation,
        conversation_reason=None if record.conversation else "the recording was not measured yet",
        transcript=(),
        tools=(),
    )
    answers = runner.compute(facts, [registry.get("response_time")])
    return [value for value in answers if value.context is not MetricContext.CALL]


def _found(record: BuiltCall, peaks: Peaks) -> RecordingAnalysis:
    recording = record.recording
    assert recording is not None
    segments = record.conversation.segments if record.conversation else ()
    return RecordingAnalysis(
        probe=recording.probe,
        duration_ms=recording.duration_ms,
        channels=recording.channels,
        segments=segments if record.conversation else None,
        speech=tuple(
            tuple((one.start_offset_ms, one.end_offset_ms) for one in segments if one.role is channel.role)
            for channel in recording.channels
        ),
        reason=None,
        confidence=1.0,
        report=recording.report,
        peaks=peaks,
        parameters={},
        version="built",
    )


def _to_new(call: Call, transcript: Transcript | None, tools: tuple[ToolInvocation, ...]) -> NewCall:
    return NewCall(
        direction=call.direction,
        interface_type=call.interface_type,
        started_at=call.started_at,
        recording_url="https://recordings.example/call.wav",
        stereo_recording_url=None,
        ended_status=call.ended_status,
        external_id=call.external_id,
        vapi_call_id=None,
        livekit_room_id=None,
        source=call.source,
        agents=tuple(
            NewCallAgent(
                path=("agent",),
                identity=AgentByName(name=agent.name, custom_id=agent.custom_id, description=None),
                endpoint=None,
                prompt=None,
            )
            for agent in call.agents
        ),
        customers=tuple(
            NewCallCustomer(phone_number_e164=one.phone_number_e164, label=one.label) for one in call.customers
        ),
        transcript=_new_entries(transcript),
        tools=tuple(
            NewToolInvocation(
                name=tool.name,
                description=tool.description,
                parameters=tool.parameters,
                parameter_types={},
                result=tool.result,
                start_offset_ms=tool.start_offset_ms,
                end_offset_ms=tool.end_offset_ms,
                agent=None,
            )
            for tool in tools
        ),
        properties=call.properties,
    )


def _new_entries(transcript: Transcript | None) -> tuple[NewTranscriptEntry, ...]:
    return tuple(
        NewTranscriptEntry(
            role=entry.role,
            text=entry.text,
            start_offset_ms=entry.start_offset_ms,
            end_offset_ms=entry.end_offset_ms,
            language_code=None,
            payload=None,
            speaker=None,
        )
        for entry in (transcript.entries if transcript else ())
    )
