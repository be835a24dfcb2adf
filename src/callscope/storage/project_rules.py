"""The rules of projects that have any."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.project_rules import NO_RULES, ProjectRules, RedactionClass
from callscope.storage.base import Base


class ProjectRulesRow(Base):
    """One project's rules."""

    __tablename__ = "project_rules"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True)
    calls_per_day: Mapped[int | None]
    recording_retention_days: Mapped[int | None]
    transcript_retention_days: Mapped[int | None]
    trace_retention_days: Mapped[int | None]
    redacted: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default=text("'{}'"))
    keeps_original_recordings: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def read(session: AsyncSession, project_id: UUID) -> ProjectRules:
    """Return the rules of a project, those of a new one if none were set."""
    row = await session.get(ProjectRulesRow, project_id, populate_existing=True)
    return NO_RULES if row is None else _to_rules(row)


async def change(session: AsyncSession, project_id: UUID, columns: Mapping[str, Any]) -> ProjectRules:
    """Change some of a project's rules and return them all."""
    statement = insert(ProjectRulesRow).values(project_id=project_id, **columns)
    renewed = {**columns, "updated_at": func.now()}
    await session.execute(statement.on_conflict_do_update(index_elements=["project_id"], set_=renewed))
    return await read(session, project_id)


async def with_retention(session: AsyncSession) -> dict[UUID, ProjectRules]:
    """Return the rules of every project that does not keep everything."""
    row = ProjectRulesRow
    days = (row.recording_retention_days, row.transcript_retention_days, row.trace_retention_days)
    rows = (await session.execute(select(row).where(or_(*(column.is_not(None) for column in days))))).scalars()
    return {found.project_id: _to_rules(found) for found in rows}


def _to_rules(row: ProjectRulesRow) -> ProjectRules:
    return ProjectRules(
        calls_per_day=row.calls_per_day,
        recording_retention_days=row.recording_retention_days,
        transcript_retention_days=row.transcript_retention_days,
        trace_retention_days=row.trace_retention_days,
        redacted=frozenset(RedactionClass(name) for name in row.redacted),
        keeps_original_recordings=row.keeps_original_recordings,
    )
