"""The newest spans of traces with little of each: what is read again and again while a call runs."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.trace import Span, SpanKind, SpanOrigin, SpanStatus

# The attributes are opened of those spans alone that are returned: a language model's hold its whole context.
_READ = text(
    "SELECT newest.trace_id, span_id, parent_span_id, name, kind, status, status_message, start_unix_ns, end_unix_ns,"
    " scope_name, kept.attributes FROM ("
    " SELECT project_id, trace_id, span_id, parent_span_id, origin_digest, name, kind, status, status_message,"
    " start_unix_ns, end_unix_ns, attributes AS all_attributes FROM span"
    " WHERE project_id = :project_id AND trace_id = ANY(CAST(:trace_ids AS bytea[]))"
    " ORDER BY start_unix_ns DESC, span_id LIMIT :limit"
    ") AS newest"
    " JOIN span_origin AS origin ON (origin.project_id, origin.trace_id, origin.digest)"
    " = (newest.project_id, newest.trace_id, newest.origin_digest)"
    " CROSS JOIN LATERAL (SELECT COALESCE(jsonb_object_agg(key, value), '{}') AS attributes"
    " FROM jsonb_each(all_attributes) WHERE key = ANY(CAST(:attribute_names AS text[]))) AS kept"
    " ORDER BY start_unix_ns, span_id"
)


async def read(
    session: AsyncSession,
    project_id: UUID,
    trace_ids: Collection[str],
    *,
    attribute_names: Sequence[str],
    limit: int,
) -> tuple[Span, ...]:
    """Return the last `limit` spans to start, by their start.

    They have the attributes named alone, their scope's name, and neither events nor links.
    """
    parameters = {
        "project_id": project_id,
        "trace_ids": [bytes.fromhex(trace_id) for trace_id in trace_ids],
        "attribute_names": list(attribute_names),
        "limit": limit,
    }
    return tuple(
        Span(
            trace_id=row.trace_id.hex(),
            span_id=row.span_id.hex(),
            parent_span_id=None if row.parent_span_id is None else row.parent_span_id.hex(),
            name=row.name,
            kind=SpanKind(row.kind),
            status=SpanStatus(row.status),
            status_message=row.status_message,
            start_unix_ns=row.start_unix_ns,
            end_unix_ns=row.end_unix_ns,
            attributes=row.attributes,
            origin=SpanOrigin(resource_attributes={}, scope_name=row.scope_name),
        )
        for row in await session.execute(_READ, parameters)
    )
