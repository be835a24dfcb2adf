"""Work of a project that failed or is under way, gathered from the tables that know of it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.failed_work import FailedWork, RunningWork, WorkKind
from callscope.core.page import Page, PageRequest, decode_cursor, encode_cursor, unknown_cursor

LIST = "failed_work"
"""What cursors of the list begin with."""
NO_REASON = "No reason was noted. The worker's log names it under this id."

# An analysis that another one followed has been tried again already.
_GIVEN_UP = """
    SELECT analysis.stage AS kind, analysis.id, analysis.call_id, analysis.reason, NULL::integer AS attempt_count,
        analysis.finished_at AS failed_at, NULL::timestamptz AS next_attempt_at
    FROM analysis JOIN call AS analysed ON analysed.id = analysis.call_id AND analysed.deleted_at IS NULL
    WHERE analysis.project_id = :project_id AND analysis.status = 'FAILED' AND NOT EXISTS (
        SELECT FROM analysis AS newer WHERE newer.call_id = analysis.call_id
            AND (newer.created_at, newer.id) > (analysis.created_at, analysis.id)
    )
    UNION ALL
    SELECT 'metrics', job.id, item.call_id, job.error_message, NULL, job.completed_at, NULL
    FROM collection_job AS job LEFT JOIN LATERAL (
        SELECT call_id FROM collection_item WHERE job_id = job.id AND status = 'FAILED' LIMIT 1
    ) AS item ON true
    WHERE job.project_id = :project_id AND job.failed_items > 0 AND job.completed_at IS NOT NULL
    UNION ALL
    SELECT 'message', id, NULL, fault, NULL, handled_at, NULL
    FROM integration_message
    WHERE project_id = :project_id AND fault IS NOT NULL AND call_id IS NULL AND handled_at IS NOT NULL
    UNION ALL
    SELECT 'delivery', delivery.id, delivery.call_id, attempt.reason, attempt_count, delivery.finished_at, NULL
    FROM webhook_delivery AS delivery LEFT JOIN LATERAL (
        SELECT coalesce(error, 'The receiver answered ' || http_status || '.') AS reason
        FROM webhook_attempt WHERE delivery_id = delivery.id ORDER BY id DESC LIMIT 1
    ) AS attempt ON true
    WHERE delivery.project_id = :project_id AND delivery.status = 'DEAD'
"""
_POSTPONED = """
    SELECT analysis.stage AS kind, analysis.id, analysis.call_id, analysis.reason, analysis.attempt_count,
        NULL::timestamptz AS failed_at, analysis.next_attempt_at
    FROM analysis WHERE analysis.project_id = :project_id AND analysis.next_attempt_at IS NOT NULL
    UNION ALL
    SELECT 'metrics', id, NULL, error_message, attempt_count, NULL, NULL
    FROM collection_job
    WHERE project_id = :project_id AND failing_since IS NOT NULL AND completed_at IS NULL
    UNION ALL
    SELECT 'delivery', delivery.id, delivery.call_id, attempt.reason, attempt_count, NULL, delivery.next_attempt_at
    FROM webhook_delivery AS delivery LEFT JOIN LATERAL (
        SELECT coalesce(error, 'The receiver answered ' || http_status || '.') AS reason
        FROM webhook_attempt WHERE delivery_id = delivery.id ORDER BY id DESC LIMIT 1
    ) AS attempt ON true
    WHERE delivery.project_id = :project_id AND delivery.attempt_count > 0 AND delivery.status = 'WAITING'
"""
_WITH_CALL = """
    SELECT work.*, call.id AS shown_call_id, call.started_at AS call_started_at
    FROM ({work}) AS work LEFT JOIN call ON call.id = work.call_id AND call.deleted_at IS NULL
"""
_GIVEN_UP_PAGE = text(
    _WITH_CALL.format(work=_GIVEN_UP)
    + """
    WHERE (CAST(:kind AS text) IS NULL OR work.kind = :kind)
        AND (CAST(:before AS timestamptz) IS NULL OR (work.failed_at, work.id) < (:before, CAST(:before_id AS uuid)))
    ORDER BY work.failed_at DESC, work.id DESC LIMIT :limit
    """
)
_COUNTS = text(f"SELECT kind, count(*) AS total FROM ({_GIVEN_UP}) AS work GROUP BY kind")  # noqa: S608 - our own text
_POSTPONED_FIRST = text(
    _WITH_CALL.format(work=_POSTPONED) + "ORDER BY work.next_attempt_at NULLS LAST, work.id LIMIT :limit"
)
_RUNNING = text("""
    SELECT job.task_name, job.attempts, call.id AS shown_call_id, call.started_at AS call_started_at,
        coalesce(begun.at, now()) AS started_at
    FROM procrastinate_jobs AS job
    LEFT JOIN analysis ON analysis.id = CAST(job.args->>'analysis_id' AS uuid)
    LEFT JOIN collection_job AS collection ON collection.id = CAST(job.args->>'collection_job_id' AS uuid)
    LEFT JOIN webhook_delivery AS delivery ON delivery.id = CAST(job.args->>'delivery_id' AS uuid)
    LEFT JOIN call ON call.id = coalesce(analysis.call_id, delivery.call_id, CAST(job.args->>'call_id' AS uuid))
        AND call.deleted_at IS NULL
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM procrastinate_events WHERE job_id = job.id AND type = 'started'
    ) AS begun ON true
    WHERE job.status = 'doing' AND job.worker_id IS NOT NULL AND :project_id = coalesce(
        analysis.project_id, collection.project_id, delivery.project_id, CAST(job.args->>'project_id' AS uuid)
    )
    ORDER BY started_at, job.id LIMIT :limit
""")


async def given_up_page(
    session: AsyncSession, project_id: UUID, request: PageRequest, *, kind: WorkKind | None
) -> Page[FailedWork]:
    """Return one page of what was given up, of one kind or of all, the latest first.

    Raises InvalidInput for a cursor of another list.
    """
    before, before_id = (None, None) if request.after is None else _place(request.after)
    parameters = {"project_id": project_id, "kind": kind, "before": before, "before_id": before_id}
    found = await session.execute(_GIVEN_UP_PAGE, {**parameters, "limit": request.limit + 1})
    items = [_to_work(row) for row in found.mappings()]
    shown = tuple(items[: request.limit])
    counts = await count_given_up(session, project_id)
    total = sum(counts.values()) if kind is None else counts.get(kind, 0)
    return Page(items=shown, next_cursor=_cursor(shown[-1]) if len(items) > request.limit else None, total=total)


async def count_given_up(session: AsyncSession, project_id: UUID) -> Mapping[WorkKind, int]:
    """Return how much of each kind was given up; kinds of which nothing was are left out."""
    found = await session.execute(_COUNTS, {"project_id": project_id})
    return {WorkKind(row.kind): row.total for row in found}


async def postponed(session: AsyncSession, project_id: UUID, *, limit: int) -> tuple[FailedWork, ...]:
    """Return what failed and is tried again by itself, the next first."""
    found = await session.execute(_POSTPONED_FIRST, {"project_id": project_id, "limit": limit})
    return tuple(_to_work(row) for row in found.mappings())


async def running(session: AsyncSession, project_id: UUID, *, limit: int) -> tuple[RunningWork, ...]:
    """Return the jobs of a project that are under way, the longest first."""
    found = await session.execute(_RUNNING, {"project_id": project_id, "limit": limit})
    return tuple(
        RunningWork(
            job=row.task_name,
            call_id=row.shown_call_id,
            call_started_at=row.call_started_at,
            started_at=row.started_at,
            take_over_count=row.attempts,
        )
        for row in found
    )


async def ids_of_kind(session: AsyncSession, project_id: UUID, kind: WorkKind, *, limit: int) -> list[UUID]:
    """Return what of a kind was given up, the latest first."""
    page = await given_up_page(session, project_id, PageRequest(limit=limit), kind=kind)
    return [work.id for work in page.items]


def _place(cursor: str) -> tuple[datetime, UUID]:
    of_list, failed_at, work_id = decode_cursor(cursor, size=3)
    if of_list != LIST:
        raise unknown_cursor()
    try:
        return datetime.fromisoformat(failed_at), UUID(work_id)
    except (ValueError, TypeError, AttributeError) as error:
        raise unknown_cursor() from error


def _cursor(work: FailedWork) -> str:
    return encode_cursor(LIST, str(work.failed_at), str(work.id))


def _to_work(row: RowMapping) -> FailedWork:
    return FailedWork(
        kind=WorkKind(row["kind"]),
        id=row["id"],
        call_id=row["shown_call_id"],
        call_started_at=row["call_started_at"],
        reason=row["reason"] or NO_REASON,
        attempt_count=row["attempt_count"],
        failed_at=row["failed_at"],
        next_attempt_at=row["next_attempt_at"],
    )
