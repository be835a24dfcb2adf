"""Calls as ingest leaves them, for tests of what comes after: stored with their first job."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from callscope.core.call import Call, CallDirection, InterfaceType, PropertyValue, Role
from callscope.core.new_call import (
    AgentByName,
    NewCall,
    NewCallAgent,
    NewCallCustomer,
    NewTranscriptEntry,
    ReceivedRequest,
)
from callscope.services import ingest
from callscope.storage import projects
from callscope.storage.engine import SessionFactory

STARTED_AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
Line = tuple[Role, str, int, int]
"""Who said what, from and to which millisecond."""


async def ingest_call(
    sessions: SessionFactory,
    *,
    recording_url: str,
    stereo_recording_url: str | None = None,
    lines: Sequence[Line] = (),
    external_id: str | None = None,
    project_name: str = "default",
    properties: Mapping[str, PropertyValue] | None = None,
) -> Call:
    """Store a call of one agent and one customer and commit it."""
    new = NewCall(
        direction=CallDirection.INBOUND,
        interface_type=InterfaceType.PHONE,
        started_at=STARTED_AT,
        recording_url=recording_url,
        stereo_recording_url=stereo_recording_url,
        ended_status=None,
        external_id=external_id,
        vapi_call_id=None,
        livekit_room_id=None,
        source="test",
        agents=(
            NewCallAgent(
                path=("agent",),
                identity=AgentByName(name="Desk", custom_id=None, description=None),
                endpoint=None,
                prompt=None,
            ),
        ),
        customers=(NewCallCustomer(phone_number_e164=None, label=None),),
        transcript=tuple(_entry(*line) for line in lines) or None,
        tools=(),
        properties=dict(properties or {}),
    )
    body = repr(new).encode()
    request = ReceivedRequest(api_key_id=None, body=body, body_digest=hashlib.sha256(body).digest(), unknown_fields=())
    async with sessions.begin() as session:
        project_id = await projects.find_or_create(session, project_name)
        return await ingest.create_call(session, new, project_id=project_id, request=request, now=datetime.now(UTC))


def _entry(role: Role, text: str, start_ms: int, end_ms: int) -> NewTranscriptEntry:
    return NewTranscriptEntry(
        role=role,
        text=text,
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        language_code=None,
        payload=None,
        speaker=None,
    )
