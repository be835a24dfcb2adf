"""Metrics collected of stored calls: from other metrics, by policies at ingest, the job started last."""

from typing import Any

from sqlalchemy import text

from callscope.core.metric import ValueState, ValueType
from callscope.core.metric_definition import Formula, MetricSource
from callscope.core.metric_policy import (
    CollectionStatus,
    CollectionTrigger,
    ConditionType,
    ItemStatus,
    PolicyCondition,
    PolicyStatus,
)
from callscope.core.page import PageRequest
from callscope.metrics.definition import definition_id
from callscope.pipeline.context import PipelineContext
from callscope.services import metric_collection, metric_policies
from callscope.storage import collection_jobs
from tests.pipeline.conftest import Pipeline
from tests.support.collecting import NOW, a_call, a_new_call, collect, judged_by, own_metric, start, values_of
from tests.support.judge_server import JudgeServer, verdict
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav


async def test_a_derived_metric_brings_the_judged_one_it_reads(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        first = await collect(pipeline, call, "task_completion_check")
        again = await collect(pipeline, call, "task_completion_check")
        value = (await values_of(pipeline, call, "task_completion_check"))[0]
    assert (first.total_items, first.completed_items, again.completed_items) == (2, 2, 2)
    assert value.value is True
    assert len(judge.asked) == 1, "what a call has already is not judged again for what reads it"


async def test_a_formula_is_computed_from_what_calls_have(pipeline: Pipeline) -> None:
    call = await a_new_call(pipeline.sessions)
    await pipeline.run()
    turns, words = definition_id("turn_count"), definition_id("call_duration")
    metric = await own_metric(
        pipeline.sessions,
        call.project_id,
        "Ratio",
        Formula(
            expression=f"{{{{id:{turns}}}}} / {{{{id:{words}}}}}",
            sources=(MetricSource(definition_id=turns), MetricSource(definition_id=words)),
        ),
        value_type=ValueType.NUMERIC,
    )
    job = await collect(pipeline, call, metric.slug)
    value = (await values_of(pipeline, call, metric.slug))[0]
    assert job.total_items == 1
    assert value.state is not ValueState.ERROR


async def test_the_job_started_last_is_the_one_that_is_read(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        older, newer = [await start(pipeline.sessions, call.project_id, [call.id], "task_completion") for _ in range(2)]
        async with pipeline.sessions.begin() as session:
            sooner = text("UPDATE procrastinate_jobs SET priority = 9 WHERE args->>'collection_job_id' = :id")
            await session.execute(sooner, {"id": str(newer.id)})
        answers = iter([verdict(value=True), verdict(value=False)])
        judge.script = lambda _body: next(answers)
        await pipeline.run()
        value = (await values_of(pipeline, call, "task_completion"))[0]
        async with pipeline.sessions() as session:
            ended = {
                job.id: await collection_jobs.read_ended(session, job.id, after_call=None, call_limit=9)
                for job in (older, newer)
            }
            kept = {job_id: items[0].values[0].value for job_id, items in ended.items()}
    assert value.value is True
    assert kept == {newer.id: True, older.id: False}


async def test_a_cancelled_job_keeps_what_it_has_and_asks_no_more(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        ids = [(await a_call(pipeline.sessions, external_id=str(number))).id for number in range(12)]
        project_id = (await a_call(pipeline.sessions, external_id="last")).project_id
        job = await start(pipeline.sessions, project_id, ids, "transfer_requested")
        async with pipeline.sessions.begin() as session:
            cancelled = await metric_collection.cancel_job(session, project_id, job.id, now=NOW)
            again = await metric_collection.cancel_job(session, project_id, job.id, now=NOW)
        await pipeline.run()
        assert (cancelled.status, again.status) == (CollectionStatus.CANCELED, CollectionStatus.CANCELED)
        async with pipeline.sessions() as session:
            query = text("SELECT DISTINCT status FROM collection_item WHERE job_id = :job_id")
            statuses = (await session.execute(query, {"job_id": job.id})).scalars().all()
        assert statuses == [ItemStatus.SKIPPED]
    assert [question for question in judge.questions if "Transfer requested" in question] == []


async def test_a_policy_collects_of_the_calls_that_fit(
    context: PipelineContext, database_url: str, server: RecordingServer, judge: JudgeServer
) -> None:
    recording = server.serve("/a", Reply(body=tone_wav()))
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        first = await a_new_call(pipeline.sessions, recording_url=recording)
        groups = ((PolicyCondition(type=ConditionType.CALL_SOURCE, key="TEST"),),)
        async with pipeline.sessions.begin() as session:
            policy = await metric_policies.create_policy(
                session,
                first.project_id,
                {"name": "All", "status": PolicyStatus.ACTIVE.value, "groups": groups},
                [("transfer_requested", None)],
            )
        judge.script = lambda body: verdict(value=_fitting_value(body))
        await pipeline.run()
        values = await values_of(pipeline, first, "transfer_requested")
        checks = await values_of(pipeline, first, "loop_count_check")
        async with pipeline.sessions() as session:
            page = await metric_collection.list_jobs(session, first.project_id, PageRequest(), status=None)
    assert [value.value for value in values] == [True]
    assert len(checks) == 1
    assert page.items[0].triggered_by is CollectionTrigger.METRIC_POLICY
    assert policy.id in page.items[0].policy_ids
    assert page.items[0].status is CollectionStatus.COMPLETED


async def test_a_call_whose_recording_is_lost_is_judged_by_its_words(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    judge.script = lambda body: verdict(value=_fitting_value(body))
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_new_call(pipeline.sessions)
        await pipeline.run()
        completion = await values_of(pipeline, call, "task_completion")
        check = await values_of(pipeline, call, "task_completion_check")
    assert [value.value for value in (*completion, *check)] == [True, True]


def _fitting_value(body: dict[str, Any]) -> Any:
    """Return a value that fits the schema of a request."""
    schema = body["response_format"]["json_schema"]["schema"]["properties"]["value"]["anyOf"][0]
    return {"boolean": True, "integer": 7}.get(schema["type"], schema.get("enum", ["words"])[0])
