"""The values that a project's newest scored calls have of one metric."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Call, Role
from callscope.core.metric import MetricContext, ValueState
from callscope.core.metric_figures import RecentValue
from callscope.storage.calls import CallRow, load, visible
from callscope.storage.measurements import MetricValueRow


async def recent_values(
    session: AsyncSession, project_id: UUID, slug: str, context: MetricContext, *, limit: int
) -> tuple[RecentValue, ...]:
    """Return the values of a metric that were computed last, newest first, those of deleted calls left out."""
    row = MetricValueRow
    query = (
        select(row.id, row.call_id, row.role, row.state, row.value, row.reason)
        .join(CallRow, CallRow.id == row.call_id)
        .where(row.project_id == project_id, row.slug == slug, row.context == context.value, *visible(project_id))
        .order_by(row.computed_at.desc())
        .limit(limit)
    )
    return tuple(
        RecentValue(
            id=value_id,
            call_id=call_id,
            role=None if role is None else Role(role),
            state=ValueState(state),
            value=value,
            reason=reason,
        )
        for value_id, call_id, role, state, value, reason in await session.execute(query)
    )


async def first_places(session: AsyncSession, value_ids: Collection[UUID]) -> dict[UUID, tuple[int | None, str | None]]:
    """Return where each value's first evidence starts, in milliseconds, with its reason.

    A value without evidence that speaks of a place has that place.
    """
    evidence = func.jsonb_path_query_first(MetricValueRow.evidence, cast("$[0]", JSONPATH), type_=JSONB)
    segment = func.jsonb_path_query_first(MetricValueRow.segments, cast("$[0]", JSONPATH), type_=JSONB)
    start_ms = func.coalesce(
        evidence["start_offset_ms"].astext.cast(Integer), segment["start_offset_ms"].astext.cast(Integer)
    )
    query = select(MetricValueRow.id, start_ms, evidence["reason"].astext).where(MetricValueRow.id.in_(value_ids))
    return {value_id: (at_ms, reason) for value_id, at_ms, reason in await session.execute(query)}


async def calls_of(session: AsyncSession, project_id: UUID, call_ids: Collection[UUID]) -> dict[UUID, Call]:
    """Return those of the calls that the project has, by id."""
    found = await load(session, select(CallRow).where(*visible(project_id), CallRow.id.in_(call_ids)))
    return {call.id: call for call in found}
