"""What plug-ins and providers send beside their own messages, and what they are answered."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import InputModel, OutputModel

MAX_CALL_ID_LENGTH = 255
MAX_CHUNK_INDEX = 10_000_000


class ChunkUrlRequest(InputModel):
    """A chunk of a recording that is about to be uploaded."""

    chunk_index: int = Field(ge=0, le=MAX_CHUNK_INDEX, description="Where in the recording it belongs, from 0.")
    content_type: str = Field(
        default="audio/pcm", max_length=100, description="Signed 16-bit little-endian samples, channels interleaved."
    )


class PipecatChunkUrlRequest(ChunkUrlRequest):
    """A chunk of the recording of a Pipecat call."""

    pipecat_call_id: str = Field(min_length=1, max_length=MAX_CALL_ID_LENGTH)


class LivekitChunkUrlRequest(ChunkUrlRequest):
    """A chunk of the recording of a LiveKit call."""

    livekit_call_id: str = Field(min_length=1, max_length=MAX_CALL_ID_LENGTH)


class ChunkUploadUrl(OutputModel):
    """Where a chunk is to be sent, once or again, with nothing but this address."""

    upload_url: str
    s3_key: str = Field(alias="s3Key", description="A name of the chunk. It means nothing to senders.")
    chunk_index: int
    expires_in_seconds: int
    method: Literal["PUT"]
    content_type: str


class MessageAccepted(OutputModel):
    """A message that is stored and will be read in a moment."""

    id: UUID


class VapiCallRequest(InputModel):
    """A finished Vapi call in the older form."""

    vapi_end_of_call_report_payload: dict[str, Any] = Field(description="The end-of-call report as Vapi sends it.")
    properties: dict[str, Any] | None = None
    skip_already_imported: bool = Field(
        default=False, description="Answer with the call there is instead of refusing one that was sent before."
    )


class RetellCallRequest(InputModel):
    """A finished Retell call in the older form."""

    retell_call_ended_payload: dict[str, Any] = Field(description="The webhook as Retell sends it.")
    properties: dict[str, Any] | None = None
    skip_already_imported: bool = Field(
        default=False, description="Answer with the call there is instead of refusing one that was sent before."
    )


class ImportedCall(OutputModel):
    """The call that was made of a report."""

    call_id: UUID
