"""A call as a sender describes it, before anything of it is looked up or stored.

Routes and vendor payloads are mapped to these types; `services.ingest` takes them from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from callscope.core.call import CallDirection, EndedStatus, InterfaceType, Role
from callscope.core.errors import PathPart
from callscope.core.transcript import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentById:
    """An agent that exists, by our id."""

    agent_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentByCustomId:
    """An agent that exists, by the sender's id."""

    custom_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentByName:
    """An agent that is looked up by `custom_id` if there is one, else by its exact name, and made when missing."""

    name: str
    custom_id: str | None
    description: str | None


AgentIdentity = AgentById | AgentByCustomId | AgentByName


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointById:
    """An endpoint that exists."""

    endpoint_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointByValue:
    """An endpoint that is looked up by its values and made when missing. `direction` None matches any."""

    type: str
    value: str
    direction: str | None


EndpointIdentity = EndpointById | EndpointByValue


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCallAgent:
    """An agent that took part. `path` says where in the request it stands, for error messages."""

    path: tuple[PathPart, ...]
    identity: AgentIdentity
    endpoint: EndpointIdentity | None
    prompt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCallCustomer:
    """A customer that took part."""

    phone_number_e164: str | None
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMention:
    """Which of the call's agents is meant; all that is given must match."""

    agent_id: UUID | None
    custom_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMention:
    """Which of the call's customers is meant; all that is given must match."""

    label: str | None
    phone_number_e164: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTranscriptEntry:
    """One stretch of words; `speaker` None means the only participant of that role, if there is just one.

    `masked` as in `core.transcript.TranscriptEntry`.
    """

    role: Role
    text: str
    start_offset_ms: int
    end_offset_ms: int
    language_code: str | None
    payload: Mapping[str, Any] | None
    speaker: AgentMention | CustomerMention | None
    masked: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToolInvocation:
    """One use of a tool; see `core.call.ToolInvocation`."""

    name: str
    description: str | None
    parameters: Mapping[str, Any]
    parameter_types: Mapping[str, Any]
    result: str | Mapping[str, Any]
    start_offset_ms: int
    end_offset_ms: int | None
    agent: AgentMention | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A finished call. `properties` bear the sender's spelling of their names; None values are missing ones."""

    direction: CallDirection
    interface_type: InterfaceType
    started_at: datetime
    recording_url: str | None
    stereo_recording_url: str | None
    ended_status: EndedStatus | None
    external_id: str | None
    vapi_call_id: str | None
    livekit_room_id: str | None
    source: str
    agents: tuple[NewCallAgent, ...]
    customers: tuple[NewCallCustomer, ...]
    transcript: tuple[NewTranscriptEntry, ...] | None
    tools: tuple[NewToolInvocation, ...]
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """The bytes a new call came in, who sent them, and which of their fields we do not know."""

    api_key_id: UUID | None
    body: bytes
    body_digest: bytes
    unknown_fields: tuple[str, ...]
