"""What the judge is asked, and what becomes of its answers."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text

from callscope.core.call import Role
from callscope.core.judge import TokenPrice
from callscope.core.metric import MetricContext, MetricScope, ValueState
from callscope.core.metric_definition import GradedContext, Judgement, ParticipantRole
from callscope.core.metric_policy import CollectionStatus
from callscope.metrics.definition import definition_id
from callscope.pipeline.context import PipelineContext
from callscope.services import calls, costs, metric_collection
from tests.pipeline.conftest import Pipeline
from tests.support.collecting import NOW, a_call, a_new_call, collect, judged_by, own_metric, stands, values_of
from tests.support.judge_server import COMPLETION_TOKENS, PROMPT_TOKENS, JudgeServer, verdict, verdicts
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav

PRICES = {"scripted": TokenPrice(input_micros_per_million=250_000, output_micros_per_million=2_000_000)}


async def test_a_judges_verdict_becomes_a_value_with_evidence(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    judge.script = lambda _body: verdict((3, "it is cancelled"), value=True)
    async with judged_by(context, database_url, judge.rules(prices=PRICES)) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "task_completion")
        value = (await values_of(pipeline, call, "task_completion"))[0]
        async with pipeline.sessions() as session:
            items = await costs.read_cost(session, call.project_id, call.id)

    assert (job.status, job.total_items, job.completed_items, job.failed_items) == ("COMPLETED", 1, 1, 0)
    assert (value.value, value.confidence, value.state) == (True, 0.9, ValueState.SUCCESS)
    assert [(span.start_offset_ms, span.role) for span in value.evidence] == [(6000, Role.AGENT)]
    assert value.parameters == {"prompt_version": 1}
    assert judge.keys == ["Bearer judge-key-1"]
    assert "[2] 00:03.0 CUSTOMER: I want to cancel my order, please." in judge.questions[0]
    assert judge.asked[0]["response_format"]["json_schema"]["strict"] is True
    judged = [item for item in items if item.model == "scripted"]
    assert [(item.unit, item.quantity, item.amount_micros) for item in judged] == [
        ("INPUT_TOKENS", PROMPT_TOKENS, 250),
        ("OUTPUT_TOKENS", COMPLETION_TOKENS, 200),
    ]
    assert {(item.provider, item.metric_definition_id) for item in judged} == {
        ("127.0.0.1", definition_id("task_completion"))
    }


async def test_what_nobody_said_is_rejected_and_asked_again(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    answers = iter(
        ["no JSON", verdict((3, "I have refunded you"), value=True), verdict((1, "It is CANCELLED"), value=True)]
    )
    judge.script = lambda _body: next(answers)
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        await collect(pipeline, call, "task_completion")
        value = (await values_of(pipeline, call, "task_completion"))[0]
    assert len(judge.asked) == 3
    assert "I have refunded you" in judge.asked[2]["messages"][-1]["content"]
    assert [span.start_offset_ms for span in value.evidence] == [6000]


async def test_a_judge_that_keeps_inventing_gives_an_error(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    judge.script = lambda _body: verdict((3, "I have refunded you"), value=True)
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "task_completion")
        value = (await values_of(pipeline, call, "task_completion"))[0]
    assert (value.state, job.status, job.failed_items) == (ValueState.ERROR, CollectionStatus.FAILED, 1)
    assert "not in the transcript" in str(value.reason)
    assert value.reason == job.error_message


async def test_without_a_judge_nothing_is_invented(pipeline: Pipeline) -> None:
    call = await a_call(pipeline.sessions)
    job = await collect(pipeline, call, "task_completion")
    value = (await values_of(pipeline, call, "task_completion"))[0]
    assert (value.state, value.value) == (ValueState.DATA_MISSING, None)
    assert "no judge configured" in str(value.reason)
    assert job.status is CollectionStatus.FAILED


async def test_a_judge_that_is_away_is_asked_again_later(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    answers = iter([503, 503, 503, 429, verdict(value=True)])
    judge.script = lambda _body: next(answers)
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "task_completion")
    assert (len(judge.asked), job.status, job.attempt_count) == (5, CollectionStatus.COMPLETED, 0)


async def test_a_judge_that_stays_away_is_given_up(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    judge.script = lambda _body: 503
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "task_completion")
        assert (job.status, job.failed_items) == (CollectionStatus.FAILED, 1)
        assert "away for too long" in str(job.error_message)
        judge.script = lambda _body: verdict(value=True)
        async with pipeline.sessions.begin() as session:
            await metric_collection.retry_job(session, job.project_id, job.id, now=NOW)
        await pipeline.run()
        again = await stands(pipeline, job)
    assert (again.status, again.completed_items, again.failed_items) == (CollectionStatus.COMPLETED, 1, 0)


async def test_a_judge_that_refuses_us_is_an_error_of_its_own(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    judge.script = lambda _body: 401
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "task_completion")
    assert job.status is CollectionStatus.FAILED
    assert "Check its address, key and model" in str(job.error_message)


async def test_a_server_without_schemas_is_asked_without(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    judge.script = lambda body: 400 if "response_format" in body else verdict(value=True)
    async with judged_by(context, database_url, judge.rules(concurrency=1)) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "task_completion", "call_outcome")
    assert job.completed_items == 1
    assert next(list(body) for body in judge.asked[3:]) == ["model", "messages"]
    assert all("response_format" not in body for body in judge.asked[3:])


async def test_an_address_that_may_not_be_called_is_never_called(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    rules = replace(judge.rules(), endpoint=replace(judge.endpoint, url="http://10.0.0.1/v1"))
    async with judged_by(context, database_url, rules) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "task_completion")
    assert judge.asked == []
    assert "CALLSCOPE_FETCH_ALLOW_NETWORKS" in str(job.error_message)


async def test_a_long_call_is_read_in_parts_and_loses_no_evidence(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    lines = [
        (Role.CUSTOMER, f"Line {number} about nothing. " * 4, number * 100, number * 100 + 90) for number in range(120)
    ]
    lines[60] = (Role.CUSTOMER, "My mother's maiden name is Smith.", 6000, 6090)

    def script(body: dict[str, Any]) -> dict[str, Any]:
        question = body["messages"][1]["content"]
        if "This is part" not in question:
            return verdict((61, "maiden name is Smith"), value=7)
        found = [{"line": 61, "quote": "maiden name is Smith", "reason": "personal"}]
        return {"findings": found if "maiden name" in question else []}

    judge.script = script
    async with judged_by(context, database_url, judge.rules(transcript_chars=4000)) as pipeline:
        call = await a_call(pipeline.sessions, lines)
        await collect(pipeline, call, "compliance_pii_handling")
        value = (await values_of(pipeline, call, "compliance_pii_handling"))[0]
    parts = [question for question in judge.questions if "This is part" in question]
    assert len(parts) >= 3
    assert all(any(f"[{number}] " in part for part in parts) for number in range(1, 121))
    assert "[61] " in judge.questions[-1]
    assert "[30] " not in judge.questions[-1]
    assert (value.value, value.evidence[0].start_offset_ms) == (7, 6000)
    assert value.statistics["part_count"] == len(parts)


async def test_replies_are_graded_one_by_one(context: PipelineContext, database_url: str, judge: JudgeServer) -> None:
    judge.script = lambda body: (
        verdicts({3: False}) if "round brackets" in body["messages"][1]["content"] else verdict(value=True)
    )
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        metric = await own_metric(
            pipeline.sessions,
            call.project_id,
            "Warm reply",
            Judgement(prompt="Is it warm?"),
            scope=MetricScope.PER_PARTICIPANT,
            role=ParticipantRole.AGENT,
            contexts=(GradedContext.CALL, GradedContext.TURN),
        )
        await collect(pipeline, call, metric.slug)
        values = await values_of(pipeline, call, metric.slug)
    assert [(value.context, value.value, value.role) for value in values] == [
        (MetricContext.CALL, True, Role.AGENT),
        (MetricContext.SEGMENT_RANGE, False, Role.AGENT),
    ]
    assert [segment.start_offset_ms for segment in values[1].segments] == [3000, 6000]


async def test_title_and_summary_are_the_judges_where_they_were_ours(
    context: PipelineContext, database_url: str, server: RecordingServer, judge: JudgeServer
) -> None:
    judge.script = lambda body: (
        {"title": "Cancels an order", "summary": "The customer cancels an order."}
        if "title" in body["response_format"]["json_schema"]["schema"]["properties"]
        else verdict(value=None, applies=False)
    )
    recording = server.serve("/a", Reply(body=tone_wav()))
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        ours = await a_new_call(pipeline.sessions, recording_url=recording)
        theirs = await a_new_call(pipeline.sessions, recording_url=recording, external_id="named")
        async with pipeline.sessions.begin() as session:
            named = text("UPDATE call SET title = 'Kept' WHERE id = :id")
            await session.execute(named, {"id": theirs.id})
        await pipeline.run()
        async with pipeline.sessions() as session:
            described = await calls.get_call(session, ours.project_id, ours.id)
            kept = await calls.get_call(session, theirs.project_id, theirs.id)
            items = await costs.read_cost(session, ours.project_id, ours.id)
    assert (described.title, described.summary) == ("Cancels an order", "The customer cancels an order.")
    assert kept.title == "Kept"
    assert [item.source for item in items if item.metric_definition_id is None] == ["INTERNAL_LLM"] * 2
