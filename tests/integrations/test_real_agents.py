"""Spans that the real agent frameworks emit in this run, from their exporter to our answers."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from callscope.core.span_meaning import Convention, SpanMeaning, SpanPart, TracedTool
from callscope.core.trace import Span
from callscope.core.trace_query import MatchKey, Trace, TraceQuery
from callscope.services import traces
from callscope.services.keys import CreatedKey
from callscope.storage.engine import SessionFactory, create_engine
from callscope.traces.attribution import understand
from callscope.traces.dialogue import read_dialogue
from callscope.traces.meaning import meaning_of
from tests.support.agents import run_agent
from tests.support.api import build_app_under_test, make_key, minimal_call
from tests.support.live_server import serving
from tests.support.trace_api import Drain, draining, intake

pytestmark = pytest.mark.slow


@pytest.fixture
async def key(sessions: SessionFactory) -> CreatedKey:
    return await make_key(sessions)


@pytest.fixture
async def drain(sessions: SessionFactory, database_url: str, tmp_path: Path) -> AsyncIterator[Drain]:
    async with draining(sessions, database_url, tmp_path) as drain:
        yield drain


async def traced(program: str, call: dict[str, str], database_url: str, key: CreatedKey, drain: Drain) -> Trace:
    """Let an agent make a call that its server is told of as well, and return the call's trace."""
    engine = create_engine(database_url)
    api = build_app_under_test(engine)
    api.app.state.traces = intake(engine)
    with serving(api.app) as url:
        await run_agent(program, f"{url}/v1/traces", key.plain_key)
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {key.plain_key}"}) as client:
            created = await client.post(f"{url}/v1/call", json=minimal_call(**call))
    await drain.run()
    async with drain.context.sessions() as session:
        assert (await traces.list_traces(session, key.project_id, TraceQuery(is_matched=False))).total == 0
        (found,) = await traces.traces_of_call(session, key.project_id, created.json()["data"]["id"])
    return found


def meanings(trace: Trace, part: SpanPart) -> list[SpanMeaning]:
    return [one.meaning for one in understand(trace.spans) if one.meaning.part is part]


def told(spans: Sequence[Span]) -> list[tuple[str, str]]:
    return [
        ("tool", line.name) if isinstance(line, TracedTool) else (line.role.value, line.text)
        for line in read_dialogue(spans)
    ]


def assert_told_while_it_runs(trace: Trace, dialogue: list[tuple[str, str]]) -> None:
    """Spans come in as they end: whatever has come in, a line is told once, and all of them in the end."""
    arriving = sorted(trace.spans, key=lambda span: span.end_unix_ns)
    for count in range(len(arriving)):
        so_far = told(arriving[:count])
        assert len(so_far) == len(set(so_far)), so_far
        assert set(so_far) <= set(dialogue)
    assert told(arriving) == dialogue


async def test_livekit(database_url: str, key: CreatedKey, drain: Drain) -> None:
    trace = await traced("livekit_agent.py", {"livekitRoomId": "RM_real"}, database_url, key, drain)

    assert [link.key for link in trace.summary.links] == [MatchKey.LIVEKIT_ROOM]
    assert trace.summary.root_name == "agent_session"
    (heard,) = meanings(trace, SpanPart.USER_TURN)
    assert (heard.text, heard.model, heard.provider) == ("where is my order", "ears-1", "scripted")
    asking, answering = meanings(trace, SpanPart.LLM)
    assert asking.first_output_ms is not None
    assert asking.first_output_ms >= 50
    assert (answering.text, answering.model) == ("It arrives on Friday.", "brain-1")
    requests = [meaning_of(span) for span in trace.spans if span.name == "llm_request"]
    assert [(one.input_tokens, one.output_tokens) for one in requests if one] == [(11, 5), (11, 5)]
    (tool,) = meanings(trace, SpanPart.TOOL)
    assert (tool.tool_name, tool.text) == ("look_up", "order 7 is on its way")
    (spoken,) = meanings(trace, SpanPart.TTS)
    assert spoken.first_output_ms is not None
    assert spoken.first_output_ms >= 30
    (turn,) = meanings(trace, SpanPart.AGENT_TURN)
    assert turn.reported_latency_ms is not None
    assert turn.text == "It arrives on Friday."
    for part in (SpanPart.CALL, SpanPart.USER_SPEECH, SpanPart.AGENT_SPEECH, SpanPart.END_OF_TURN):
        (one,) = meanings(trace, part)
        assert one.convention is Convention.LIVEKIT
    said = [("customer", "where is my order"), ("tool", "look_up"), ("agent", "It arrives on Friday.")]
    assert_told_while_it_runs(trace, said)


async def test_pipecat(database_url: str, key: CreatedKey, drain: Drain) -> None:
    trace = await traced("pipecat_agent.py", {"externalId": "pc-real"}, database_url, key, drain)

    assert [link.key for link in trace.summary.links] == [MatchKey.CONVERSATION]
    assert (trace.summary.root_name, trace.summary.services) == ("conversation", ("pipecat-desk",))
    (heard,) = meanings(trace, SpanPart.STT)
    assert (heard.text, heard.model, heard.convention) == ("where is my order", "ears-1", Convention.PIPECAT)
    (thought,) = meanings(trace, SpanPart.LLM)
    assert (thought.text, thought.model) == ("It arrives on Friday.", "brain-1")
    assert (thought.input_tokens, thought.output_tokens) == (11, 5)
    assert thought.first_output_ms is not None
    assert thought.first_output_ms >= 50
    (spoken,) = meanings(trace, SpanPart.TTS)
    assert (spoken.text, spoken.model) == ("It arrives on Friday.", "mouth-1")
    assert len(meanings(trace, SpanPart.AGENT_TURN)) == 1
    assert_told_while_it_runs(trace, [("customer", "where is my order"), ("agent", "It arrives on Friday.")])
