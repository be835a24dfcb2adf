"""Collection jobs run in this process, with a judge that is scripted."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from callscope.core.call import Call, Role
from callscope.core.judge import JudgeRules
from callscope.core.metric import MetricScope, MetricValue, ValueType
from callscope.core.metric_definition import DefinedMetric, GradedContext
from callscope.core.metric_policy import CollectionJob, CollectionTrigger
from callscope.pipeline.app import create_app
from callscope.pipeline.context import PipelineContext
from callscope.services import analyses, metric_collection, metric_definitions
from callscope.services.metric_definitions import NewMetric
from callscope.storage.engine import SessionFactory
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import Line, ingest_call

NOW = datetime(2026, 2, 1, tzinfo=UTC)
LINES: Sequence[Line] = (
    (Role.AGENT, "Hello, this is the desk. How can I help?", 0, 2000),
    (Role.CUSTOMER, "I want to cancel my order, please.", 3000, 5000),
    (Role.AGENT, "It is cancelled. Goodbye!", 6000, 8000),
)


@asynccontextmanager
async def judged_by(context: PipelineContext, database_url: str, rules: JudgeRules) -> AsyncIterator[Pipeline]:
    """Yield a pipeline whose judge is the one of `rules`."""
    chosen = replace(context, judge=rules)
    app = create_app(chosen, database_url=database_url)
    async with app.open_async():
        yield Pipeline(context=chosen, app=app)


async def a_call(sessions: SessionFactory, lines: Sequence[Line] = LINES, **further: Any) -> Call:
    """Store a call that is never analysed."""
    call = await a_new_call(sessions, lines, **further)
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name <> 'metric.collect'"))
    return call


async def a_new_call(sessions: SessionFactory, lines: Sequence[Line] = LINES, **further: Any) -> Call:
    """Store a call that waits to be analysed; its recording cannot be fetched unless another is named."""
    return await ingest_call(sessions, **{"recording_url": "http://127.0.0.1:9/none.wav", "lines": lines, **further})


async def start(sessions: SessionFactory, project_id: UUID, call_ids: Sequence[UUID], *metrics: str) -> CollectionJob:
    """Start a job."""
    async with sessions.begin() as session:
        return await metric_collection.create_job(
            session,
            project_id,
            call_ids=call_ids,
            metrics=metrics,
            policy_id=None,
            triggered_by=CollectionTrigger.USER_API,
            now=NOW,
        )


async def collect(pipeline: Pipeline, call: Call, *metrics: str) -> CollectionJob:
    """Start a job for a call, run what is due, and return how the job stands."""
    job = await start(pipeline.sessions, call.project_id, [call.id], *metrics)
    await pipeline.run()
    return await stands(pipeline, job)


async def stands(pipeline: Pipeline, job: CollectionJob) -> CollectionJob:
    async with pipeline.sessions() as session:
        return await metric_collection.get_job(session, job.project_id, job.id)


async def values_of(pipeline: Pipeline, call: Call, slug: str) -> list[MetricValue]:
    async with pipeline.sessions() as session:
        found = await analyses.read_values(session, call.project_id, call.id)
    return [computed.value for computed in found if computed.value.slug == slug]


async def own_metric(
    sessions: SessionFactory, project_id: UUID, name: str, calculation: Any, **further: Any
) -> DefinedMetric:
    """Make a metric of the project: BOOLEAN and of the call unless `further` says otherwise."""
    new = NewMetric(
        **{
            "name": name,
            "slug": None,
            "description": "",
            "value_type": ValueType.BOOLEAN,
            "scope": MetricScope.GLOBAL,
            "role": None,
            "contexts": (GradedContext.CALL,),
            "calculation": calculation,
            "package_id": None,
            **further,
        }
    )
    async with sessions.begin() as session:
        return await metric_definitions.create_metric(session, project_id, new)
