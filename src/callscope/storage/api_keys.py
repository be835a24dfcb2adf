"""API keys: kept as SHA-256 digests of 256-bit random secrets, so that a stolen table opens nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, CreatedAt, Id, ProjectId
from callscope.storage.statements import Statements, execute_prepared

LAST_USED_PRECISION = timedelta(minutes=1)
"""`last_used_at` moves at most this often: a busy key must not cost a write a request."""


class ApiKeyRow(Base):
    """One key. `permissions` None means everything its scope grants."""

    __tablename__ = "api_key"

    id: Mapped[Id]
    project_id: Mapped[ProjectId] = mapped_column(index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scope: Mapped[str]
    permissions: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    integration: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key as the table knows it: everything but the secret."""

    id: UUID
    project_id: UUID
    name: str
    prefix: str
    scope: str
    permissions: tuple[str, ...] | None
    integration: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


_COLUMNS = tuple(column.name for column in ApiKeyRow.__table__.columns)
_BY_DIGEST = f"SELECT {', '.join(_COLUMNS)} FROM api_key WHERE digest = %(digest)s"  # noqa: S608 - our own column names

_TOUCH = """
    UPDATE api_key SET last_used_at = %(now)s
    WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at < %(stale_before)s)
"""


async def insert_key(
    session: AsyncSession,
    *,
    key_id: UUID,
    project_id: UUID,
    name: str,
    prefix: str,
    digest: bytes,
    scope: str,
    permissions: Sequence[str] | None,
    integration: str | None,
    expires_at: datetime | None,
) -> None:
    """Store a key; one with the same digest that is already there is left as it is."""
    values = {
        "id": key_id,
        "project_id": project_id,
        "name": name,
        "prefix": prefix,
        "digest": digest,
        "scope": scope,
        "permissions": None if permissions is None else list(permissions),
        "integration": integration,
        "expires_at": expires_at,
    }
    await session.execute(insert(ApiKeyRow).values(values).on_conflict_do_nothing(index_elements=["digest"]))


async def find_by_digest(where: AsyncSession | Statements, digest: bytes) -> StoredKey | None:
    """Return the key with that digest, revoked and expired ones included."""
    row = await execute_prepared(where, _BY_DIGEST, {"digest": digest})
    if row is None:
        return None
    columns = dict(zip(_COLUMNS, row, strict=True))
    permissions = columns.pop("permissions")
    del columns["digest"]
    return StoredKey(**columns, permissions=None if permissions is None else tuple(permissions))


async def find_by_id(session: AsyncSession, key_id: UUID) -> StoredKey | None:
    """Return the key of that id, revoked and expired ones included."""
    row = await session.get(ApiKeyRow, key_id, populate_existing=True)
    return None if row is None else _to_domain(row)


async def of_project(session: AsyncSession, project_id: UUID, *, is_revoked: bool) -> tuple[StoredKey, ...]:
    """Return the keys of a project, newest first: those that are revoked, or those that are not."""
    revoked = ApiKeyRow.revoked_at.is_not(None)
    query = select(ApiKeyRow).where(ApiKeyRow.project_id == project_id, revoked if is_revoked else ~revoked)
    return tuple(_to_domain(row) for row in (await session.scalars(query.order_by(ApiKeyRow.id.desc()))))


async def revoke(session: AsyncSession, project_id: UUID, key_id: UUID, *, now: datetime) -> bool:
    """Revoke a key; return whether there was one to revoke."""
    statement = (
        update(ApiKeyRow)
        .where(ApiKeyRow.project_id == project_id, ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKeyRow.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).first() is not None


async def touch(where: AsyncSession | Statements, key_id: UUID, *, now: datetime) -> None:
    """Note that the key was used, at most once per `LAST_USED_PRECISION`."""
    parameters = {"id": key_id, "now": now, "stale_before": now - LAST_USED_PRECISION}
    await execute_prepared(where, _TOUCH, parameters)


def _to_domain(row: ApiKeyRow) -> StoredKey:
    return StoredKey(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        prefix=row.prefix,
        scope=row.scope,
        permissions=None if row.permissions is None else tuple(row.permissions),
        integration=row.integration,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
