"""Metric values of many calls at once: read for what is derived from them, and written as a collection job's."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import from_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Role
from callscope.core.metric import MetricContext, MetricValue, StoredValue, ValueState
from callscope.core.metric_policy import EndedItem, ItemStatus
from callscope.storage.measurements import value_id


@dataclass(slots=True)
class _Sent:
    """An item as it is sent to the database. `ids` and `places` are of `values`, empty where these stay out."""

    call_id: UUID
    ordinal: int
    status: ItemStatus
    error: str | None
    values: tuple[MetricValue, ...]
    computed_at: datetime | None
    ids: list[UUID]
    places: list[int]


_ROLES: dict[str | None, Role | None] = {None: None, **{role.value: role for role in Role}}
_CONTEXTS = {context.value: context for context in MetricContext}
_STATES = {state.value: state for state in ValueState}
_items = TypeAdapter(list[_Sent], config=ConfigDict(ser_json_inf_nan="constants"))
"""NaN and infinities become what PostgreSQL refuses."""

# One text a call, made by the database and parsed in one go: rows of columns cost thrice as much here.
_READ = text(
    "SELECT call_id, CAST(json_agg(json_build_array(slug, version, role, context, state, value, confidence, reason,"
    " segments) ORDER BY slug, context, role, ordinal) AS text) AS told"
    " FROM metric_value WHERE project_id = :project_id AND call_id = ANY(CAST(:call_ids AS uuid[]))"
    " AND slug = ANY(CAST(:slugs AS text[])) AND (context = 'CALL' OR slug = ANY(CAST(:placed_slugs AS text[])))"
    " GROUP BY call_id"
)
# One statement, so that the document is sent and read once. What is added asks what was dropped: the new rows may have
# the keys of the old ones, so those go first.
_RECORD = text(
    "WITH item AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(CAST(:items AS jsonb)) AS item (call_id uuid,"
    " ordinal int, status text, error text, values jsonb, computed_at timestamptz, ids uuid[], places int[])),"
    " dropped AS (DELETE FROM metric_value AS old USING item"
    " WHERE item.ids <> '{}' AND old.call_id = item.call_id AND old.slug = item.values #>> '{0,slug}'"
    " AND (old.job_id IS NULL OR old.job_id <= :job_id) RETURNING old.id),"
    " added AS (INSERT INTO metric_value (id, project_id, call_id, slug, version, role, context, ordinal, state, value,"
    " number, confidence, reason, segments, evidence, statistics, method, parameters, computed_at, job_id,"
    " property_verdicts)"
    " SELECT place.id, :project_id, item.call_id, slug, version, role, context, place.ordinal, state, value,"
    " CASE jsonb_typeof(value) WHEN 'number' THEN CAST(value AS double precision)"
    " WHEN 'boolean' THEN CAST(CAST(value AS boolean) AS int) END,"
    " confidence, reason, segments, evidence, statistics, method, parameters, :computed_at, :job_id,"
    " NULLIF(property_verdicts, '[]')"
    " FROM item, unnest(item.ids, item.places) WITH ORDINALITY AS place (id, ordinal, position),"
    " jsonb_to_record(item.values -> (CAST(place.position AS int) - 1)) AS told (slug text, version int, role text,"
    " context text, state text, value jsonb, confidence double precision, reason text, segments jsonb, evidence jsonb,"
    " statistics jsonb, method text, parameters jsonb, property_verdicts jsonb)"
    " WHERE (SELECT count(*) FROM dropped) >= 0"
    # An aggregate, not NOT EXISTS: that is turned into a join, for which the whole table may be read.
    " AND NOT COALESCE((SELECT bool_or(newer.job_id > :job_id) FROM metric_value AS newer"
    " WHERE newer.call_id = item.call_id AND newer.slug = told.slug), FALSE))"
    " UPDATE collection_item SET status = item.status, error = item.error, values = item.values,"
    " computed_at = item.computed_at FROM item WHERE collection_item.job_id = :job_id"
    " AND collection_item.call_id = item.call_id AND collection_item.ordinal = item.ordinal"
    " AND collection_item.status = 'PENDING'"
)


class StoredValues:
    """The values of many calls as the database wrote them down, each call's parsed when it is asked for.

    A thousand calls' values at once would be more objects than the processor's caches and the collector take lightly.
    """

    def __init__(self, told: Mapping[UUID, str]) -> None:
        self._told = told

    def __getitem__(self, call_id: UUID) -> dict[str, list[StoredValue]]:
        """Return the values of one call by slug; there are none of a call that was not read."""
        found: dict[str, list[StoredValue]] = {}
        for slug, version, role, context, state, value, confidence, reason, segments in from_json(
            self._told.get(call_id, "[]")
        ):
            found.setdefault(slug, []).append(
                StoredValue(
                    slug,
                    version,
                    _ROLES[role],
                    _CONTEXTS[context],
                    _STATES[state],
                    value,
                    confidence,
                    reason,
                    segments,
                )
            )
        return found


async def read(
    session: AsyncSession,
    project_id: UUID,
    call_ids: Collection[UUID],
    slugs: Collection[str],
    *,
    placed_slugs: Collection[str] | None = None,
) -> StoredValues:
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
    rows = await session.execute(_READ, parameters)
    return StoredValues({row.call_id: row.told for row in rows})


async def record(
    session: AsyncSession,
    *,
    project_id: UUID,
    job_id: UUID,
    items: Sequence[EndedItem],
    is_new: Callable[[EndedItem], bool],
    at: datetime,
) -> None:
    """Write how items ended, and make the values of those that are new what each call has of each metric.

    Items that were not pending stay as they are. Values of a later job stay: the one that was started last is the one
    that is read, whichever ends last.
    """
    document = _items.dump_json([_sent(item, is_new=is_new(item)) for item in items]).decode()
    parameters = {"items": document, "job_id": job_id, "project_id": project_id, "computed_at": at}
    await session.execute(_RECORD, parameters)


def _sent(item: EndedItem, *, is_new: bool) -> _Sent:
    places = _places(item.values) if is_new else []
    ids = [value_id(item.call_id, value, place) for value, place in zip(item.values, places, strict=False)]
    return _Sent(item.call_id, item.ordinal, item.status, item.error, item.values, item.computed_at, ids, places)


def _places(values: Sequence[MetricValue]) -> list[int]:
    """Return which of its party and context each value is, from 0."""
    counts: dict[tuple[str | None, str], int] = {}
    places = []
    for value in values:
        place = counts.get((value.role, value.context), 0)
        counts[value.role, value.context] = place + 1
        places.append(place)
    return places
