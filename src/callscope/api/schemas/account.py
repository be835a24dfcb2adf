"""The key that asks, keys it makes, its project, and usage."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import InputModel, OutputModel
from callscope.api.schemas.fields import Label, PointInTime
from callscope.core.permissions import PERMISSIONS, Scope


class OrganizationRead(OutputModel):
    """The installation."""

    id: UUID
    name: str


class ProjectHead(OutputModel):
    """A project."""

    id: UUID
    name: str
    slug: str


class ProjectRead(ProjectHead):
    """A project and what the key may do in it."""

    organization: OrganizationRead
    granted_permissions: list[str]


class Projects(OutputModel):
    """The projects the key may act on: the one it is bound to."""

    projects: list[ProjectRead]


class MeRead(OutputModel):
    """The key that asks and what it is bound to."""

    token_scope: Literal["PROJECT"]
    scopes: list[Scope]
    granted_permissions: list[str]
    organization: OrganizationRead
    default_project: ProjectHead
    user: None


class ApiKeyCreate(InputModel):
    """A key to make. What is left out is as with the key that asks; nothing may exceed it."""

    name: Label
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=2)] | None = None
    permissions: list[str] | None = Field(
        default=None, max_length=len(PERMISSIONS), description="`resource:action`; narrows what the scope grants."
    )
    expires_at: PointInTime | None = None
    project_id: UUID | None = Field(default=None, description="Only the project of the key that asks.")


class ApiKeyRead(OutputModel):
    """A key without its secret."""

    id: UUID
    name: str
    scopes: list[Scope] = Field(description="WRITE grants reading too.")
    permissions: list[str]
    default_project_id: UUID
    organization_id: UUID
    status: Literal["ACTIVE", "REVOKED"]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class ApiKeyCreated(ApiKeyRead):
    """A key with its secret."""

    key: str = Field(description="Shown this once.")


class ApiKeys(OutputModel):
    """The keys of the project, newest first."""

    api_keys: list[ApiKeyRead]


class ApiKeyRevoked(OutputModel):
    """A key that is good for nothing any more."""

    id: UUID
    deleted: Literal[True]


class UsageRead(OutputModel):
    """What was charged from `from` to before `to`: nothing, for a self-hosted service bills nobody."""

    currency: Literal["usd"]
    from_: datetime = Field(alias="from")
    to: datetime
    total_usd: float
    total_usd_micros: int
    projects: list[None] = Field(description="Only projects that spent something.")
