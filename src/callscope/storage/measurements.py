"""What was measured: a call's conversation and its metric values.

Each is written under a key made of the call and what it is of, so that a stage that runs twice writes the same rows.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter
from sqlalchemy import Index, cast, delete, func, select, text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB, JSONPATH, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, defer, mapped_column

from callscope.core.analysis import ComputedValue
from callscope.core.call import Role
from callscope.core.conversation import Conversation, Segment
from callscope.core.metric import EvidenceSpan, MetricContext, MetricValue, PropertyVerdict, ValueState
from callscope.storage import call_documents
from callscope.storage.base import Base, CallId, Id, ProjectId
from callscope.storage.call_documents import CallDocument

VALUES_LOCK = 0x76616C75
"""The class ("valu") of the advisory locks under which a call's values are written."""

_conversation = TypeAdapter(Conversation)
_segments = TypeAdapter(tuple[Segment, ...])
_evidence = TypeAdapter(tuple[EvidenceSpan, ...])
_verdicts = TypeAdapter(tuple[PropertyVerdict, ...])


class ConversationRow(CallDocument):
    """Who spoke when in a call."""

    __tablename__ = "conversation"

    version: Mapped[str]


class MetricValueRow(Base):
    """One value of one metric of one call. `number` repeats a numeric or boolean value so that fleets can be summed.

    `job_id` is the collection job it is of, None for what the call's own analysis measured.
    """

    __tablename__ = "metric_value"
    __table_args__ = (
        Index(None, "call_id", "slug"),
        Index(None, "project_id", "slug", "computed_at"),
        Index(
            "ix_metric_value_project_id_slug_recent",
            "project_id",
            "slug",
            "computed_at",
            postgresql_where=text("context = 'CALL' AND number IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    call_id: Mapped[CallId]
    slug: Mapped[str]
    version: Mapped[int]
    role: Mapped[str | None]
    context: Mapped[str]
    ordinal: Mapped[int]
    state: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    number: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    confidence: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    reason: Mapped[str | None]
    segments: Mapped[Any] = mapped_column(JSONB)
    evidence: Mapped[Any] = mapped_column(JSONB)
    statistics: Mapped[dict[str, Any]]
    method: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    computed_at: Mapped[datetime]
    job_id: Mapped[UUID | None]
    property_verdicts: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)


async def save_conversation(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, conversation: Conversation | None, at: datetime
) -> None:
    """Make `conversation` the call's only one; None leaves the call without."""
    await call_documents.save(
        session,
        ConversationRow,
        _conversation,
        project_id=project_id,
        call_id=call_id,
        content=conversation,
        at=at,
        columns=None if conversation is None else {"version": conversation.version},
    )


async def read_conversation(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> Conversation | None:
    """Return the conversation of a call, None when nobody could be timed (yet)."""
    return await call_documents.read(session, ConversationRow, _conversation, project_id=project_id, call_id=call_id)


async def has_conversation(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> bool:
    """Tell whether the parties of a call could be timed, without reading how."""
    query = select(ConversationRow.call_id).where(
        ConversationRow.project_id == project_id, ConversationRow.call_id == call_id
    )
    return (await session.execute(query)).one_or_none() is not None


async def save_values(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, values: Sequence[MetricValue], at: datetime
) -> None:
    """Replace what the call has of the metrics that `values` speak of."""
    # Two waves may write at once (the recording's and its traces'); their rows have the same ids.
    await session.execute(select(func.pg_advisory_xact_lock(VALUES_LOCK, func.hashtext(str(call_id)))))
    slugs = sorted({value.slug for value in values})
    await session.execute(
        delete(MetricValueRow).where(MetricValueRow.call_id == call_id, MetricValueRow.slug.in_(slugs))
    )
    places: dict[tuple[str, str, str], int] = {}
    rows = []
    for value in values:
        place = (value.slug, value.role or "", value.context)
        ordinal = places[place] = places.get(place, -1) + 1
        rows.append(_columns(value, project_id=project_id, call_id=call_id, ordinal=ordinal, at=at))
    if rows:
        await session.execute(insert(MetricValueRow), rows)


async def delete_values_of_metric(session: AsyncSession, *, project_id: UUID, slug: str) -> None:
    """Delete what every call of a project has of a metric."""
    of_metric = (MetricValueRow.project_id == project_id, MetricValueRow.slug == slug)
    await session.execute(delete(MetricValueRow).where(*of_metric))


async def read_values(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> tuple[ComputedValue, ...]:
    """Return every value of a call: by metric, party and place."""
    query = (
        select(MetricValueRow)
        .where(MetricValueRow.project_id == project_id, MetricValueRow.call_id == call_id)
        .order_by(MetricValueRow.slug, MetricValueRow.context, MetricValueRow.role, MetricValueRow.ordinal)
    )
    return tuple(_to_computed_value(row) for row in (await session.execute(query)).scalars())


async def read_lowest(session: AsyncSession, *, project_id: UUID, call_id: UUID, slug: str) -> float | None:
    """Return the lowest value a metric has of a call, whoever it is of; None when it has none."""
    query = select(func.min(MetricValueRow.number)).where(
        MetricValueRow.project_id == project_id, MetricValueRow.call_id == call_id, MetricValueRow.slug == slug
    )
    return (await session.execute(query)).scalar_one()


async def read_values_of_calls(
    session: AsyncSession,
    *,
    project_id: UUID,
    call_ids: Collection[UUID],
    slugs: Collection[str] | None = None,
    evidence_limit: int,
) -> dict[UUID, tuple[MetricValue, ...]]:
    """Return the values that speak of each call as a whole, of the metrics named or of all.

    Each comes with the first `evidence_limit` pieces of its evidence, which grows with the call.
    """
    first_evidence = func.jsonb_path_query_array(
        MetricValueRow.evidence, cast(f"$[0 to {evidence_limit - 1}]", JSONPATH), type_=JSONB
    )
    query = (
        select(MetricValueRow, first_evidence)
        .options(defer(MetricValueRow.evidence))
        .where(
            MetricValueRow.project_id == project_id,
            MetricValueRow.call_id.in_(call_ids),
            MetricValueRow.context == MetricContext.CALL.value,
        )
    )
    if slugs is not None:
        query = query.where(MetricValueRow.slug.in_(slugs))
    found: dict[UUID, list[MetricValue]] = {}
    for row, evidence in await session.execute(query.order_by(MetricValueRow.slug, MetricValueRow.role)):
        found.setdefault(row.call_id, []).append(_to_value(row, evidence))
    return {call_id: tuple(values) for call_id, values in found.items()}


async def read_values_between(
    session: AsyncSession, *, project_id: UUID, call_id: UUID, slug: str, since_ms: int, until_ms: int
) -> tuple[MetricValue, ...]:
    """Return the values of a metric whose last segment starts from `since_ms` to before `until_ms`."""
    start_ms = MetricValueRow.segments[-1]["start_offset_ms"].as_integer()
    query = (
        select(MetricValueRow)
        .where(
            MetricValueRow.project_id == project_id,
            MetricValueRow.call_id == call_id,
            MetricValueRow.slug == slug,
            MetricValueRow.context != MetricContext.CALL.value,
            start_ms >= since_ms,
            start_ms < until_ms,
        )
        .order_by(start_ms)
    )
    return tuple(_to_value(row, row.evidence) for row in (await session.execute(query)).scalars())


def value_id(call_id: UUID, value: MetricValue, ordinal: int) -> UUID:
    """Return the id of a call's value: the same whenever it is computed."""
    return uuid5(call_id, f"{value.slug}/{value.role or ''}/{value.context}/{ordinal}")


def _columns(value: MetricValue, *, project_id: UUID, call_id: UUID, ordinal: int, at: datetime) -> dict[str, object]:
    """Return a value as a row of `metric_value`; `ordinal` counts those of one metric, party and context."""
    is_number = isinstance(value.value, int | float)
    return {
        "id": value_id(call_id, value, ordinal),
        "project_id": project_id,
        "call_id": call_id,
        "slug": value.slug,
        "version": value.version,
        "role": value.role,
        "context": value.context.value,
        "ordinal": ordinal,
        "state": value.state.value,
        "value": value.value,
        "number": float(value.value) if is_number and value.value is not None else None,
        "confidence": value.confidence,
        "reason": value.reason,
        "segments": _segments.dump_python(value.segments, mode="json"),
        "evidence": _evidence.dump_python(value.evidence, mode="json"),
        "statistics": dict(value.statistics),
        "method": value.method,
        "parameters": dict(value.parameters),
        "computed_at": at,
        "job_id": None,
        "property_verdicts": _verdicts.dump_python(value.property_verdicts, mode="json") or None,
    }


def _to_computed_value(row: MetricValueRow) -> ComputedValue:
    return ComputedValue(id=row.id, value=_to_value(row, row.evidence), computed_at=row.computed_at, job_id=row.job_id)


def _to_value(row: MetricValueRow, evidence: object) -> MetricValue:
    return MetricValue(
        slug=row.slug,
        version=row.version,
        role=None if row.role is None else Role(row.role),
        context=MetricContext(row.context),
        state=ValueState(row.state),
        value=row.value,
        confidence=row.confidence,
        reason=row.reason,
        segments=_segments.validate_python(row.segments),
        evidence=_evidence.validate_python(evidence),
        statistics=row.statistics,
        method=row.method,
        parameters=row.parameters,
        property_verdicts=_verdicts.validate_python(row.property_verdicts or ()),
    )
