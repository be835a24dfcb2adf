"""The job application: each stage as a durable job on the database that also holds its results."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from callscope.core.analysis import Stage
from callscope.core.jobs import JobName
from callscope.pipeline.conclude_stage import conclude
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.fetch_stage import fetch_recordings
from callscope.pipeline.measure_stage import measure_fetched_recording
from callscope.pipeline.stage import Work, run_stage
from callscope.pipeline.transcript_stage import measure_supplied_transcript

WORK_OF_JOB: dict[JobName, tuple[Stage, Work]] = {
    JobName.MEASURE_TRANSCRIPT: (Stage.TRANSCRIPT, measure_supplied_transcript),
    JobName.FETCH_RECORDING: (Stage.FETCH, fetch_recordings),
    JobName.MEASURE_RECORDING: (Stage.MEASURE, measure_fetched_recording),
    JobName.CONCLUDE_ANALYSIS: (Stage.CONCLUDE, conclude),
}
RETRY_AFTER_LOSS_S = 5


class KeepJob(BaseRetryStrategy):
    """Puts a job back whose failure could not be settled: the worker was stopped over it, or the database was away."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Run it again soon, on whichever worker is there."""
        del exception, job
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=RETRY_AFTER_LOSS_S))


def create_app(context: PipelineContext, *, database_url: str, pool_size: int = 4) -> App:
    """Return the application with every job registered; `database_url` is a libpq URL. Open it before use."""
    app = App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=pool_size))
    for name, (stage, work) in WORK_OF_JOB.items():
        app.task(name=str(name), pass_context=True, retry=KeepJob())(_job(context, stage, work))
    return app


def _job(context: PipelineContext, stage: Stage, work: Work) -> Callable[[JobContext, str], Awaitable[None]]:
    async def run(job_context: JobContext, analysis_id: str) -> None:
        await run_stage(context, stage, UUID(analysis_id), work, take_over_count=job_context.job.attempts)

    return run
