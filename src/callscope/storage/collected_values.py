"""Metric values of many calls at once: read for what is derived from them, and written as a collection job's."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.metric import MetricValue
from callscope.storage.engine import JSON_OF_ROWS
from callscope.storage.measurements import value_id


@dataclass(frozen=True, slots=True)
class _Row:
    """A value with its place in the table, as it is sent to the database."""

    id: UUID
    call_id: UUID
    ordinal: int
    told: MetricValue


_values = TypeAdapter(list[MetricValue])
_rows = TypeAdapter(list[_Row], config=JSON_OF_ROWS)

# One text a call, made by the database and read by the validator in one go: rows of columns cost thrice as much here.
_READ = text(
    "SELECT call_id, CAST(json_agg(told ORDER BY slug, context, role, ordinal) AS text)"
    " FROM (SELECT call_id, slug, version, role, context, ordinal, state, value, confidence, reason, segments"
    " FROM metric_value WHERE project_id = :project_id AND call_id = ANY(CAST(:call_ids AS uuid[]))"
    " AND slug = ANY(CAST(:slugs AS text[])) AND (context = 'CALL' OR slug = ANY(CAST(:placed_slugs AS text[])))"
    ") AS told GROUP BY call_id"
)
_DROP_OLDER = text(
    "DELETE FROM metric_value AS old"
    " USING unnest(CAST(:call_ids AS uuid[]), CAST(:slugs AS text[])) AS new (call_id, slug)"
    " WHERE old.call_id = new.call_id AND old.slug = new.slug AND (old.job_id IS NULL OR old.job_id <= :job_id)"
)
_ADD = text(
    "INSERT INTO metric_value (id, project_id, call_id, slug, version, role, context, ordinal, state, value, number,"
    " confidence, reason, segments, evidence, statistics, method, parameters, computed_at, job_id, property_verdicts)"
    " SELECT new.id, :project_id, new.call_id, slug, version, role, context, new.ordinal, state, value,"
    " CASE jsonb_typeof(value) WHEN 'number' THEN CAST(value AS double precision)"
    " WHEN 'boolean' THEN CAST(CAST(value AS boolean) AS int) END,"
    " confidence, reason, segments, evidence, statistics, method, parameters, :computed_at, :job_id,"
    " NULLIF(property_verdicts, '[]')"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new (id uuid, call_id uuid, ordinal int, told jsonb),"
    " jsonb_to_record(new.told) AS told (slug text, version int, role text, context text, state text, value jsonb,"
    " confidence double precision, reason text, segments jsonb, evidence jsonb, statistics jsonb, method text,"
    " parameters jsonb, property_verdicts jsonb)"
    " WHERE NOT EXISTS (SELECT FROM metric_value AS newer WHERE newer.call_id = new.call_id"
    " AND newer.slug = told.slug AND newer.job_id > :job_id)"
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
    for call_id, told in await session.execute(_READ, parameters):
        of_call = found[call_id]
        for value in _values.validate_json(told):
            of_call.setdefault(value.slug, []).append(value)
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
    rows = [row for call_id, of_call in values.items() for row in _placed(call_id, of_call)]
    if not rows:
        return
    places = {(row.call_id, row.told.slug): None for row in rows}
    of_places = {"call_ids": [place[0] for place in places], "slugs": [place[1] for place in places], "job_id": job_id}
    await session.execute(_DROP_OLDER, of_places)
    sent = {"rows": _rows.dump_json(rows).decode(), "project_id": project_id, "job_id": job_id, "computed_at": at}
    await session.execute(_ADD, sent)


def _placed(call_id: UUID, of_call: Sequence[Sequence[MetricValue]]) -> Iterator[_Row]:
    places: dict[tuple[str, str | None, str], int] = {}
    for value in (value for of_metric in of_call for value in of_metric):
        place = (value.slug, value.role, value.context)
        ordinal = places[place] = places.get(place, -1) + 1
        yield _Row(value_id(call_id, value, ordinal), call_id, ordinal, value)
