"""Calls as they are read."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import OutputModel
from callscope.core.call import CallDirection, CallStatus, EndedStatus


class CallEndpointRead(OutputModel):
    """The endpoint an agent was reached at."""

    id: UUID
    environment: str
    phone_number_e164: str | None = Field(description="Only of phone endpoints.")


class CallAgentRead(OutputModel):
    """An agent of a call."""

    id: UUID
    endpoint: CallEndpointRead | None


class CallCustomerRead(OutputModel):
    """A customer of a call."""

    phone_number_e164: str | None
    label: str | None


class CallCreated(OutputModel):
    """A call as `POST /v1/call` answers it."""

    id: UUID
    project_id: UUID
    status: CallStatus
    call_direction: CallDirection
    started_at: datetime
    agents: list[CallAgentRead]
    customers: list[CallCustomerRead]
    created_at: datetime
    external_id: str | None


class CallRead(CallCreated):
    """A call."""

    recording_url_access: Literal["AVAILABLE", "NOT_AVAILABLE", "RESTRICTED"] = Field(
        description="RESTRICTED: the key lacks `recording:read`. NOT_AVAILABLE: not fetched, or not masked, yet."
    )
    recording_url: str | None = Field(description="Signed, good for one hour.")
    ended_at: datetime | None
    duration_ms: int | None
    ended_status: EndedStatus | None
    title: str | None
    summary: str | None
    properties: dict[str, str] = Field(description="Values as strings; nested ones as JSON.")
    policy_ids: list[UUID]
    simulation_job_id: UUID | None
    superseded_by_call_id: UUID | None
    updated_at: datetime


class CallDeleted(OutputModel):
    """The answer to a deletion."""

    id: UUID
    deleted: Literal[True]
