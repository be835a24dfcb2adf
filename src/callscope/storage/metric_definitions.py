"""Metrics that projects define: definitions, their variants, and the immutable versions of what each computes.

A variant may also be of a metric of the catalogue, which has no row here: that is a project's own wording of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.errors import Conflict
from callscope.core.ids import new_id
from callscope.core.metric import MetricScope, ValueType
from callscope.core.metric_definition import (
    DEFAULT_VARIANT_NAME,
    AnalysisPackage,
    Calculation,
    CalculationType,
    DefinedMetric,
    Formula,
    GradedContext,
    Judgement,
    ParticipantRole,
    Pattern,
    Threshold,
    Variant,
)
from callscope.core.metric_figures import MetricVersion
from callscope.storage.base import Base, CreatedAt, Id, ProjectId

_ADAPTERS: Mapping[CalculationType, TypeAdapter[Any]] = {
    CalculationType.LLM_JUDGE: TypeAdapter(Judgement),
    CalculationType.FORMULA: TypeAdapter(Formula),
    CalculationType.PATTERN: TypeAdapter(Pattern),
    CalculationType.THRESHOLD: TypeAdapter(Threshold),
}


class SlugTaken(Conflict):
    """Another metric of the project bears the slug."""

    code = "metric_exists"

    def __init__(self, slug: str) -> None:
        super().__init__(f"A metric with the slug `{slug}` already exists in this project. Choose another.")


class VariantNameTaken(Conflict):
    """Another variant of the metric bears the name."""

    code = "metric_variant_exists"


class AnalysisPackageRow(Base):
    """A named set of a project's metrics."""

    __tablename__ = "analysis_package"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str]
    created_at: Mapped[CreatedAt]


class MetricDefinitionRow(Base):
    """What never changes of a project's metric, and its name and contexts."""

    __tablename__ = "metric_definition"
    __table_args__ = (UniqueConstraint("project_id", "slug"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    package_id: Mapped[UUID] = mapped_column(ForeignKey("analysis_package.id", ondelete="CASCADE"), index=True)
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str]
    calculation_type: Mapped[str]
    value_type: Mapped[str]
    scope: Mapped[str]
    role: Mapped[str | None]
    contexts: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MetricVariantRow(Base):
    """A named configuration of a metric: of the project's own, or of one of the catalogue."""

    __tablename__ = "metric_variant"
    __table_args__ = (
        UniqueConstraint("project_id", "definition_id", "name"),
        Index(None, "definition_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    definition_id: Mapped[UUID]
    calculation_type: Mapped[str]
    name: Mapped[str]
    version_id: Mapped[UUID]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MetricVersionRow(Base):
    """What a variant computed from one change to the next."""

    __tablename__ = "metric_version"
    __table_args__ = (UniqueConstraint("variant_id", "number"),)

    id: Mapped[Id]
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("metric_variant.id", ondelete="CASCADE"))
    number: Mapped[int]
    calculation: Mapped[dict[str, Any]]
    change_reason: Mapped[str | None]
    created_at: Mapped[CreatedAt]


async def lock_project(session: AsyncSession, project_id: UUID) -> None:
    """Let no other transaction change metrics of the project until this one ends."""
    query = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(query, {"name": f"metric definitions of {project_id}"})


async def find_or_add_package(session: AsyncSession, project_id: UUID, name: str) -> UUID:
    """Return the id of the project's package of that name, made when missing."""
    statement = insert(AnalysisPackageRow).values(id=new_id(), project_id=project_id, name=name)
    written = statement.on_conflict_do_update(index_elements=["project_id", "name"], set_={"name": name})
    return (await session.execute(written.returning(AnalysisPackageRow.id))).scalar_one()


async def list_packages(session: AsyncSession, project_id: UUID) -> tuple[AnalysisPackage, ...]:
    """Return the project's packages, oldest first."""
    query = (
        select(AnalysisPackageRow).where(AnalysisPackageRow.project_id == project_id).order_by(AnalysisPackageRow.id)
    )
    rows = (await session.execute(query)).scalars()
    return tuple(AnalysisPackage(id=row.id, name=row.name, created_at=row.created_at) for row in rows)


async def add(session: AsyncSession, project_id: UUID, metric: DefinedMetric) -> None:
    """Insert a definition with its default variant and first version.

    Raises SlugTaken; the transaction must then be rolled back.
    """
    columns = {
        "id": metric.id,
        "project_id": project_id,
        "package_id": metric.package_id,
        "slug": metric.slug,
        "name": metric.name,
        "description": metric.description,
        "calculation_type": metric.calculation_type.value,
        "value_type": metric.value_type.value,
        "scope": metric.scope.value,
        "role": metric.role,
        "contexts": [context.value for context in metric.contexts],
    }
    try:
        await session.execute(insert(MetricDefinitionRow).values(columns))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise SlugTaken(metric.slug) from error
        raise
    await add_variant(session, project_id, metric, name=DEFAULT_VARIANT_NAME, change_reason=None)


async def add_variant(
    session: AsyncSession, project_id: UUID, metric: DefinedMetric, *, name: str, change_reason: str | None
) -> None:
    """Insert the variant `metric.variant_id` with the version `metric.version_id` that says what `metric` computes.

    Raises VariantNameTaken; the transaction must then be rolled back.
    """
    columns = {
        "id": metric.variant_id,
        "project_id": project_id,
        "definition_id": metric.id,
        "calculation_type": metric.calculation_type.value,
        "name": name,
        "version_id": metric.version_id,
    }
    try:
        await session.execute(insert(MetricVariantRow).values(columns))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise VariantNameTaken(f"`{metric.slug}` already has a variant named {name!r}. Choose another.") from error
        raise
    await _add_version(session, metric, change_reason=change_reason)


async def change(session: AsyncSession, project_id: UUID, metric: DefinedMetric) -> None:
    """Write name and contexts of a definition."""
    columns = {"name": metric.name, "contexts": [context.value for context in metric.contexts]}
    of_metric = (MetricDefinitionRow.project_id == project_id, MetricDefinitionRow.id == metric.id)
    await session.execute(update(MetricDefinitionRow).where(*of_metric).values(updated_at=func.now(), **columns))


async def add_version(session: AsyncSession, metric: DefinedMetric, *, change_reason: str | None) -> None:
    """Make `metric.version_id`, with what `metric` computes, the version of the variant `metric.variant_id`."""
    await _add_version(session, metric, change_reason=change_reason)
    statement = update(MetricVariantRow).where(MetricVariantRow.id == metric.variant_id)
    await session.execute(statement.values(version_id=metric.version_id, updated_at=func.now()))


async def _add_version(session: AsyncSession, metric: DefinedMetric, *, change_reason: str | None) -> None:
    columns = {
        "id": metric.version_id,
        "variant_id": metric.variant_id,
        "number": metric.version,
        "calculation": _ADAPTERS[metric.calculation_type].dump_python(metric.calculation, mode="json"),
        "change_reason": change_reason,
    }
    await session.execute(insert(MetricVersionRow).values(columns))


async def remove(session: AsyncSession, project_id: UUID, definition_id: UUID) -> None:
    """Delete a definition with its variants and versions."""
    variants = (MetricVariantRow.project_id == project_id, MetricVariantRow.definition_id == definition_id)
    await session.execute(delete(MetricVariantRow).where(*variants))
    definitions = (MetricDefinitionRow.project_id == project_id, MetricDefinitionRow.id == definition_id)
    await session.execute(delete(MetricDefinitionRow).where(*definitions))


async def list_own(session: AsyncSession, project_id: UUID) -> tuple[DefinedMetric, ...]:
    """Return every metric that the project defined, in its default variant, by id."""
    query = (
        select(MetricDefinitionRow, MetricVersionRow)
        .join(MetricVariantRow, MetricVariantRow.definition_id == MetricDefinitionRow.id)
        .join(MetricVersionRow, MetricVersionRow.id == MetricVariantRow.version_id)
        .where(MetricDefinitionRow.project_id == project_id, MetricVariantRow.name == DEFAULT_VARIANT_NAME)
        .order_by(MetricDefinitionRow.id)
        .execution_options(populate_existing=True)
    )
    return tuple(_to_metric(row, version) for row, version in (await session.execute(query)))


async def list_configurations(
    session: AsyncSession, project_id: UUID, definition_id: UUID | None = None
) -> tuple[tuple[Variant, Calculation, int], ...]:
    """Return the project's variants (of one metric or of all) by id, with what each computes and its version number."""
    query = (
        select(MetricVariantRow, MetricVersionRow)
        .join(MetricVersionRow, MetricVersionRow.id == MetricVariantRow.version_id)
        .where(MetricVariantRow.project_id == project_id)
        .order_by(MetricVariantRow.id)
        .execution_options(populate_existing=True)
    )
    if definition_id is not None:
        query = query.where(MetricVariantRow.definition_id == definition_id)
    return tuple(
        (_to_variant(row), _calculation(row.calculation_type, version), version.number)
        for row, version in (await session.execute(query))
    )


async def list_versions(session: AsyncSession, metric: DefinedMetric) -> tuple[MetricVersion, ...]:
    """Return the versions of the variant that `metric` stands in, newest first."""
    query = (
        select(MetricVersionRow)
        .where(MetricVersionRow.variant_id == metric.variant_id)
        .order_by(MetricVersionRow.number.desc())
    )
    return tuple(
        MetricVersion(
            id=row.id,
            number=row.number,
            calculation=_calculation(metric.calculation_type.value, row),
            change_reason=row.change_reason,
            created_at=row.created_at,
        )
        for row in (await session.execute(query)).scalars()
    )


async def rename_variant(session: AsyncSession, project_id: UUID, variant_id: UUID, name: str) -> None:
    """Give a variant another name. Raises VariantNameTaken; the transaction must then be rolled back."""
    of_project = (MetricVariantRow.project_id == project_id, MetricVariantRow.id == variant_id)
    try:
        await session.execute(update(MetricVariantRow).where(*of_project).values(name=name, updated_at=func.now()))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise VariantNameTaken(f"The metric already has a variant named {name!r}. Choose another.") from error
        raise


async def remove_variant(session: AsyncSession, project_id: UUID, variant_id: UUID) -> None:
    """Delete a variant with its versions."""
    of_project = (MetricVariantRow.project_id == project_id, MetricVariantRow.id == variant_id)
    await session.execute(delete(MetricVariantRow).where(*of_project))


def _calculation(calculation_type: str, version: MetricVersionRow) -> Calculation:
    calculation: Calculation = _ADAPTERS[CalculationType(calculation_type)].validate_python(version.calculation)
    return calculation


def _to_metric(row: MetricDefinitionRow, version: MetricVersionRow) -> DefinedMetric:
    return DefinedMetric(
        id=row.id,
        slug=row.slug,
        name=row.name,
        description=row.description,
        is_system=False,
        value_type=ValueType(row.value_type),
        unit=None,
        scope=MetricScope(row.scope),
        role=None if row.role is None else ParticipantRole(row.role),
        contexts=tuple(GradedContext(context) for context in row.contexts),
        calculation=_calculation(row.calculation_type, version),
        variant_id=version.variant_id,
        version_id=version.id,
        version=version.number,
        package_id=row.package_id,
    )


def _to_variant(row: MetricVariantRow) -> Variant:
    return Variant(
        id=row.id,
        definition_id=row.definition_id,
        name=row.name,
        is_default=row.name == DEFAULT_VARIANT_NAME,
        is_system=False,
        version_id=row.version_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
