from collections.abc import Sequence
from typing import Any

import pytest

from callscope.core.conversation import Conversation, TimingBasis
from callscope.core.span_meaning import Attribution, ResponseSplit, SpanPart
from callscope.core.trace import Span
from callscope.traces.attribution import NO_SPANS, attribute
from tests.support.conversations import AGENT, CUSTOMER, conversation, turn
from tests.support.spans import START_UNIX_MS, made_span

RECORDER_LATE_MS = 400
"""The recording begins so long after the trace."""


def talk(*answers: tuple[int, int]) -> Conversation:
    """Return a conversation in which the customer stops and the agent answers at the times given."""
    turns = []
    for stopped, answered in answers:
        turns.append(turn(CUSTOMER, (stopped - 900, stopped)))
        turns.append(turn(AGENT, (answered, answered + 1500), response_ms=answered - stopped))
    return conversation(*turns)


ANSWERS = ((2000, 3200), (6100, 7000), (10_400, 12_900))


def in_trace(name: str, start_ms: float, end_ms: float, **options: Any) -> Span:
    """Return a span by its place in the recording."""
    return made_span(name, start_ms + RECORDER_LATE_MS, end_ms + RECORDER_LATE_MS, **options)


def speech() -> list[Span]:
    spans = []
    for stopped, answered in ANSWERS:
        spans.append(in_trace("user_speaking", stopped - 900, stopped))
        spans.append(in_trace("agent_speaking", answered, answered + 1500))
    return spans


def split_first(spans: Sequence[Span]) -> ResponseSplit:
    found = explain([*speech(), *spans])
    assert found.alignment is not None
    assert found.alignment.sample_0_unix_ms == pytest.approx(START_UNIX_MS + RECORDER_LATE_MS, abs=1)
    return found.splits[0]


def explain(spans: Sequence[Span], heard: Conversation | None = None) -> Attribution:
    return attribute(spans, heard or talk(*ANSWERS), started_unix_ms=START_UNIX_MS)


def parts(split: ResponseSplit) -> tuple[int | None, ...]:
    order = (SpanPart.END_OF_TURN, SpanPart.STT, SpanPart.LLM, SpanPart.TOOL, SpanPart.TTS)
    return (*(split.taken_ms(part) for part in order), split.unexplained_ms)


def test_a_response_is_split_into_what_the_parts_took() -> None:
    split = split_first(
        [
            in_trace("eou_wait", 2000, 2500),
            in_trace("stt_node", 2500, 2550),
            in_trace("llm_node", 2550, 3100, **{"lk.response.ttft": 0.3}),
            in_trace("tts_node", 2900, 4000, **{"lk.response.ttfb": 0.15}),
            in_trace("agent_turn", 2550, 4700, **{"lk.e2e_latency": 1.05}),
        ]
    )
    assert split.heard_ms == 1200
    assert parts(split) == (500, 50, 300, 0, 150, 200)
    assert split.reported_ms == 1050


def test_a_model_that_asks_for_a_tool_is_waited_for_to_its_end() -> None:
    split = split_first(
        [
            in_trace("llm_node", 2100, 2400, number=1, **{"lk.response.ttft": 0.1}),
            in_trace("function_tool", 2400, 2700),
            in_trace("llm_node", 2700, 3100, number=2, **{"lk.response.ttft": 0.2}),
        ]
    )
    assert parts(split) == (0, 0, 500, 300, 0, 400)


def test_overlapping_parts_count_once_and_always_add_up() -> None:
    split = split_first(
        [
            in_trace("eou_wait", 1500, 3300),
            in_trace("llm_node", 2000, 3000, **{"lk.response.ttft": 0.9}),
            in_trace("tts_node", 2800, 3900),
        ]
    )
    assert parts(split) == (0, 0, 800, 0, 400, 0)


def test_nested_spans_of_one_part_count_once() -> None:
    split = split_first(
        [
            in_trace("llm_node", 2100, 2900, number=1, **{"lk.response.ttft": 0.4}),
            in_trace("llm_request", 2100, 2900, number=2, parent=1, **{"gen_ai.response.time_to_first_chunk": 0.4}),
        ]
    )
    assert parts(split) == (0, 0, 400, 0, 0, 800)


def test_a_gap_without_spans_says_so() -> None:
    split = split_first([])
    assert parts(split) == (None,) * 6
    assert split.reason == NO_SPANS
    assert split.heard_ms == 1200


def test_every_answer_is_split_and_openings_and_overlaps_are_not() -> None:
    heard = conversation(
        turn(AGENT, (0, 800)),
        *talk(*ANSWERS).turns,
        turn(CUSTOMER, (15_000, 16_000)),
        turn(AGENT, (15_900, 17_000), overlap_ms=100),
    )
    found = explain(speech(), heard)
    assert [split.turn_start_offset_ms for split in found.splits] == [3200, 7000, 12_900]
    assert [split.heard_ms for split in found.splits] == [1200, 900, 2500]


def test_synthesis_stands_in_for_speech_that_is_not_traced() -> None:
    spans = [
        in_trace("tts", answered - 200, answered + 900, scope="pipecat", **{"metrics.ttfb": 0.2})
        for _, answered in ANSWERS
    ]
    found = explain(spans)
    assert found.alignment is not None
    assert [split.taken_ms(SpanPart.TTS) for split in found.splits] == [200, 200, 200]


@pytest.mark.parametrize(
    "heard", [None, conversation(*talk(*ANSWERS).turns, basis=TimingBasis.TRANSCRIPT)], ids=["none", "transcript"]
)
def test_without_measured_turns_there_is_no_split(heard: Conversation | None) -> None:
    found = attribute(speech(), heard, started_unix_ms=START_UNIX_MS)
    assert (found.alignment, found.splits) == (None, ())
    assert found.reason is not None
    assert "recording" in found.reason


def test_a_trace_that_tells_of_no_speech_is_refused() -> None:
    found = explain([in_trace("llm_node", 2100, 2900)])
    assert (found.alignment, found.splits) == (None, ())
    assert found.reason is not None
    assert "began to speak" in found.reason
