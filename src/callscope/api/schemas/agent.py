"""Agents, their endpoints and prompts: bodies and answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import STAYS, InputModel, OutputModel
from callscope.api.schemas.call_create import EndpointDirection, EndpointType, ToUpper
from callscope.api.schemas.fields import Label
from callscope.core.agent import OutboundDial

MAX_PROMPT_LENGTH = 1_000_000

Description = Annotated[str | None, Field(max_length=4096)]


class AgentCreate(InputModel):
    """A new agent."""

    name: Label
    custom_id: Label | None = Field(default=None, description="Your id; unique in the project.")
    description: Description = None


class AgentUpdate(InputModel):
    """What to change of an agent; what is left out stays."""

    name: Label = STAYS
    description: Description = STAYS


class AgentRead(OutputModel):
    """An agent."""

    id: UUID
    name: str
    custom_id: str | None
    description: str | None
    created_at: datetime
    updated_at: datetime


class EndpointCreate(InputModel):
    """A new endpoint of an agent."""

    agent_id: UUID
    value: str = Field(min_length=1, max_length=2048, description="Phone number in E.164, or a WebSocket URL.")
    direction: Annotated[EndpointDirection, ToUpper]
    environment: Label = "production"
    outbound_dial_type: OutboundDial = OutboundDial.NONE
    outbound_dial_http_request_definition_id: UUID | None = Field(
        default=None, description="Required with HTTP_REQUEST."
    )


class EndpointUpdate(InputModel):
    """What to change of an endpoint; what is left out stays."""

    environment: Label = STAYS
    outbound_dial_type: OutboundDial = STAYS
    outbound_dial_http_request_definition_id: UUID | None = STAYS


class EndpointRead(OutputModel):
    """An endpoint."""

    id: UUID
    agent_id: UUID
    type: EndpointType
    value: str
    direction: EndpointDirection
    environment: str
    outbound_dial_type: OutboundDial
    outbound_dial_http_request_definition_id: UUID | None
    created_at: datetime
    updated_at: datetime


class PromptUpdate(InputModel):
    """The prompt to set."""

    prompt: str = Field(min_length=1, max_length=MAX_PROMPT_LENGTH)


class PromptUpdated(OutputModel):
    """A prompt after it was set."""

    prompt_id: UUID
    version_number: int
    changed: bool = Field(description="False when this was the newest text already.")


class PromptRead(OutputModel):
    """A prompt in its newest version: one a source."""

    id: UUID
    source: str = Field(description="`API` came with calls, `API_MANAGED` was set through the API.")
    prompt: str
    created_at: datetime
    updated_at: datetime = Field(description="When the newest version was recorded.")


class PromptVersionRead(OutputModel):
    """One version of a prompt."""

    version_number: int
    prompt: str
    created_at: datetime


class Prompts(OutputModel):
    """The prompts of an agent."""

    data: list[PromptRead]


class PromptVersions(OutputModel):
    """The versions of a prompt, newest first."""

    data: list[PromptVersionRead]
