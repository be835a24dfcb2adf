from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from callscope.core.call import Call
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.core.new_call import NewToolInvocation
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition, Reading
from callscope.pipeline.tools import measure_tools
from callscope.services import analyses, calls, tools
from tests.pipeline.conftest import Pipeline
from tests.support.ingested_calls import ingest_call
from tests.support.recording_server import RecordingServer, Reply
from tests.support.tones import tone_wav


def count_tools(facts: CallFacts, _parameters: Any) -> tuple[Reading, ...]:
    return (Reading(value=len(facts.tools)),)


COUNTER = MetricDefinition(
    slug="counted_tools",
    name="Counted tools",
    description="How many tool invocations the call has.",
    family="test",
    value_type=ValueType.COUNT,
    unit=None,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.TOOLS,),
    version=1,
    compute=count_tools,
    formula="Tool invocations, counted.",
)


@pytest.fixture(autouse=True)
def _counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "definitions", lambda: (COUNTER,))


async def append(pipeline: Pipeline, call: Call, *starts_ms: int) -> None:
    sent = [
        NewToolInvocation(
            name="pay",
            description=None,
            parameters={},
            parameter_types={},
            result="",
            start_offset_ms=start_ms,
            end_offset_ms=None,
            agent=None,
        )
        for start_ms in starts_ms
    ]
    async with pipeline.sessions.begin() as session:
        await tools.append_tool_invocations(session, call.project_id, call.id, sent, now=pipeline.context.clock.now())


async def counted(pipeline: Pipeline, call: Call) -> list[float | bool | str | None]:
    async with pipeline.sessions() as session:
        values = await analyses.read_values(session, call.project_id, call.id)
    return [each.value.value for each in values if each.value.slug == COUNTER.slug]


async def waiting(pipeline: Pipeline) -> list[tuple[UUID, bool]]:
    async with pipeline.sessions() as session:
        query = """
            SELECT args->>'call_id', scheduled_at > now() FROM procrastinate_jobs
            WHERE task_name = 'tool.measure' AND status = 'todo'
        """
        return [(UUID(call_id), bool(is_later)) for call_id, is_later in await session.execute(text(query))]


async def test_added_tools_are_measured(pipeline: Pipeline, server: RecordingServer) -> None:
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(body=tone_wav(seconds=1))))
    await pipeline.run()
    await append(pipeline, call, 100, 200)
    await append(pipeline, call, 200, 300)
    await append(pipeline, call, 300)
    assert len(await waiting(pipeline)) == 2
    await pipeline.run()
    assert await counted(pipeline, call) == [3]


async def test_a_call_under_analysis_is_measured_later(pipeline: Pipeline) -> None:
    call = await ingest_call(pipeline.sessions, recording_url="https://recordings.example/a.wav")
    await measure_tools(pipeline.context, project_id=call.project_id, call_id=call.id)
    assert await counted(pipeline, call) == []
    assert await waiting(pipeline) == [(call.id, True)]


async def test_a_deleted_call_is_left(pipeline: Pipeline) -> None:
    call = await ingest_call(pipeline.sessions, recording_url="https://recordings.example/a.wav")
    now = pipeline.context.clock.now() + timedelta(seconds=1)
    async with pipeline.sessions.begin() as session:
        await calls.delete_call(session, call.project_id, call.id, now=now)
    await measure_tools(pipeline.context, project_id=call.project_id, call_id=call.id)
    assert await counted(pipeline, call) == []
    assert await waiting(pipeline) == []
