from datetime import timedelta
from typing import Any

import pytest

from callscope.core.call import EndedStatus, Role
from callscope.core.integration import CallPhase, PcmFormat
from callscope.integrations import livekit_sdk, pipecat
from tests.support.api import NOW
from tests.support.plugin_calls import ended, started


def entry(**further: Any) -> dict[str, Any]:
    return {"role": "user", "content": "hello", "timestamp": NOW.isoformat(), **further}


def test_a_start_names_the_agent() -> None:
    news = pipecat.news(started(), NOW)

    assert (news.phase, news.call_ref, news.started_at) == (CallPhase.STARTED, "pc-1", NOW)
    assert news.agent is not None
    assert news.agent.prompt == "You answer the phone."


def test_an_entry_without_offset_lies_by_the_clock_of_those_with_one() -> None:
    news = pipecat.news(ended(), NOW)

    assert news.started_at == NOW + timedelta(milliseconds=500)
    assert [one.start_offset_ms for one in news.transcript] == [200, 2000, 4000]
    assert news.pcm == PcmFormat(sample_rate_hz=8000, channel_count=2)


def test_what_cannot_be_read_is_left_out() -> None:
    odd = [
        entry(role="system"),
        entry(content=7),
        entry(content="\0"),
        entry(timestamp="yesterday"),
        "words",
        entry(content="kept\0", audioOffsetMs=-5, endAudioOffsetMs=-9),
    ]
    news = pipecat.news(
        ended(transcript=odd, toolCalls=[{"kind": "tool_result", "toolCallId": "t", "timestamp": NOW.isoformat()}]), NOW
    )

    (kept,) = news.transcript
    assert (kept.text, kept.role, kept.start_offset_ms, kept.end_offset_ms) == ("kept", Role.CUSTOMER, 0, 0)
    assert news.tools == ()
    assert news.notes == ("1 tool results answer no tool call of this message.",)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("agent-ended", EndedStatus.AGENT_ENDED_CALL),
        ("client-disconnected", EndedStatus.CUSTOMER_ENDED_CALL),
        ("user-hung-up", EndedStatus.CUSTOMER_ENDED_CALL),
        ("error: model", EndedStatus.AGENT_ERROR),
        ("idle", EndedStatus.UNKNOWN),
    ],
)
def test_reasons(reason: str, status: EndedStatus) -> None:
    assert pipecat.news(ended(callEndedReason=reason), NOW).ended_status is status


@pytest.mark.parametrize("rate", [None, 0, 10**9, "fast", float("nan")])
def test_a_rate_that_is_none_is_not_taken(rate: object) -> None:
    assert pipecat.news(ended(recordingSampleRate=rate), NOW).pcm is None


def test_metrics_stand_at_the_turn_they_measure() -> None:
    metrics = [
        {"kind": "stt", "audioOffsetMs": 3000},
        {"kind": "eou", "audioOffsetMs": 3200, "extra": {"speech_id": "s1"}},
        {"kind": "tts", "audioOffsetMs": 4100, "extra": {"speech_id": "s1"}},
        {"kind": "llm", "audioOffsetMs": 99_000, "extra": {"speech_id": "s2"}},
    ]
    message = {**ended(metrics=metrics), "livekitCallId": "RM_1"}
    news = livekit_sdk.news(message, NOW)

    kinds = [[one["kind"] for one in (entry.payload or {}).get("metrics", [])] for entry in news.transcript]
    assert kinds == [[], ["stt"], ["eou", "tts"]]
    assert news.notes == ("1 metrics belong to no turn of the transcript.",)
