from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.jobs import JobName
from callscope.storage import jobs
from callscope.storage.engine import SessionFactory
from tests.support.api import count_rows

ARGS = {"analysis_id": "0"}


async def seize(session: AsyncSession, *, heartbeat_age_s: float) -> None:
    """Let a worker with a heartbeat of that age take the oldest job."""
    worker_id = (
        await session.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) "
                "VALUES (now() - make_interval(secs => :age)) RETURNING id"
            ),
            {"age": heartbeat_age_s},
        )
    ).scalar_one()
    await session.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :worker)"), {"worker": worker_id})


async def status_of(session: AsyncSession, job_id: int) -> tuple[str, int]:
    query = text("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = :id")
    row = (await session.execute(query, {"id": job_id})).one()
    return (row[0], row[1])


async def test_a_job_exists_only_if_the_transaction_commits(sessions: SessionFactory) -> None:
    async with sessions() as session:
        await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
        await session.rollback()
    assert await count_rows(sessions, "procrastinate_jobs") == {"procrastinate_jobs": 0}

    async with sessions.begin() as session:
        await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
    assert await count_rows(sessions, "procrastinate_jobs") == {"procrastinate_jobs": 1}


async def test_a_job_may_be_for_later(session: AsyncSession) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)

    await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS, schedule_at=at)

    assert (await session.execute(text("SELECT scheduled_at FROM procrastinate_jobs"))).scalar_one() == at
    fetched = await session.execute(text("SELECT (procrastinate_fetch_job_v2(NULL, NULL)).id"))
    assert fetched.scalar_one() is None


async def test_the_job_of_a_silent_worker_is_put_back(session: AsyncSession) -> None:
    job_id = await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
    await seize(session, heartbeat_age_s=60)

    assert await jobs.take_over_stalled(session, stalled_after_s=20) == [job_id]
    assert await status_of(session, job_id) == ("todo", 1)


async def test_the_job_of_a_living_worker_is_left_to_it(session: AsyncSession) -> None:
    job_id = await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
    await seize(session, heartbeat_age_s=5)

    assert await jobs.take_over_stalled(session, stalled_after_s=20) == []
    assert await status_of(session, job_id) == ("doing", 0)


async def test_a_heartbeat_from_before_the_clock_was_set_back_is_an_old_one(session: AsyncSession) -> None:
    job_id = await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
    await seize(session, heartbeat_age_s=-3600)

    assert await jobs.take_over_stalled(session, stalled_after_s=20) == [job_id]


async def test_the_job_of_a_worker_that_is_gone_is_put_back(session: AsyncSession) -> None:
    job_id = await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
    await seize(session, heartbeat_age_s=0)
    await session.execute(text("DELETE FROM procrastinate_workers"))

    assert await jobs.take_over_stalled(session, stalled_after_s=20) == [job_id]


async def test_two_who_take_over_at_once_put_a_job_back_once(sessions: SessionFactory) -> None:
    async with sessions.begin() as session:
        job_id = await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
        await seize(session, heartbeat_age_s=60)

    async with sessions() as first, sessions() as second:
        taken = [await jobs.take_over_stalled(each, stalled_after_s=20) for each in (first, second)]
        await first.commit()
        await second.commit()

    assert taken == [[job_id], []]
    async with sessions() as session:
        assert await status_of(session, job_id) == ("todo", 1)


async def test_a_job_an_older_worker_did_not_know_is_put_back(session: AsyncSession) -> None:
    known = await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
    await jobs.defer(session, JobName.FETCH_RECORDING, args=ARGS)
    await session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    await session.execute(
        text("UPDATE procrastinate_jobs SET task_name = 'of.tomorrow' WHERE id <> :id"), {"id": known}
    )

    assert await jobs.take_over_stalled(session, stalled_after_s=20) == [known]
    assert await status_of(session, known) == ("todo", 1)
