"""The body of `POST /v1/call`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from callscope.api.schemas.base import InputModel
from callscope.api.schemas.fields import Label, OffsetMs, PhoneNumber, PointInTime, ToolResult
from callscope.core.call import CallDirection, EndedStatus, InterfaceType

MAX_TRANSCRIPT_ENTRIES = 20_000
MAX_TOOL_INVOCATIONS = 5_000
MAX_PARTICIPANTS = 100
MAX_EXTERNAL_ID_LENGTH = 255
MAX_URL_LENGTH = 8192

EndpointType = Literal["PHONE", "WEBSOCKET", "LIVEKIT", "SMALL_WEBRTC", "ELEVENLABS_WS", "KORE", "GOOGLE_CES", "DAILY"]
EndpointDirection = Literal["INCOMING", "OUTGOING", "INCOMING_AND_OUTGOING"]
ToUpper = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)


class EndpointInput(InputModel):
    """An endpoint of an agent: `id` of one that exists, or `type` and `value` to find or make it."""

    id: UUID | None = None
    type: Annotated[EndpointType, ToUpper] | None = Field(default=None, description="`phone`, `websocket`, …")
    value: str | None = Field(
        default=None, min_length=1, max_length=2048, description="Phone number in E.164, or the URL or room name."
    )
    direction: Annotated[EndpointDirection, ToUpper] | None = None


class PromptInput(InputModel):
    """The prompt an agent ran with."""

    resolved_prompt: str = Field(description="The system prompt as used on this call, variables filled in.")


class AgentInput(InputModel):
    """An agent: `roarkId` or `customId` of one that exists, or `name` to find or make it (by `customId` if given)."""

    roark_id: UUID | None = None
    custom_id: Label | None = None
    name: Label | None = None
    description: str | None = Field(default=None, max_length=4096)
    endpoint: EndpointInput | None = None
    prompt: PromptInput | None = None


class CustomerInput(InputModel):
    """A customer of the call."""

    phone_number_e164: PhoneNumber = Field(description="E.164; null on web calls.")
    label: Label | None = Field(default=None, description="Names the customer in the transcript, such as `speaker-01`.")


class AgentMentionInput(InputModel):
    """Which of the call's agents is meant."""

    roark_id: UUID | None = None
    custom_id: Label | None = None


class CustomerMentionInput(InputModel):
    """Which of the call's customers is meant."""

    label: Label | None = None
    phone_number_e164: PhoneNumber = None


class TranscriptEntryInput(InputModel):
    """One turn. `agent` belongs to AGENT turns, `customer` to CUSTOMER turns."""

    role: Literal["AGENT", "CUSTOMER"]
    text: str
    start_offset_ms: OffsetMs
    end_offset_ms: OffsetMs
    language_code: Label | None = None
    payload: dict[str, Any] | None = None
    agent: AgentMentionInput | None = None
    customer: CustomerMentionInput | None = None


class ToolInvocationInput(InputModel):
    """One use of a tool."""

    name: Label
    parameters: dict[str, Any] = Field(
        description="By name: a value, or `{type: string|number|boolean, value, description}`."
    )
    result: ToolResult = Field(description='What the tool returned; `""` when it never did.')
    start_offset_ms: OffsetMs
    end_offset_ms: OffsetMs | None = None
    description: str | None = Field(default=None, max_length=4096)
    agent: AgentMentionInput | None = None


class CallCreate(InputModel):
    """A finished call: its recording, and what its sender knows of it."""

    exclusive = (("agent", "agents"), ("customer", "customers"), ("vapi_call_id", "livekit_room_id"))

    recording_url: str = Field(
        min_length=1,
        max_length=MAX_URL_LENGTH,
        description="WAV, MP3, MP4 or OGG the server can reach; may be signed.",
        examples=["https://example.com/call.wav"],
    )
    stereo_recording_url: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_URL_LENGTH,
        description="Two channels, left customer and right agent; preferred for analysis.",
    )
    started_at: PointInTime = Field(
        description="ISO 8601; UTC when it names no offset.", examples=["2026-01-31T09:30:00Z"]
    )
    interface_type: InterfaceType
    call_direction: CallDirection
    agent: AgentInput | None = Field(default=None, description="The only agent; or send `agents`.")
    agents: list[AgentInput] | None = Field(default=None, max_length=MAX_PARTICIPANTS)
    customer: CustomerInput | None = Field(default=None, description="The only customer; or send `customers`.")
    customers: list[CustomerInput] | None = Field(default=None, max_length=MAX_PARTICIPANTS)
    transcript: list[TranscriptEntryInput] | None = Field(default=None, max_length=MAX_TRANSCRIPT_ENTRIES)
    tool_invocations: list[ToolInvocationInput] | None = Field(default=None, max_length=MAX_TOOL_INVOCATIONS)
    properties: dict[str, Any] | None = Field(
        default=None,
        description="Stored in snake_case. A name's first value fixes its type in the project; null is missing.",
    )
    ended_status: EndedStatus | None = None
    external_id: str | None = Field(
        default=None, min_length=1, max_length=MAX_EXTERNAL_ID_LENGTH, description="Your id; unique in the project."
    )
    vapi_call_id: UUID | None = Field(default=None, description="Links Vapi traces; excludes `livekitRoomId`.")
    livekit_room_id: Label | None = Field(default=None, description="Links LiveKit traces; excludes `vapiCallId`.")
