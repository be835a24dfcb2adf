"""API keys: made, shown once, and checked."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput, PermissionMissing, Unauthenticated
from callscope.core.ids import new_id
from callscope.core.permissions import PERMISSIONS, Scope
from callscope.services.recent_keys import RecentKeys
from callscope.storage import api_keys, projects
from callscope.storage.api_keys import StoredKey

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from callscope.storage.statements import Statements

KEY_PREFIX = "rk_live_"
SECRET_BYTES = 32
SHOWN_PREFIX_LENGTH = len(KEY_PREFIX) + 4
DEFAULT_PROJECT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who makes a request: a key, the project it is bound to, and what it may do.

    `permissions` None means all that the scope grants; `granted` lists them. `integration` names the only integration
    whose routes an integration-bound key may use, None for an ordinary key.
    """

    key_id: UUID
    project_id: UUID
    scope: Scope
    permissions: frozenset[str] | None
    integration: str | None
    expires_at: datetime | None = None

    @property
    def granted(self) -> frozenset[str]:
        """All permissions the key grants."""
        return frozenset(permission for permission in PERMISSIONS if self.allows(permission))

    def allows(self, permission: str) -> bool:
        """Tell whether the key grants `permission`."""
        return self.scope.grants(permission) and (self.permissions is None or permission in self.permissions)

    def require(self, permission: str) -> None:
        """Raise PermissionMissing unless the key grants `permission`."""
        if not self.allows(permission):
            raise PermissionMissing(
                f"This API key lacks the permission `{permission}`. Use a key that has it, or ask for one."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedKey:
    """A new key with its secret, which nobody can read again."""

    id: UUID
    project_id: UUID
    name: str
    scope: Scope
    plain_key: str


async def create_key(
    session: "AsyncSession",
    *,
    project_name: str,
    name: str,
    scope: Scope = Scope.WRITE,
    permissions: Sequence[str] | None = None,
    integration: str | None = None,
    expires_at: datetime | None = None,
    plain_key: str | None = None,
) -> CreatedKey:
    """Make a key for the project of that name, which is made when missing.

    `plain_key` sets the secret instead of a random one; a key that already exists with it stays as it is.
    Raises InvalidInput for a permission that does not exist.
    """
    for permission in permissions or ():
        if permission not in PERMISSIONS:
            message = f"`{permission}` is no permission. Permissions are: {', '.join(sorted(PERMISSIONS))}."
            raise InvalidInput.at("permissions", message=message)
    plain_key = plain_key or KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    created = CreatedKey(
        id=new_id(),
        project_id=await projects.find_or_create(session, project_name),
        name=name,
        scope=scope,
        plain_key=plain_key,
    )
    await api_keys.insert_key(
        session,
        key_id=created.id,
        project_id=created.project_id,
        name=name,
        prefix=plain_key[:SHOWN_PREFIX_LENGTH],
        digest=digest_of(plain_key),
        scope=scope.value,
        permissions=permissions,
        integration=integration,
        expires_at=expires_at,
    )
    return created


async def authenticate(
    where: "AsyncSession | Statements", plain_key: str, *, now: datetime, recent: RecentKeys | None = None
) -> Principal:
    """Return who bears `plain_key` and note that it was used. Raises Unauthenticated.

    A key that is among the `recent` ones is not read again.
    """
    digest = digest_of(plain_key)
    key = None if recent is None else recent.find(digest, now=now)
    if key is not None and _is_valid(key, now):
        return principal_with(key)
    # The digest of a 256-bit random secret is looked up in an index: there is no prefix of it to guess by timing.
    key = await api_keys.find_by_digest(where, digest)
    if key is None or not _is_valid(key, now):
        raise Unauthenticated(
            "Invalid API key. It is unknown, revoked or expired; create one with `callscope key create`."
        )
    if key.last_used_at is None or key.last_used_at < now - api_keys.LAST_USED_PRECISION:
        await api_keys.touch(where, key.id, now=now)
    if recent is not None:
        recent.remember(digest, key, now=now)
    return principal_with(key)


async def principal_of(session: "AsyncSession", key_id: UUID, *, now: datetime) -> Principal:
    """Return the bearer of a key that was checked before. Raises Unauthenticated once it is revoked or expired."""
    key = await api_keys.find_by_id(session, key_id)
    if key is None or not _is_valid(key, now):
        raise Unauthenticated("The API key of this session was revoked or has expired. Sign in with another one.")
    return principal_with(key)


def digest_of(plain_key: str) -> bytes:
    """Return the SHA-256 under which a key is stored."""
    return hashlib.sha256(plain_key.encode()).digest()


def _is_valid(key: StoredKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def principal_with(key: StoredKey) -> Principal:
    """Return the bearer of a key, good or not."""
    return Principal(
        key_id=key.id,
        project_id=key.project_id,
        scope=Scope(key.scope),
        permissions=None if key.permissions is None else frozenset(key.permissions),
        integration=key.integration,
        expires_at=key.expires_at,
    )
