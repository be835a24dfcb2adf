from typing import Any

import pytest

from callscope.core.span_meaning import Convention, SpanPart
from callscope.core.trace import Span
from callscope.traces.meaning import meaning_of, outermost
from tests.support.spans import made_span


def read(name: str, scope: str = "", **attributes: Any) -> Any:
    return meaning_of(made_span(name, 0, 900, scope=scope, **attributes))


@pytest.mark.parametrize("prefix", ["lk.", "lk.pii."])
def test_livekit_in_both_spellings(prefix: str) -> None:
    attributes = {f"{prefix}response.text": "Hello.", "lk.response.ttft": 0.25, "gen_ai.request.model": "small"}
    meaning = read("llm_node", "livekit-agents", **attributes)
    assert (meaning.part, meaning.convention) == (SpanPart.LLM, Convention.LIVEKIT)
    assert (meaning.first_output_ms, meaning.text, meaning.model) == (250.0, "Hello.", "small")
    tool = {"lk.function_tool.name": "look_up", f"{prefix}function_tool.output": "found"}
    meaning = read("function_tool", "livekit-agents", **tool)
    assert (meaning.part, meaning.tool_name, meaning.text) == (SpanPart.TOOL, "look_up", "found")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("agent_session", SpanPart.CALL),
        ("user_turn", SpanPart.USER_TURN),
        ("agent_turn", SpanPart.AGENT_TURN),
        ("eou_wait", SpanPart.END_OF_TURN),
        ("eou_detection", SpanPart.END_OF_TURN),
        ("tts_node", SpanPart.TTS),
        ("room_connect", SpanPart.TRANSPORT),
    ],
)
def test_livekit_parts(name: str, part: SpanPart) -> None:
    assert read(name, "livekit-agents").part is part


def test_pipecat() -> None:
    stt = read("stt", "pipecat", transcript="hi there", **{"metrics.ttfb": 0.3, "gen_ai.request.model": "nova"})
    assert (stt.part, stt.convention, stt.text) == (SpanPart.STT, Convention.PIPECAT, "hi there")
    assert (stt.first_output_ms, stt.model) == (300.0, "nova")
    tts = read("tts", "pipecat", text="Hello.", **{"metrics.ttfb": 0.1})
    assert (tts.part, tts.text, tts.first_output_ms) == (SpanPart.TTS, "Hello.", 100.0)
    turn = read("turn", "pipecat.turn", **{"turn.user_bot_latency_seconds": 1.5})
    assert (turn.part, turn.reported_latency_ms) == (SpanPart.AGENT_TURN, 1500.0)
    assert read("conversation", "pipecat.turn").part is SpanPart.CALL


def test_gen_ai() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "asked",
        "gen_ai.response.model": "answered",
        "gen_ai.provider.name": "someone",
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.response.time_to_first_chunk": 0.2,
    }
    meaning = read("chat asked", **attributes)
    assert (meaning.part, meaning.convention) == (SpanPart.LLM, Convention.GEN_AI)
    assert (meaning.model, meaning.provider) == ("answered", "someone")
    assert (meaning.input_tokens, meaning.output_tokens, meaning.first_output_ms) == (11, 5, 200.0)
    tool = read("execute_tool f", **{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f"})
    assert (tool.part, tool.tool_name) == (SpanPart.TOOL, "f")


def test_openinference() -> None:
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "small",
        "llm.token_count.prompt": 3,
        "llm.token_count.completion": 4,
        "output.value": "Hello.",
    }
    span = made_span("ChatCompletion", 0, 900, scope="x", events={"First Token Stream Event": 120}, **attributes)
    meaning = meaning_of(span)
    assert meaning is not None
    assert (meaning.part, meaning.convention, meaning.text) == (SpanPart.LLM, Convention.OPENINFERENCE, "Hello.")
    assert (meaning.input_tokens, meaning.output_tokens, meaning.model) == (3, 4, "small")
    assert meaning.first_output_ms == 120.0


@pytest.mark.parametrize("name", ["llm", "turn", "GET /orders"])
def test_a_span_that_no_convention_names_means_nothing(name: str) -> None:
    assert read(name, "my-agent") is None


@pytest.mark.parametrize("value", ["fast", -1.0, True, [0.1], None])
def test_a_first_output_that_is_no_duration_is_none(value: Any) -> None:
    assert read("llm_node", "livekit-agents", **{"lk.response.ttft": value}).first_output_ms is None


@pytest.mark.parametrize("value", ["9", -1, True, 1.5])
def test_a_count_that_is_no_count_is_none(value: Any) -> None:
    assert read("llm_node", "livekit-agents", **{"gen_ai.usage.input_tokens": value}).input_tokens is None


def test_only_the_outermost_span_of_a_part_counts() -> None:
    spans = {
        span.span_id: span
        for span in (
            made_span("agent_turn", 0, 900, number=1),
            made_span("llm_node", 0, 500, number=2, parent=1),
            made_span("retry", 0, 500, number=3, parent=2),
            made_span("llm_request", 0, 490, number=4, parent=3),
            made_span("function_tool", 100, 200, number=5, parent=2),
            made_span("llm_node", 500, 800, number=6, parent=1),
        )
    }
    assert names(spans, outermost(spans, meanings(spans))) == ["agent_turn", "llm_node", "function_tool", "llm_node"]


def test_a_circle_of_parents_ends() -> None:
    spans = {
        span.span_id: span
        for span in (
            made_span("llm_node", 0, 1, number=1, parent=2),
            made_span("other", 0, 1, number=2, parent=1),
        )
    }
    assert names(spans, outermost(spans, meanings(spans))) == []


def meanings(spans: dict[str, Span]) -> dict[str, Any]:
    return {span_id: meaning for span_id, span in spans.items() if (meaning := meaning_of(span))}


def names(spans: dict[str, Span], ids: tuple[str, ...]) -> list[str]:
    return [spans[span_id].name for span_id in ids]
