"""Transcripts as they are read."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import OutputModel
from callscope.core.transcript import TranscriptSource


class AgentParticipant(OutputModel):
    """An agent that speaks in the transcript."""

    id: UUID
    type: Literal["AGENT"]
    agent_id: UUID | None


class CustomerParticipant(OutputModel):
    """A customer that speaks in the transcript."""

    id: UUID
    type: Literal["CUSTOMER"]
    customer_id: UUID | None


class TranscriptEntryRead(OutputModel):
    """One turn. `participantId` is null when nobody knows which of several participants spoke."""

    participant_id: UUID | None
    role: Literal["AGENT", "CUSTOMER"] | None
    text: str
    start_offset_ms: int
    end_offset_ms: int


class TranscriptRead(OutputModel):
    """A transcript; without one, the source is null and the lists are empty."""

    transcription_source: TranscriptSource | None
    participants: list[AgentParticipant | CustomerParticipant] = Field(description="Referenced by `participantId`.")
    entries: list[TranscriptEntryRead] = Field(description="In call order.")
