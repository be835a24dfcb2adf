"""Who said what and which tools were used, told from spans alone."""

import json
from typing import Any

from callscope.core.call import Role
from callscope.core.span_meaning import TracedTool
from callscope.core.trace import Span
from callscope.traces.dialogue import Line, read_dialogue
from tests.support.spans import START_UNIX_MS, made_span

SAID = "It arrives on Friday."


def told(line: Line) -> tuple[str, str]:
    return ("tool", line.name) if isinstance(line, TracedTool) else (line.role.value, line.text)


def dialogue(*spans: Span) -> list[tuple[str, str]]:
    return [told(line) for line in read_dialogue(spans)]


def pipecat(name: str, start_ms: float, **attributes: Any) -> Span:
    return made_span(name, start_ms, start_ms + 50, scope="pipecat", **attributes)


def test_words_of_both_parties_and_tools_stand_in_their_order() -> None:
    spans = (
        made_span("tts_request", 900, 990, **{"lk.pii.input_text": SAID}),
        made_span("function_tool", 700, 800, **{"lk.function_tool.name": "look_up"}),
        made_span("user_turn", 100, 600, **{"lk.user_transcript": "where is my order"}),
    )
    assert dialogue(*spans) == [("customer", "where is my order"), ("tool", "look_up"), ("agent", SAID)]
    first = read_dialogue(spans)[0]
    assert (first.start_unix_ns / 1e6 - START_UNIX_MS, first.end_unix_ns / 1e6 - START_UNIX_MS) == (100, 600)


def test_of_spans_within_one_another_the_outermost_with_words_tells_them() -> None:
    spans = [
        made_span("tts_request", 30, 80, number=3, parent=2, **{"lk.input_text": "It arrives"}),
        made_span("tts_stream_adapter", 20, 90, number=2, parent=1, **{"lk.input_text": SAID}),
        made_span("tts_node", 10, 100, number=1),
    ]
    assert dialogue(spans[0]) == [("agent", "It arrives")], "the outer ones have not ended yet"
    assert dialogue(*spans[:2]) == dialogue(*spans) == [("agent", SAID)]


def test_what_was_spoken_goes_before_what_was_thought_of() -> None:
    thought = pipecat("llm", 100, output=f"{SAID} (politely)")
    assert dialogue(thought) == [("agent", f"{SAID} (politely)")]
    assert dialogue(thought, pipecat("tts", 200, text=SAID)) == [("agent", SAID)]


def test_sentences_in_a_row_are_one_turn() -> None:
    spans = (
        pipecat("tts", 100, text="It arrives on Friday."),
        pipecat("tts", 200, text="Anything else?"),
        pipecat("stt", 300, transcript="no"),
        pipecat("tts", 400, text="Goodbye."),
    )
    assert dialogue(*spans) == [
        ("agent", "It arrives on Friday. Anything else?"),
        ("customer", "no"),
        ("agent", "Goodbye."),
    ]


def test_words_that_may_still_change_are_left_out() -> None:
    assert dialogue(pipecat("stt", 100, transcript="where", is_final=False)) == []
    assert dialogue(pipecat("stt", 100, transcript="where is it", is_final=True)) == [("customer", "where is it")]


def test_a_tool_that_is_told_of_twice_is_one() -> None:
    spans = (
        pipecat("llm_tool_call", 100, **{"tool.function_name": "look_up"}),
        pipecat("llm_tool_result", 200, **{"tool.function_name": "look_up"}),
    )
    assert dialogue(*spans) == [("tool", "look_up")]


def test_messages_in_json_are_told_as_words() -> None:
    call = {"type": "tool_call", "name": "look_up", "arguments": {}}
    messages = [{"role": "assistant", "parts": [call, {"type": "text", "content": SAID}]}]

    def chat(text: str) -> Span:
        return made_span("chat", 0, 9, scope="x", **{"gen_ai.operation.name": "chat", "gen_ai.output.messages": text})

    assert dialogue(chat(json.dumps(messages))) == [("agent", SAID)]
    assert dialogue(chat(json.dumps([{"role": "assistant", "parts": [call]}]))) == []
    assert dialogue(chat('[{"role": cut off')) == [("agent", '[{"role": cut off')]
    assert dialogue(chat('[{"role": "assistant", "parts": "odd"}, 7]')) == []


def test_a_trace_of_something_else_tells_nothing() -> None:
    assert dialogue(made_span("GET /", 0, 5, scope="http"), made_span("agent_session", 0, 100)) == []


def test_the_role_of_words_is_the_one_that_spoke() -> None:
    (line,) = read_dialogue([pipecat("stt", 0, transcript="hello")])
    assert not isinstance(line, TracedTool)
    assert line.role is Role.CUSTOMER
