"""A call and its parts, as every room above speaks of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Role(StrEnum):
    """A party of a call."""

    AGENT = "agent"
    CUSTOMER = "customer"

    @property
    def other(self) -> "Role":
        """The opposite party."""
        return Role.CUSTOMER if self is Role.AGENT else Role.AGENT


class CallDirection(StrEnum):
    """Who dialled: INBOUND is the customer calling in."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


class InterfaceType(StrEnum):
    """What the customer spoke into."""

    PHONE = "PHONE"
    WEB = "WEB"


class CallStatus(StrEnum):
    """Where the call itself stands, whatever its analysis does."""

    RINGING = "RINGING"
    IN_PROGRESS = "IN_PROGRESS"
    ENDED = "ENDED"


class EndedStatus(StrEnum):
    """How a call ended."""

    PARTICIPANTS_DID_NOT_SPEAK = "PARTICIPANTS_DID_NOT_SPEAK"
    AGENT_DID_NOT_ANSWER = "AGENT_DID_NOT_ANSWER"
    AGENT_DID_NOT_SPEAK = "AGENT_DID_NOT_SPEAK"
    AGENT_STOPPED_SPEAKING = "AGENT_STOPPED_SPEAKING"
    AGENT_ENDED_CALL = "AGENT_ENDED_CALL"
    AGENT_SAID_END_CALL_PHRASE = "AGENT_SAID_END_CALL_PHRASE"
    AGENT_TRANSFERRED_CALL = "AGENT_TRANSFERRED_CALL"
    AGENT_BUSY = "AGENT_BUSY"
    AGENT_ERROR = "AGENT_ERROR"
    CUSTOMER_ENDED_CALL = "CUSTOMER_ENDED_CALL"
    VOICE_MAIL_REACHED = "VOICE_MAIL_REACHED"
    SILENCE_TIME_OUT = "SILENCE_TIME_OUT"
    PHONE_CALL_PROVIDER_CONNECTION_ERROR = "PHONE_CALL_PROVIDER_CONNECTION_ERROR"
    CUSTOMER_DID_NOT_ANSWER = "CUSTOMER_DID_NOT_ANSWER"
    CUSTOMER_DID_NOT_SPEAK = "CUSTOMER_DID_NOT_SPEAK"
    CUSTOMER_STOPPED_SPEAKING = "CUSTOMER_STOPPED_SPEAKING"
    CUSTOMER_BUSY = "CUSTOMER_BUSY"
    DIAL_ERROR = "DIAL_ERROR"
    MAX_DURATION_REACHED = "MAX_DURATION_REACHED"
    UNKNOWN = "UNKNOWN"


class PropertyType(StrEnum):
    """The type a project fixed for a property by its first value.

    JSON is a nested value: shown, filtered by presence only.
    """

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    JSON = "json"


PropertyValue = str | int | float | bool | dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEndpoint:
    """An address an agent answers on: a phone number, a WebSocket URL or a provider's room."""

    id: UUID
    type: str
    value: str
    direction: str
    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAgent:
    """An agent as it took part in one call. `id` is the agent's, `participant_id` that of its part in this call."""

    id: UUID
    participant_id: UUID
    name: str
    custom_id: str | None
    endpoint: AgentEndpoint | None
    prompt_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCustomer:
    """A customer as it took part in one call; `id` identifies the part. `phone_number_e164` is None on web calls."""

    id: UUID
    phone_number_e164: str | None
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolInvocation:
    """One use of a tool by an agent.

    `parameters` are plain values by name; `parameter_types` holds what the sender declared of some of them:
    `{"city": {"type": "string", "description": "…"}}`. `end_offset_ms` is None when the sender did not say; `result`
    "" means it never returned.
    """

    id: UUID
    name: str
    description: str | None
    parameters: Mapping[str, Any]
    result: str | Mapping[str, Any]
    start_offset_ms: int
    end_offset_ms: int | None
    agent_id: UUID | None
    parameter_types: Mapping[str, Any] = field(default_factory=dict)

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from call to answer, None when the end is unknown."""
        return None if self.end_offset_ms is None else self.end_offset_ms - self.start_offset_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A finished or running call with what its sender said of it."""

    id: UUID
    project_id: UUID
    status: CallStatus
    direction: CallDirection
    interface_type: InterfaceType
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    ended_status: EndedStatus | None
    title: str | None
    summary: str | None
    external_id: str | None
    vapi_call_id: str | None
    livekit_room_id: str | None
    source: str
    agents: tuple[CallAgent, ...]
    customers: tuple[CallCustomer, ...]
    properties: Mapping[str, PropertyValue]
    created_at: datetime
    updated_at: datetime
