"""Documents that metrics hold calls against, with their text."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, any_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.knowledge import FileType, KnowledgeBase, KnowledgeDocument, SourceType
from callscope.core.page import Page, PageRequest
from callscope.storage.base import Base, CreatedAt, Id, ProjectId, array_of
from callscope.storage.pages import newest_first
from callscope.storage.project_rows import added, changed, find


class KnowledgeBaseRow(Base):
    """One document. `content` is its text, read only where a judge is shown it."""

    __tablename__ = "knowledge_base"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str]
    description: Mapped[str | None]
    source_type: Mapped[str]
    original_filename: Mapped[str | None]
    mime_type: Mapped[str | None]
    byte_size: Mapped[int]
    content_hash: Mapped[str]
    content: Mapped[str] = mapped_column(deferred=True)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def add(session: AsyncSession, project_id: UUID, columns: Mapping[str, Any]) -> KnowledgeBase:
    """Insert a document and return it."""
    return _to_knowledge_base((await session.execute(added(KnowledgeBaseRow, project_id, columns))).scalar_one())


async def change(
    session: AsyncSession, project_id: UUID, knowledge_base_id: UUID, columns: Mapping[str, Any]
) -> KnowledgeBase | None:
    """Change a document and return it, None when the project has none of that id."""
    statement = changed(KnowledgeBaseRow, project_id, knowledge_base_id, columns)
    row = (await session.execute(statement)).scalar_one_or_none()
    return None if row is None else _to_knowledge_base(row)


async def get(session: AsyncSession, project_id: UUID, knowledge_base_id: UUID) -> KnowledgeBase | None:
    """Return a document, None when the project has none of that id."""
    row = await find(session, KnowledgeBaseRow, project_id, knowledge_base_id)
    return None if row is None else _to_knowledge_base(row)


async def find_name(session: AsyncSession, project_id: UUID, name: str) -> UUID | None:
    """Return the id of the project's document of that name, None when there is none."""
    query = select(KnowledgeBaseRow.id).where(KnowledgeBaseRow.project_id == project_id, KnowledgeBaseRow.name == name)
    return (await session.execute(query)).scalar_one_or_none()


async def list_page(
    session: AsyncSession,
    project_id: UUID,
    request: PageRequest,
    *,
    search_text: str | None,
    source_type: SourceType | None,
) -> Page[KnowledgeBase]:
    """Return one page of documents, newest first; those whose name or description holds `search_text`."""
    matching = [KnowledgeBaseRow.project_id == project_id]
    if search_text:
        columns = (KnowledgeBaseRow.name, KnowledgeBaseRow.description)
        matching.append(func.concat_ws(" ", *columns).icontains(search_text, autoescape=True))
    if source_type is not None:
        matching.append(KnowledgeBaseRow.source_type == source_type.value)
    return await newest_first(session, KnowledgeBaseRow, matching, request, _to_knowledge_base)


async def sizes(session: AsyncSession, project_id: UUID, ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the bytes of the text of those of the ids that are documents of the project."""
    size_bytes = func.octet_length(KnowledgeBaseRow.content).label("size_bytes")
    query = select(KnowledgeBaseRow.id, size_bytes).where(*_named(project_id, ids))
    return {row.id: row.size_bytes for row in await session.execute(query)}


async def read_texts(session: AsyncSession, project_id: UUID, ids: Collection[UUID]) -> dict[UUID, KnowledgeDocument]:
    """Return the texts of those of the ids that are documents of the project."""
    query = select(KnowledgeBaseRow.id, KnowledgeBaseRow.name, KnowledgeBaseRow.content)
    rows = await session.execute(query.where(*_named(project_id, ids)))
    return {row_id: KnowledgeDocument(id=row_id, name=name, text=content) for row_id, name, content in rows}


async def remove(session: AsyncSession, project_id: UUID, knowledge_base_id: UUID) -> bool:
    """Delete a document; return whether there was one."""
    statement = delete(KnowledgeBaseRow).where(*_named(project_id, [knowledge_base_id]))
    return (await session.execute(statement.returning(KnowledgeBaseRow.id))).first() is not None


def _named(project_id: UUID, ids: Collection[UUID]) -> tuple[Any, Any]:
    return KnowledgeBaseRow.project_id == project_id, KnowledgeBaseRow.id == any_(array_of(ids, UUID))


def _to_knowledge_base(row: KnowledgeBaseRow) -> KnowledgeBase:
    return KnowledgeBase(
        id=row.id,
        name=row.name,
        description=row.description,
        source_type=SourceType(row.source_type),
        original_filename=row.original_filename,
        mime_type=None if row.mime_type is None else FileType(row.mime_type),
        byte_size=row.byte_size,
        content_hash=row.content_hash,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
