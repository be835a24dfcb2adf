"""The judge that a project asks, and what its answers used."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.judge import JudgeEndpoint, JudgeUse, TokenCost, TokenUsage
from callscope.storage.base import Base, CallId, Id, ProjectId


class ProjectJudgeRow(Base):
    """The judge of one project instead of the installation's. Its key is kept as it is: it is sent."""

    __tablename__ = "project_judge"

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    url: Mapped[str]
    model: Mapped[str]
    api_key: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class JudgeUseRow(Base):
    """What one question about one call used."""

    __tablename__ = "judge_use"
    __table_args__ = (Index(None, "call_id"), Index(None, "project_id", "occurred_at"))

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    call_id: Mapped[CallId]
    job_id: Mapped[UUID | None]
    definition_id: Mapped[UUID | None]
    provider: Mapped[str]
    model: Mapped[str]
    request_count: Mapped[int]
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
    input_micros: Mapped[int] = mapped_column(BigInteger)
    output_micros: Mapped[int] = mapped_column(BigInteger)
    occurred_at: Mapped[datetime]


async def read_endpoint(session: AsyncSession, project_id: UUID) -> JudgeEndpoint | None:
    """Return the judge of a project, None when it has none of its own."""
    query = select(ProjectJudgeRow).where(ProjectJudgeRow.project_id == project_id)
    row = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    return None if row is None else JudgeEndpoint(url=row.url, model=row.model, api_key=row.api_key)


async def save_endpoint(session: AsyncSession, project_id: UUID, endpoint: JudgeEndpoint) -> None:
    """Make `endpoint` the project's judge."""
    columns = {"url": endpoint.url, "model": endpoint.model, "api_key": endpoint.api_key, "updated_at": func.now()}
    statement = insert(ProjectJudgeRow).values(project_id=project_id, **columns)
    await session.execute(statement.on_conflict_do_update(index_elements=["project_id"], set_=columns))


async def remove_endpoint(session: AsyncSession, project_id: UUID) -> None:
    """Leave the project with the installation's judge."""
    await session.execute(delete(ProjectJudgeRow).where(ProjectJudgeRow.project_id == project_id))


async def add_uses(session: AsyncSession, project_id: UUID, uses: Sequence[JudgeUse]) -> None:
    """Record what questions used."""
    rows = [
        {
            "id": use.id,
            "project_id": project_id,
            "call_id": use.call_id,
            "job_id": use.job_id,
            "definition_id": use.definition_id,
            "provider": use.provider,
            "model": use.model,
            "request_count": use.usage.request_count,
            "prompt_tokens": use.usage.prompt_tokens,
            "completion_tokens": use.usage.completion_tokens,
            "input_micros": use.cost.input_micros,
            "output_micros": use.cost.output_micros,
            "occurred_at": use.occurred_at,
        }
        for use in uses
    ]
    if rows:
        await session.execute(insert(JudgeUseRow), rows)


async def uses_of_call(session: AsyncSession, project_id: UUID, call_id: UUID) -> tuple[JudgeUse, ...]:
    """Return what was asked about a call, oldest first."""
    query = select(JudgeUseRow).where(JudgeUseRow.project_id == project_id, JudgeUseRow.call_id == call_id)
    return tuple(_to_use(row) for row in (await session.execute(query.order_by(JudgeUseRow.id))).scalars())


async def mean_tokens(session: AsyncSession, project_id: UUID, *, sample: int) -> TokenUsage | None:
    """Return the mean use of a project's latest questions, None when it asked none yet."""
    latest = (
        select(JudgeUseRow.request_count, JudgeUseRow.prompt_tokens, JudgeUseRow.completion_tokens)
        .where(JudgeUseRow.project_id == project_id)
        .order_by(JudgeUseRow.occurred_at.desc())
        .limit(sample)
        .subquery()
    )
    query = select(*(func.round(func.avg(column)) for column in latest.c))
    means = (await session.execute(query)).one()
    return (
        None
        if means[0] is None
        else TokenUsage(request_count=int(means[0]), prompt_tokens=int(means[1]), completion_tokens=int(means[2]))
    )


def _to_use(row: JudgeUseRow) -> JudgeUse:
    return JudgeUse(
        id=row.id,
        call_id=row.call_id,
        job_id=row.job_id,
        definition_id=row.definition_id,
        provider=row.provider,
        model=row.model,
        usage=TokenUsage(
            request_count=row.request_count,
            prompt_tokens=row.prompt_tokens,
            completion_tokens=row.completion_tokens,
        ),
        cost=TokenCost(input_micros=row.input_micros, output_micros=row.output_micros),
        occurred_at=row.occurred_at,
    )
