"""The job application: each stage as a durable job on the database that also holds its results."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from callscope.core.analysis import Stage
from callscope.core.jobs import (
    HEARING_QUEUE,
    LIFETIMES_QUEUE,
    LIVE_QUEUE,
    METRICS_QUEUE,
    QUEUE_OF_JOB,
    SHORT_QUEUE,
    SWEEP_MINUTE,
    TRACES_QUEUE,
    JobName,
)
from callscope.pipeline.collecting import collect_metrics
from callscope.pipeline.conclude_stage import conclude
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.deliveries import deliver_event, expire_deliveries
from callscope.pipeline.describing import describe_call
from callscope.pipeline.fetch_stage import fetch_recordings
from callscope.pipeline.hearing import hear_live_call
from callscope.pipeline.job_spans import JobSpans
from callscope.pipeline.lifetimes import apply_retention, remove_deleted_calls
from callscope.pipeline.live import read_message, sweep_live_calls
from callscope.pipeline.measure_stage import measure_fetched_recording
from callscope.pipeline.stage import Work, run_stage
from callscope.pipeline.tools import measure_tools
from callscope.pipeline.traces import drain_traces, expire_traces, measure_traces, replay_traces
from callscope.pipeline.transcribe_stage import transcribe_recording_of_call
from callscope.pipeline.transcript_stage import measure_supplied_transcript
from callscope.services.judging import Judge
from callscope.storage.engine import patience_of

WORK_OF_JOB: dict[JobName, tuple[Stage, Work]] = {
    JobName.MEASURE_TRANSCRIPT: (Stage.TRANSCRIPT, measure_supplied_transcript),
    JobName.FETCH_RECORDING: (Stage.FETCH, fetch_recordings),
    JobName.MEASURE_RECORDING: (Stage.MEASURE, measure_fetched_recording),
    JobName.TRANSCRIBE_RECORDING: (Stage.TRANSCRIBE, transcribe_recording_of_call),
    JobName.CONCLUDE_ANALYSIS: (Stage.CONCLUDE, conclude),
}
RETRY_AFTER_LOSS_S = 5
HOURLY = f"{SWEEP_MINUTE} * * * *"
EVERY_TEN_MINUTES = "*/10 * * * *"
EVERY_MINUTE = "* * * * *"


class KeepJob(BaseRetryStrategy):
    """Puts a job back whose failure could not be settled: the worker was stopped over it, or the database was away."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Run it again soon, on whichever worker is there."""
        del exception, job
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=RETRY_AFTER_LOSS_S))


def create_app(context: PipelineContext, *, database_url: str, pool_size: int = 4) -> App:
    """Return the application with every job registered; `database_url` is a libpq URL. Open it before use."""
    connector = PsycopgConnector(
        conninfo=database_url, min_size=1, max_size=pool_size, kwargs=patience_of(database_url)
    )
    app = App(connector=connector, worker_defaults={"worker_middleware": [JobSpans(context.tracer)]})
    for name, (stage, work) in WORK_OF_JOB.items():
        app.task(name=str(name), pass_context=True, retry=KeepJob())(_job(context, stage, work))
    _add_trace_jobs(app, context)
    _add_metric_jobs(app, context)
    _add_tool_job(app, context)
    _add_delivery_jobs(app, context)
    _add_lifetime_jobs(app, context)
    _add_live_jobs(app, context)
    return app


def _add_trace_jobs(app: App, context: PipelineContext) -> None:
    async def drain() -> None:
        await drain_traces(context)

    async def replay(received_from: str, received_before: str) -> None:
        span = {"received_from": received_from, "received_before": received_before}
        await replay_traces(context, **{name: datetime.fromisoformat(moment) for name, moment in span.items()})

    async def expire(timestamp: int) -> None:
        del timestamp
        await expire_traces(context)

    async def measure(project_id: str, call_id: str) -> None:
        await measure_traces(context, project_id=UUID(project_id), call_id=UUID(call_id))

    app.task(name=JobName.MEASURE_TRACES.value, queue=TRACES_QUEUE, retry=KeepJob())(measure)
    app.task(name=JobName.DRAIN_TRACES.value, queue=TRACES_QUEUE, retry=KeepJob())(drain)
    app.task(name=JobName.REPLAY_TRACES.value, queue=TRACES_QUEUE, retry=KeepJob())(replay)
    task = app.task(name=JobName.EXPIRE_TRACES.value, queue=TRACES_QUEUE, retry=KeepJob())(expire)
    app.periodic(cron=HOURLY)(task)


def _add_tool_job(app: App, context: PipelineContext) -> None:
    async def measure(project_id: str, call_id: str) -> None:
        await measure_tools(context, project_id=UUID(project_id), call_id=UUID(call_id))

    app.task(name=JobName.MEASURE_TOOLS.value, queue=SHORT_QUEUE, retry=KeepJob())(measure)


def _add_delivery_jobs(app: App, context: PipelineContext) -> None:
    async def deliver(delivery_id: str) -> None:
        await deliver_event(context, UUID(delivery_id))

    for name in (JobName.DELIVER_EVENT, JobName.REDELIVER_EVENT):
        app.task(name=name.value, queue=QUEUE_OF_JOB[name], retry=KeepJob())(deliver)


def _add_lifetime_jobs(app: App, context: PipelineContext) -> None:
    for name, cron, work in (
        (JobName.EXPIRE_DELIVERIES, HOURLY, expire_deliveries),
        (JobName.REMOVE_DELETED_CALLS, EVERY_TEN_MINUTES, remove_deleted_calls),
        (JobName.APPLY_RETENTION, HOURLY, apply_retention),
    ):
        task = app.task(name=name.value, queue=LIFETIMES_QUEUE, retry=KeepJob())(_on_time(context, work))
        app.periodic(cron=cron)(task)


def _on_time(
    context: PipelineContext, work: Callable[[PipelineContext], Awaitable[None]]
) -> Callable[[int], Awaitable[None]]:
    async def run(timestamp: int) -> None:
        del timestamp
        await work(context)

    return run


def _add_live_jobs(app: App, context: PipelineContext) -> None:
    async def read(message_id: str) -> None:
        await read_message(context, UUID(message_id))

    async def sweep(timestamp: int) -> None:
        del timestamp
        await sweep_live_calls(context)

    async def hear(project_id: str, call_id: str) -> None:
        await hear_live_call(context, UUID(project_id), UUID(call_id))

    app.task(name=JobName.READ_MESSAGE.value, queue=LIVE_QUEUE, retry=KeepJob())(read)
    app.task(name=JobName.HEAR_LIVE_CALL.value, queue=HEARING_QUEUE, retry=KeepJob())(hear)
    task = app.task(name=JobName.SWEEP_LIVE_CALLS.value, queue=LIVE_QUEUE, retry=KeepJob())(sweep)
    app.periodic(cron=EVERY_MINUTE)(task)


def _add_metric_jobs(app: App, context: PipelineContext) -> None:
    judge = Judge(context.outbound, context.judge)

    async def collect(collection_job_id: str) -> None:
        await collect_metrics(context, judge, UUID(collection_job_id))

    async def describe(project_id: str, call_id: str, attempt_count: int) -> None:
        await describe_call(context, judge, UUID(project_id), UUID(call_id), attempt_count=attempt_count)

    app.task(name=JobName.COLLECT_METRICS.value, queue=METRICS_QUEUE, retry=KeepJob())(collect)
    app.task(name=JobName.DESCRIBE_CALL.value, queue=METRICS_QUEUE, retry=KeepJob())(describe)


def _job(context: PipelineContext, stage: Stage, work: Work) -> Callable[[JobContext, str], Awaitable[None]]:
    async def run(job_context: JobContext, analysis_id: str) -> None:
        await run_stage(context, stage, UUID(analysis_id), work, take_over_count=job_context.job.attempts)

    return run
