"""People who sign in to the pages, what they are in which project, and their sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callscope.core.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person. An operator runs the installation: OWNER of every project, and the one who makes them."""

    id: UUID
    email: str
    name: str
    is_operator: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person's part in a project."""

    account: Account
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachableProject:
    """A project a person may choose, and what they are there."""

    id: UUID
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a one-time link is good for: an account of that address, as operator or with a role in one project.

    `email` None leaves the address to whoever opens the link, as the first one of an installation does.
    """

    id: UUID
    email: str | None
    is_operator: bool
    project_id: UUID | None
    role: Role | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """A browser that is signed in, by an account or by an API key: one of `account_id` and `api_key_id` is None."""

    id: UUID
    account_id: UUID | None
    api_key_id: UUID | None
    project_id: UUID
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
