"""Agents as a project keeps them: endpoints they answer on, prompts they ran with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A voice agent. `custom_id` is the sender's own id."""

    id: UUID
    name: str
    custom_id: str | None
    description: str | None
    created_at: datetime
    updated_at: datetime


class OutboundDial(StrEnum):
    """How a call to an endpoint is begun from outside: not at all, or by an HTTP request to whoever dials."""

    NONE = "NONE"
    HTTP_REQUEST = "HTTP_REQUEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address an agent answers on. `dial_definition_id` names the request of `OutboundDial.HTTP_REQUEST`."""

    id: UUID
    agent_id: UUID
    type: str
    value: str
    direction: str
    environment: str
    outbound_dial: OutboundDial
    dial_definition_id: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVersion:
    """One text of a prompt, numbered from 1."""

    number: int
    prompt: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """An agent's prompt from one source, in its newest version."""

    id: UUID
    source: str
    created_at: datetime
    current: PromptVersion
