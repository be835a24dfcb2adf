"""Built calls put where the service keeps them, as if they had been sent, fetched and measured."""

import dataclasses
import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.call import Call, ToolInvocation
from callscope.core.ids import new_id
from callscope.core.metric import CallFacts
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
from callscope.metrics import runner
from callscope.services import analyses, ingest, recordings
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects, recording_key
from tests.support.built_calls import BuiltCall


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
    """Store the recording and everything that was measured of it, and complete the analysis."""
    at, project_id = record.call.created_at, record.call.project_id
    key = recording_key(project_id, call_id)
    stored = await objects.put(key, sound, max_bytes=2**31)
    recording = Recording(
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
    found = _found(record, peaks)
    async with sessions.begin() as session:
        analysis: Analysis | None = await analyses.latest(session, project_id, call_id)
        assert analysis is not None
        await recordings.keep(session, recording)
        await analyses.record_recording_analysis(session, analysis, recording=recording, found=found, at=at)
        values = runner.compute(_facts(record, found))
        await analyses.record_measurement(session, analysis, conversation=record.conversation, values=values, at=at)
        await analyses.record_duration(session, analysis, at=at)
        while analysis:
            await analyses.advance(session, analysis, at=at)
            following = analysis.stage.next
            analysis = dataclasses.replace(analysis, stage=following) if following else None


def _found(record: BuiltCall, peaks: Peaks) -> RecordingAnalysis:
    recording, conversation = record.recording, record.conversation
    assert recording is not None
    assert conversation is not None
    return RecordingAnalysis(
        probe=recording.probe,
        duration_ms=recording.duration_ms,
        channels=recording.channels,
        segments=conversation.segments,
        speech=tuple(
            tuple((one.start_offset_ms, one.end_offset_ms) for one in conversation.segments if one.role is channel.role)
            for channel in recording.channels
        ),
        reason=None,
        confidence=1.0,
        report=recording.report,
        peaks=peaks,
        parameters={},
        version="built",
    )


def _facts(record: BuiltCall, found: RecordingAnalysis) -> CallFacts:
    return CallFacts(
        duration_ms=found.duration_ms,
        conversation=record.conversation,
        conversation_reason=None,
        transcript=record.transcript.entries if record.transcript else (),
        tools=record.tools,
        recording=found,
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
