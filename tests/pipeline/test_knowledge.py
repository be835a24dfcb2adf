"""Metrics held against a team's documents, from the policy to the judge's question."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from callscope.core.ids import new_id
from callscope.core.knowledge import SourceType
from callscope.core.metric import MetricValue, ValueState
from callscope.core.metric_definition import Judgement
from callscope.core.metric_policy import CollectionTrigger, MetricSetting, SettingName
from callscope.pipeline.context import PipelineContext
from callscope.services import backfills, knowledge_bases, metric_collection, metric_policies
from callscope.services.backfills import BackfillOrder, Selection
from callscope.services.knowledge_bases import NewContent
from tests.pipeline.conftest import Pipeline
from tests.support.collecting import NOW, a_call, judged_by, own_metric, values_of
from tests.support.judge_server import JudgeServer, verdict

SCORE = "knowledge_grounding_score"


async def document(pipeline: Pipeline, project_id: UUID, name: str, words: str) -> UUID:
    content = await knowledge_bases.read_content(NewContent(source_type=SourceType.TEXT, content=words))
    async with pipeline.sessions.begin() as session:
        made = await knowledge_bases.create_knowledge_base(
            session, project_id, name=name, description=None, content=content
        )
    return made.id


async def scored(pipeline: Pipeline, slug: str, *ids: UUID, call: Any) -> MetricValue:
    """Score a call by a policy that holds a metric against documents."""
    setting = MetricSetting(name=SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS, texts=tuple(map(str, ids)))
    changes = {"name": str(new_id()), "status": "INACTIVE", "groups": ()}
    async with pipeline.sessions.begin() as session:
        policy = await metric_policies.create_policy(session, call.project_id, changes, [(slug, setting)])
        await metric_collection.create_job(
            session,
            call.project_id,
            call_ids=[call.id],
            metrics=None,
            policy_id=policy.id,
            triggered_by=CollectionTrigger.USER_API,
            now=NOW,
        )
    await pipeline.run()
    (value,) = await values_of(pipeline, call, slug)
    return value


async def test_a_verdict_cites_the_document_it_rests_on(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    said = verdict((3, "it is cancelled"), value=4)
    said["evidence"][0] |= {"passage": 2, "passageQuote": "only before they are sent"}
    judge.script = lambda _body: said
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        menu = await document(pipeline, call.project_id, "Menu", "Soup of the day.")
        orders = await document(pipeline, call.project_id, "Orders", "Orders are cancelled only before they are sent.")
        value = await scored(pipeline, SCORE, menu, orders, call=call)
    assert (value.value, value.state) == (4, ValueState.SUCCESS)
    assert value.evidence[0].reason.endswith("Orders [K2] says: “only before they are sent”")
    assert "[K1] Menu: Soup of the day.\n[K2] Orders: Orders are cancelled" in judge.questions[0]


async def test_of_a_long_document_the_judge_sees_what_is_near_to_the_call(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    judge.script = lambda _body: verdict(value=8)
    filler = "Bicycles, boats and balloons are lent by the hour at the lake. " * 2000
    async with judged_by(context, database_url, judge.rules(transcript_chars=4000)) as pipeline:
        call = await a_call(pipeline.sessions)
        long = await document(pipeline, call.project_id, "Long", f"{filler} An order can be cancelled. {filler}")
        await scored(pipeline, SCORE, long, call=call)
    assert "An order can be cancelled." in judge.questions[0]
    assert len(judge.questions[0]) < 8000


async def test_an_estimate_counts_what_is_read_of_documents(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    rules = judge.rules(transcript_chars=4000)
    newest = Selection(last_count=10, started_from=None, started_before=None)
    async with judged_by(context, database_url, rules) as pipeline:
        call = await a_call(pipeline.sessions)
        short = await document(pipeline, call.project_id, "Short", "w" * 400)
        long = await document(pipeline, call.project_id, "Long", "w" * 90_000)
        tokens = []
        for ids in ((), (short,), (short, long)):
            named = MetricSetting(name=SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS, texts=tuple(map(str, ids)))
            changes = {"name": str(ids), "status": "INACTIVE", "groups": ()}
            async with pipeline.sessions.begin() as session:
                metrics = [(SCORE, named if ids else None)]
                policy = await metric_policies.create_policy(session, call.project_id, changes, metrics)
                order = BackfillOrder(selection=newest, is_estimate_only=True, rules=rules, now=NOW)
                told = await backfills.backfill_policy(session, call.project_id, policy.id, order)
            tokens.append(told.estimate.prompt_tokens)
    assert [count - tokens[0] for count in tokens] == [0, 100, 500]


async def test_a_document_that_is_gone_leaves_the_value_missing(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        gone = await document(pipeline, call.project_id, "Gone", "Words.")
        forgetting = "CREATE RULE gone AS ON INSERT TO collection_item DO ALSO DELETE FROM knowledge_base"
        async with pipeline.sessions.begin() as session:
            await session.execute(text(forgetting))
        value = await scored(pipeline, SCORE, gone, call=call)
    assert (value.state, judge.asked) == (ValueState.DATA_MISSING, [])
    assert str(gone) in str(value.reason)


async def test_a_judged_metric_of_ones_own_is_held_against_documents_too(
    context: PipelineContext, database_url: str, judge: JudgeServer
) -> None:
    async with judged_by(context, database_url, judge.rules()) as pipeline:
        call = await a_call(pipeline.sessions)
        metric = await own_metric(pipeline.sessions, call.project_id, "By the book", Judgement(prompt="By the book?"))
        book = await document(pipeline, call.project_id, "Book", "Say hello first.")
        value = await scored(pipeline, metric.slug, book, call=call)
    assert value.value is True
    assert "[K1] Book: Say hello first." in judge.questions[0]
