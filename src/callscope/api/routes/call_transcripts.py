"""`/v1/call/{call_id}/transcript`."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.context import Context
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.transcript import AgentParticipant, CustomerParticipant, TranscriptEntryRead, TranscriptRead
from callscope.core.call import Call, Role
from callscope.core.transcript import Transcript, TranscriptSource
from callscope.services import calls, transcripts
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/call", tags=["call"])


@router.get(
    "/{call_id}/transcript",
    response_model=Envelope[TranscriptRead],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
async def get_transcript(
    call_id: UUID,
    context: Context,
    principal: Annotated[Principal, Depends(Requires("call:read"))],
    source: TranscriptSource | None = None,
) -> Response:
    """Read a call's transcript: of `source`, else the best there is (sent with the call before recognised by us)."""
    async with context.reads() as session:
        call = await calls.get_call(session, principal.project_id, call_id)
        transcript = await transcripts.read_transcript(session, principal.project_id, call_id, source)
    return answer(Envelope(data=_to_read(call, transcript)))


def _to_read(call: Call, transcript: Transcript | None) -> TranscriptRead:
    if transcript is None:
        return TranscriptRead(transcription_source=None, participants=[], entries=[])
    return TranscriptRead(
        transcription_source=transcript.source,
        participants=[
            *(AgentParticipant(id=agent.participant_id, type="AGENT", agent_id=agent.id) for agent in call.agents),
            *(CustomerParticipant(id=each.id, type="CUSTOMER", customer_id=each.id) for each in call.customers),
        ],
        entries=[
            TranscriptEntryRead(
                participant_id=entry.participant_id,
                role="AGENT" if entry.role is Role.AGENT else "CUSTOMER",
                text=entry.text,
                start_offset_ms=entry.start_offset_ms,
                end_offset_ms=entry.end_offset_ms,
            )
            for entry in transcript.entries
        ],
    )
