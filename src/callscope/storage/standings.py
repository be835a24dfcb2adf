"""How a call's values stand among those of the project's newest calls."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callscope.core.call import Role
from callscope.core.metric import MetricContext
from callscope.core.standing import Standing
from callscope.storage.measurements import MetricValueRow


async def of_call(session: AsyncSession, project_id: UUID, call_id: UUID, *, among: int) -> tuple[Standing, ...]:
    """Return where each number of the call as a whole stands among the newest `among` of its metric and party."""
    own, other = aliased(MetricValueRow), aliased(MetricValueRow)
    newest = (
        select(other.number)
        .where(
            other.project_id == project_id,
            other.slug == own.slug,
            other.role.is_not_distinct_from(own.role),
            other.context == MetricContext.CALL.value,
            other.number.is_not(None),
        )
        .order_by(other.computed_at.desc())
        .limit(among)
        .lateral()
    )
    query = (
        select(
            own.slug,
            own.role,
            func.count(),
            func.count().filter(newest.c.number < own.number),
            func.count().filter(newest.c.number == own.number),
        )
        .join(newest, onclause=own.call_id == call_id)
        .where(
            own.project_id == project_id,
            own.call_id == call_id,
            own.context == MetricContext.CALL.value,
            own.number.is_not(None),
        )
        .group_by(own.slug, own.role, own.number)
    )
    return tuple(
        Standing(
            slug=slug, role=None if role is None else Role(role), count=count, below_count=below, equal_count=equal
        )
        for slug, role, count, below, equal in await session.execute(query)
    )
