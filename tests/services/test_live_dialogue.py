"""What the spans of a running call tell of it, from the payload to whoever watches."""

from typing import Any
from uuid import UUID

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from callscope.core.call import CallStatus
from callscope.core.integration import Integration
from callscope.core.span_meaning import TracedTool
from callscope.core.trace_query import to_datetime
from callscope.integrations import pipecat
from callscope.services import calls, live_calls, live_dialogue
from callscope.services.live_dialogue import TracedDialogue
from callscope.storage import newest_spans, notifications, running_calls, trace_links
from callscope.storage.notifications import ChangedCall
from callscope.traces.dialogue import READ_ATTRIBUTES
from tests.support.otlp import START_NS, span
from tests.support.plugin_calls import started
from tests.support.trace_api import Drain
from tests.support.trace_calls import take

SAID = "where is my order"


@pytest.fixture
async def call_id(drain: Drain, project_id: UUID) -> UUID:
    """A call that Pipecat's plug-in said has started."""
    news = pipecat.news(started(), to_datetime(START_NS))
    async with drain.context.sessions.begin() as session:
        call_id, _ = await live_calls.take(session, Integration.PIPECAT, project_id, news, now=drain.clock.now())
    return call_id


async def send(drain: Drain, project_id: UUID, *spans: SpanMessage) -> None:
    """Send spans of the call's trace as Pipecat's exporter does, and drain them."""
    await take(drain, project_id, *spans, resource={"conversation.id": "pc-1"}, scope="pipecat")
    await drain.run()


async def read(drain: Drain, project_id: UUID, call_id: UUID) -> TracedDialogue | None:
    async with drain.context.sessions() as session:
        return await live_dialogue.read(session, await calls.get_call(session, project_id, call_id))


def told(dialogue: TracedDialogue | None) -> list[str]:
    lines = () if dialogue is None else dialogue.lines
    return [line.name if isinstance(line, TracedTool) else f"{line.role}: {line.text}" for line in lines]


async def test_words_and_tools_grow_with_the_spans(drain: Drain, project_id: UUID, call_id: UUID) -> None:
    assert await read(drain, project_id, call_id) is None
    await send(drain, project_id, span(1, name="stt", attributes={"transcript": SAID, "user_id": "x"}))
    assert told(await read(drain, project_id, call_id)) == [f"customer: {SAID}"]
    tool = span(2, name="llm_tool_call", at_ms=200, attributes={"tool.function_name": "look_up"})
    await send(drain, project_id, tool, span(3, name="tts", at_ms=400, attributes={"text": "On Friday."}))
    dialogue = await read(drain, project_id, call_id)
    assert told(dialogue) == [f"customer: {SAID}", "look_up", "agent: On Friday."]
    assert dialogue is not None
    assert dialogue.is_whole


async def test_whoever_watches_is_told_when_spans_came_in(
    drain: Drain, project_id: UUID, call_id: UUID, database_url: str
) -> None:
    async with notifications.listening(database_url) as changes:
        await send(drain, project_id, span(1, name="stt", attributes={"transcript": SAID}))
        assert await anext(changes) == ChangedCall(project_id=project_id, call_id=call_id)


async def test_of_a_call_that_is_over_nothing_is_told(drain: Drain, project_id: UUID, call_id: UUID) -> None:
    await send(drain, project_id, span(1, name="stt", attributes={"transcript": SAID}))
    async with drain.context.sessions.begin() as session:
        await running_calls.set_status(session, call_id, CallStatus.ENDED, ended_status=None, at=drain.clock.now())
    assert await read(drain, project_id, call_id) is None


async def test_of_a_long_call_the_newest_is_told(
    drain: Drain, project_id: UUID, call_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_dialogue, "SPANS_READ", 2)
    texts = {"tts": "text", "stt": "transcript"}
    for number, name in enumerate(("tts", "stt", "tts"), start=1):
        one = span(number, name=name, at_ms=100 * number, attributes={texts[name]: f"words {number}"})
        await send(drain, project_id, one)
    dialogue = await read(drain, project_id, call_id)
    assert told(dialogue) == ["customer: words 2", "agent: words 3"]
    assert dialogue is not None
    assert not dialogue.is_whole


async def test_a_span_is_read_without_what_nobody_looks_at(drain: Drain, project_id: UUID, call_id: UUID) -> None:
    attributes: dict[str, Any] = {"output": "On Friday.", "input": "the whole context", "metrics.ttfb": 0.2}
    await send(drain, project_id, span(1, name="llm", attributes=attributes), span(2, name="turn"))
    async with drain.context.sessions() as session:
        (link,) = await trace_links.of_call(session, project_id, call_id)
        found = await newest_spans.read(session, project_id, [link.trace_id], attribute_names=READ_ATTRIBUTES, limit=10)
    assert [dict(one.attributes) for one in found] == [{"output": "On Friday."}, {}]
    assert {one.origin.scope_name for one in found} == {"pipecat"}
