"""Metric values of many calls at once: read for what is derived from them, and written as a collection job's."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import MetricContext, MetricValue, ValueState
from callscope.storage.engine import to_json
from callscope.storage.measurements import value_columns

_READ = text(
    "SELECT call_id, slug, version, role, context, state, value, confidence, reason, segments FROM metric_value"
    " WHERE project_id = :project_id AND call_id = ANY(CAST(:call_ids AS uuid[]))"
    " AND slug = ANY(CAST(:slugs AS text[])) AND (context = 'CALL' OR slug = ANY(CAST(:placed_slugs AS text[])))"
    " ORDER BY call_id, slug, context, role, ordinal"
)
_DROP_OLDER = text(
    "DELETE FROM metric_value AS old"
    " USING unnest(CAST(:call_ids AS uuid[]), CAST(:slugs AS text[])) AS new (call_id, slug)"
    " WHERE old.call_id = new.call_id AND old.slug = new.slug AND (old.job_id IS NULL OR old.job_id <= :job_id)"
)
_ADD = text(
    "INSERT INTO metric_value SELECT new.*"
    " FROM jsonb_populate_recordset(NULL::metric_value, CAST(:rows AS jsonb)) AS new"
    " WHERE NOT EXISTS (SELECT FROM metric_value AS newer WHERE newer.call_id = new.call_id AND newer.slug = new.slug"
    " AND newer.job_id > :job_id)"
)


async def read(
    session: AsyncSession,
    project_id: UUID,
    call_ids: Collection[UUID],
    slugs: Collection[str],
    *,
    placed_slugs: Collection[str] | None = None,
) -> dict[UUID, dict[str, list[MetricValue]]]:
    """Return the values of some metrics by call and slug, as far as others are derived from them: without evidence.

    Values for places in the call are read of `placed_slugs` alone where these are named: of most calls they are many.
    """
    placed = slugs if placed_slugs is None else placed_slugs
    parameters = {
        "project_id": project_id,
        "call_ids": list(call_ids),
        "slugs": list(slugs),
        "placed_slugs": list(placed),
    }
    found: dict[UUID, dict[str, list[MetricValue]]] = {call_id: {} for call_id in call_ids}
    for call_id, slug, version, role, context, state, value, confidence, reason, segments in await session.execute(
        _READ, parameters
    ):
        read_value = MetricValue(
            slug=slug,
            version=version,
            role=None if role is None else Role(role),
            context=MetricContext(context),
            state=ValueState(state),
            value=value,
            confidence=confidence,
            reason=reason,
            segments=tuple(_segment(segment) for segment in segments),
        )
        found[call_id].setdefault(slug, []).append(read_value)
    return found


async def save(
    session: AsyncSession,
    *,
    project_id: UUID,
    job_id: UUID,
    values: Mapping[UUID, Sequence[Sequence[MetricValue]]],
    at: datetime,
) -> None:
    """Make these what each call has of each metric: one sequence a metric.

    Values of a later job stay: the one that was started last is the one that is read, whichever ends last.
    """
    rows = [row for call_id, of_call in values.items() for row in _rows(call_id, of_call, project_id, job_id, at)]
    if not rows:
        return
    places = {(row["call_id"], row["slug"]): None for row in rows}
    of_places = {"call_ids": [place[0] for place in places], "slugs": [place[1] for place in places], "job_id": job_id}
    await session.execute(_DROP_OLDER, of_places)
    await session.execute(_ADD, {"rows": to_json(rows), "job_id": job_id})


def _rows(
    call_id: UUID, of_call: Sequence[Sequence[MetricValue]], project_id: UUID, job_id: UUID, at: datetime
) -> list[dict[str, object]]:
    places: dict[tuple[str, str, str], int] = {}
    rows = []
    for value in (value for of_metric in of_call for value in of_metric):
        place = (value.slug, value.role or "", value.context)
        ordinal = places[place] = places.get(place, -1) + 1
        rows.append(value_columns(value, project_id=project_id, call_id=call_id, ordinal=ordinal, at=at, job_id=job_id))
    return rows


def _segment(document: Mapping[str, object]) -> Segment:
    start_offset_ms, end_offset_ms = document["start_offset_ms"], document["end_offset_ms"]
    if not isinstance(start_offset_ms, int) or not isinstance(end_offset_ms, int):
        raise TypeError("a stored segment has whole milliseconds")
    return Segment(role=Role(str(document["role"])), start_offset_ms=start_offset_ms, end_offset_ms=end_offset_ms)
