"""Policies: which metrics a project collects of which calls."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.metric_policy import CollectedMetric, MetricPolicy, PolicyCondition, PolicyStatus, PolicyType
from callscope.storage.base import Base, CreatedAt, Id, ProjectId

METRICS: TypeAdapter[tuple[CollectedMetric, ...]] = TypeAdapter(tuple[CollectedMetric, ...])
_groups: TypeAdapter[tuple[tuple[PolicyCondition, ...], ...]] = TypeAdapter(tuple[tuple[PolicyCondition, ...], ...])


class MetricPolicyRow(Base):
    """One policy of a project; those of the system have no row."""

    __tablename__ = "metric_policy"

    id: Mapped[Id]
    project_id: Mapped[ProjectId] = mapped_column(index=True)
    name: Mapped[str]
    status: Mapped[str]
    metrics: Mapped[Any] = mapped_column(JSONB)
    groups: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def add(session: AsyncSession, project_id: UUID, policy_id: UUID, changes: Mapping[str, Any]) -> MetricPolicy:
    """Insert a policy of name, status, metrics and groups, and return it."""
    statement = insert(MetricPolicyRow).values(id=policy_id, project_id=project_id, **_columns(changes))
    return _to_policy((await session.execute(statement.returning(MetricPolicyRow))).scalar_one())


async def change(
    session: AsyncSession, project_id: UUID, policy_id: UUID, changes: Mapping[str, Any]
) -> MetricPolicy | None:
    """Change what `changes` names of name, status, metrics and groups; None when the project has no such policy."""
    statement = (
        update(MetricPolicyRow)
        .where(MetricPolicyRow.project_id == project_id, MetricPolicyRow.id == policy_id)
        .values(updated_at=func.now(), **_columns(changes))
        .returning(MetricPolicyRow)
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    return None if row is None else _to_policy(row)


async def list_all(session: AsyncSession, project_id: UUID) -> tuple[MetricPolicy, ...]:
    """Return the project's own policies, newest first."""
    query = select(MetricPolicyRow).where(MetricPolicyRow.project_id == project_id).order_by(MetricPolicyRow.id.desc())
    return tuple(_to_policy(row) for row in (await session.execute(query)).scalars())


async def remove(session: AsyncSession, project_id: UUID, policy_id: UUID) -> bool:
    """Delete a policy; return whether there was one."""
    statement = delete(MetricPolicyRow).where(MetricPolicyRow.project_id == project_id, MetricPolicyRow.id == policy_id)
    return (await session.execute(statement.returning(MetricPolicyRow.id))).first() is not None


def _columns(changes: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(changes)
    if "metrics" in columns:
        columns["metrics"] = METRICS.dump_python(columns["metrics"], mode="json")
    if "groups" in columns:
        columns["groups"] = _groups.dump_python(columns["groups"], mode="json")
    return columns


def _to_policy(row: MetricPolicyRow) -> MetricPolicy:
    return MetricPolicy(
        id=row.id,
        name=row.name,
        type=PolicyType.USER,
        status=PolicyStatus(row.status),
        metrics=METRICS.validate_python(row.metrics),
        groups=_groups.validate_python(row.groups),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
