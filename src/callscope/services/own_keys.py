"""What the bearer of a key may know and do of keys: read its own binding, make lesser keys, list and revoke."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput, NotFound, PermissionMissing
from callscope.core.permissions import Scope
from callscope.services.keys import Principal, create_key, principal_with
from callscope.storage import api_keys, projects
from callscope.storage.api_keys import StoredKey

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

LONGEST_NAME = 255
_NO_SLUG = re.compile(r"[\W_]+")


class KeyNotFound(NotFound):
    """The project has no such key, or it was revoked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProject:
    """The project a key is bound to."""

    id: UUID
    name: str

    @property
    def slug(self) -> str:
        """The name as part of an address."""
        return _NO_SLUG.sub("-", self.name.lower()).strip("-")


async def own_project(session: "AsyncSession", principal: Principal) -> OwnProject:
    """Return the project of the key."""
    return OwnProject(id=principal.project_id, name=await projects.read_name(session, principal.project_id))


async def create_lesser_key(
    session: "AsyncSession",
    principal: Principal,
    *,
    name: str,
    scope: Scope | None,
    permissions: Sequence[str] | None,
    expires_at: datetime | None,
    project_id: UUID | None,
    now: datetime,
) -> tuple[StoredKey, str]:
    """Make a key that may do no more and lives no longer than `principal`; what is not given is as there.

    Return it with its secret. Raises PermissionMissing for what the creator lacks, InvalidInput, NotFound for
    another project.
    """
    if project_id not in (None, principal.project_id):
        raise NotFound(f"There is no project {project_id} that this key may act on.", param="projectId")
    if scope is Scope.WRITE and principal.scope is Scope.READ:
        raise PermissionMissing('A READ key cannot make a WRITE key. Send `scopes` as ["READ"], or leave them out.')
    exceeding = sorted(set(permissions or ()) - principal.granted)
    created = await create_key(
        session,
        project_name=await projects.read_name(session, principal.project_id),
        name=name,
        scope=scope or principal.scope,
        permissions=_narrowed(principal, permissions),
        expires_at=_expiry(principal, expires_at, now),
    )
    # After the names were checked, so that a permission that does not exist is a mistake and no lack of rights.
    if exceeding:
        raise PermissionMissing(f"This API key lacks {', '.join(exceeding)}, so a key it makes cannot have them.")
    stored = await api_keys.find_by_id(session, created.id)
    if stored is None:
        raise RuntimeError("the key that was just written is gone")
    return stored, created.plain_key


async def list_keys(session: "AsyncSession", project_id: UUID, *, is_revoked: bool) -> tuple[StoredKey, ...]:
    """Return the keys of the project, newest first: those that are revoked, or those that are not."""
    return await api_keys.of_project(session, project_id, is_revoked=is_revoked)


async def revoke_key(session: "AsyncSession", project_id: UUID, key_id: UUID, *, now: datetime) -> None:
    """Revoke a key of the project, at once and for good. Raises KeyNotFound."""
    if not await api_keys.revoke(session, project_id, key_id, now=now):
        raise KeyNotFound(f"There is no API key {key_id} in this project.", param="id")


def checked_name(text: str) -> str:
    """Return a key's name without the white space around it. Raises InvalidInput when nothing or too much is left."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput.at("name", message=f"Give the key a name, of at most {LONGEST_NAME} characters.")
    return name


def granted_by(key: StoredKey) -> frozenset[str]:
    """Return all permissions a key grants."""
    return principal_with(key).granted


def _narrowed(principal: Principal, permissions: Sequence[str] | None) -> Sequence[str] | None:
    if permissions is not None:
        return sorted(set(permissions))
    return None if principal.permissions is None else sorted(principal.permissions)


def _expiry(principal: Principal, expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is None:
        return principal.expires_at
    if expires_at <= now:
        raise InvalidInput.at("expiresAt", message="`expiresAt` is not in the future.")
    if principal.expires_at is not None and expires_at > principal.expires_at:
        message = f"`expiresAt` lies after {principal.expires_at.isoformat()}, when the key that asks expires itself."
        raise InvalidInput.at("expiresAt", message=message)
    return expires_at
