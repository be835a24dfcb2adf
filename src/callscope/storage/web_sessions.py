"""Signed-in browsers. A session's cookie is a random secret; the table has its SHA-256."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.account import WebSession
from callscope.storage.base import Base, CreatedAt, Id, ProjectId

LAST_SEEN_PRECISION = timedelta(minutes=5)
"""`last_seen_at` moves at most this often: looking at pages must not cost a write each."""


class WebSessionRow(Base):
    """One browser, signed in by an account or by an API key."""

    __tablename__ = "web_session"
    __table_args__ = (CheckConstraint("num_nonnulls(account_id, api_key_id) = 1", name="one_bearer"),)

    id: Mapped[Id]
    digest: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[ProjectId]
    user_agent: Mapped[str]
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


async def add(session: AsyncSession, new: WebSession, *, digest: bytes) -> None:
    """Insert a session; those that are over are removed meanwhile."""
    await session.execute(delete(WebSessionRow).where(WebSessionRow.expires_at <= new.created_at))
    columns = {field: getattr(new, field) for field in WebSession.__dataclass_fields__}
    await session.execute(insert(WebSessionRow).values(digest=digest, **columns))


async def find(session: AsyncSession, digest: bytes, *, now: datetime) -> WebSession | None:
    """Return the session with that digest, None when it is over."""
    query = select(WebSessionRow).where(WebSessionRow.digest == digest, WebSessionRow.expires_at > now)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _to_session(row)


async def touch(session: AsyncSession, session_id: UUID, *, now: datetime) -> None:
    """Note that a session was used, at most once per `LAST_SEEN_PRECISION`."""
    stale = WebSessionRow.last_seen_at < now - LAST_SEEN_PRECISION
    statement = update(WebSessionRow).where(WebSessionRow.id == session_id, stale).values(last_seen_at=now)
    await session.execute(statement.execution_options(synchronize_session=False))


async def set_project(session: AsyncSession, session_id: UUID, project_id: UUID) -> None:
    """Have a session look at another project."""
    statement = update(WebSessionRow).where(WebSessionRow.id == session_id).values(project_id=project_id)
    await session.execute(statement.execution_options(synchronize_session=False))


async def of_account(session: AsyncSession, account_id: UUID, *, now: datetime) -> tuple[WebSession, ...]:
    """Return the sessions of an account, the one last seen first."""
    query = select(WebSessionRow).where(WebSessionRow.account_id == account_id, WebSessionRow.expires_at > now)
    return tuple(_to_session(row) for row in await session.scalars(query.order_by(WebSessionRow.last_seen_at.desc())))


async def end(session: AsyncSession, session_id: UUID, *, account_id: UUID | None = None) -> bool:
    """End a session, only one of that account when it is given; return whether there was one."""
    statement = delete(WebSessionRow).where(WebSessionRow.id == session_id)
    if account_id is not None:
        statement = statement.where(WebSessionRow.account_id == account_id)
    return (await session.execute(statement.returning(WebSessionRow.id))).first() is not None


async def end_others(session: AsyncSession, account_id: UUID, *, but: UUID) -> None:
    """End every session of an account but one."""
    await session.execute(delete(WebSessionRow).where(WebSessionRow.account_id == account_id, WebSessionRow.id != but))


def _to_session(row: WebSessionRow) -> WebSession:
    return WebSession(**{field: getattr(row, field) for field in WebSession.__dataclass_fields__})


async def end_all(session: AsyncSession, account_id: UUID) -> None:
    """End every session of an account."""
    await session.execute(delete(WebSessionRow).where(WebSessionRow.account_id == account_id))
