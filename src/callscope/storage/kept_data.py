"""How much of each project's data the database and the object store hold."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.kept_data import KeptData

# Each kind is counted by itself: joined, they would multiply. Words and spans are too many to be weighed one by one, so
# a project bears its share of their tables, indexes included, by its number of transcripts or spans.
_KEPT = text("""
    WITH calls AS (
        SELECT project_id, count(*) AS calls FROM call WHERE deleted_at IS NULL GROUP BY project_id
    ), recordings AS (
        SELECT project_id, count(*) AS recordings, sum(size_bytes) AS bytes FROM recording GROUP BY project_id
    ), transcripts AS (
        SELECT call.project_id, count(*) AS transcripts
        FROM transcript JOIN call ON call.id = transcript.call_id GROUP BY call.project_id
    ), traces AS (
        SELECT project_id, count(*) AS traces, sum(span_count) AS spans FROM trace GROUP BY project_id
    ), payloads AS (
        SELECT project_id, sum(size_bytes) AS bytes FROM trace_payload GROUP BY project_id
    ), tables AS (
        SELECT pg_total_relation_size('transcript') + pg_total_relation_size('transcript_entry') AS words_bytes,
            pg_total_relation_size('trace') + pg_total_relation_size('span') + pg_total_relation_size('span_origin')
                AS spans_bytes
    )
    SELECT project.id AS project_id, project.name AS project_name,
        coalesce(calls, 0) AS call_count,
        coalesce(recordings, 0) AS recording_count,
        coalesce(recordings.bytes, 0)::bigint AS recording_bytes,
        coalesce(transcripts, 0) AS transcript_count,
        coalesce(words_bytes * transcripts / nullif(sum(transcripts) OVER (), 0), 0)::bigint AS transcript_bytes,
        coalesce(traces, 0) AS trace_count,
        coalesce(spans, 0)::bigint AS span_count,
        (coalesce(spans_bytes * spans / nullif(sum(spans) OVER (), 0), 0) + coalesce(payloads.bytes, 0))::bigint
            AS trace_bytes
    FROM project CROSS JOIN tables
    LEFT JOIN calls ON calls.project_id = project.id
    LEFT JOIN recordings ON recordings.project_id = project.id
    LEFT JOIN transcripts ON transcripts.project_id = project.id
    LEFT JOIN traces ON traces.project_id = project.id
    LEFT JOIN payloads ON payloads.project_id = project.id
    ORDER BY project.name
""")


async def of_every_project(session: AsyncSession) -> tuple[KeptData, ...]:
    """Return what is kept, by the projects' names. Every row is counted: seconds for millions of calls."""
    return tuple(KeptData(**row) for row in (await session.execute(_KEPT)).mappings())


async def of_project(session: AsyncSession, project_id: UUID) -> KeptData:
    """Return what is kept of one project that exists. Every row is counted: a project's share needs the others'."""
    return next(each for each in await of_every_project(session) if each.project_id == project_id)
