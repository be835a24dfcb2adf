"""Messages of providers in the forms that their documentation has had."""

from typing import Any

VAPI_ID = "0198c1de-0000-7000-8000-000000000001"
VAPI_CALL: dict[str, Any] = {
    "id": VAPI_ID,
    "type": "inboundPhoneCall",
    "assistantId": "asst-1",
    "startedAt": "2026-01-31T09:30:00.000Z",
    "customer": {"number": "+14155550101", "name": "Ada"},
    "phoneNumber": {"number": "+14155550100"},
}
VAPI_MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "message": "You answer the phone.", "time": 1769851800000, "secondsFromStart": 0},
    {
        "role": "bot",
        "message": "Hello, how can I help?",
        "time": 1769851800400,
        "endTime": 1769851801900,
        "secondsFromStart": 0.4,
        "duration": 1500,
    },
    {
        "role": "user",
        "message": "Where is my order?",
        "time": 1769851802500,
        "endTime": 1769851803500,
        "secondsFromStart": 2.5,
        "duration": 1000,
        "metadata": {
            "wordLevelConfidence": [
                {"word": "where", "punctuated_word": "Where", "start": 2.5, "end": 2.7, "confidence": 0.98},
                {"word": "is", "start": 2.7, "end": 2.8, "confidence": 0.99},
            ]
        },
    },
    {
        "role": "tool_calls",
        "time": 1769851804000,
        "secondsFromStart": 4.0,
        "toolCalls": [{"id": "t1", "type": "function", "function": {"name": "look_up", "arguments": '{"order":7}'}}],
    },
    {
        "role": "tool_call_result",
        "toolCallId": "t1",
        "name": "look_up",
        "result": '{"state":"sent"}',
        "time": 1769851804500,
        "secondsFromStart": 4.5,
    },
    {
        "role": "bot",
        "message": "It is on its way.",
        "time": 1769851805000,
        "endTime": 1769851806000,
        "secondsFromStart": 5.0,
        "duration": 1000,
    },
]


def vapi_report(**further: Any) -> dict[str, Any]:
    """Return an end-of-call report with its parts under `artifact`, as today."""
    return {
        "message": {
            "type": "end-of-call-report",
            "timestamp": 1769851807000,
            "endedReason": "customer-ended-call",
            "startedAt": "2026-01-31T09:30:00.000Z",
            "endedAt": "2026-01-31T09:30:06.500Z",
            "call": VAPI_CALL,
            "assistant": {
                "id": "asst-1",
                "name": "Desk",
                "model": {"messages": [{"role": "system", "content": "You answer the phone."}]},
            },
            "analysis": {"summary": "The customer asked for an order.", "successEvaluation": "true"},
            "artifact": {
                "messages": VAPI_MESSAGES,
                "recording": {
                    "stereoUrl": "https://api.vapi.ai/rec/stereo.wav",
                    "mono": {"combinedUrl": "https://api.vapi.ai/rec/mono.wav"},
                },
            },
            **further,
        }
    }


def vapi_older_report() -> dict[str, Any]:
    """Return a report with recordings and messages at its top, and no seconds from the start."""
    messages = [{key: value for key, value in one.items() if key != "secondsFromStart"} for one in VAPI_MESSAGES]
    return vapi_report(
        artifact={},
        messages=messages,
        recordingUrl="https://storage.vapi.ai/mono.wav",
        stereoRecordingUrl="https://storage.vapi.ai/stereo.wav",
        analysis={},
        summary="The customer asked for an order.",
    )


def vapi_status(status: str) -> dict[str, Any]:
    return {"message": {"type": "status-update", "status": status, "timestamp": 1769851800000, "call": VAPI_CALL}}


def vapi_update(count: int) -> dict[str, Any]:
    """Return a conversation update with the first messages of the call."""
    message = {"type": "conversation-update", "call": VAPI_CALL, "messages": VAPI_MESSAGES[:count]}
    return {"message": message}


def words(text: str, start_s: float) -> list[dict[str, Any]]:
    return [
        {"word": f"{word} ", "start": start_s + 0.2 * index, "end": start_s + 0.2 * index + 0.15}
        for index, word in enumerate(text.split())
    ]


RETELL_TRANSCRIPT: list[dict[str, Any]] = [
    {"role": "agent", "content": "Hello there.", "words": words("Hello there.", 0.3)},
    {"role": "user", "content": "Where is my order?", "words": words("Where is my order?", 1.5)},
    {"role": "agent", "content": "On its way.", "words": words("On its way.", 4.0)},
]
RETELL_TOOLS: list[dict[str, Any]] = [
    {"role": "tool_call_invocation", "tool_call_id": "t1", "name": "look_up", "arguments": '{"order":7}'},
    {"role": "tool_call_result", "tool_call_id": "t1", "content": "sent", "successful": True},
]


def retell_event(event: str, *, has_tool_times: bool = True, **further: Any) -> dict[str, Any]:
    times = ({"time_sec": 2.5}, {"time_sec": 3.5}) if has_tool_times else ({}, {})
    tools = [{**tool, **time} for tool, time in zip(RETELL_TOOLS, times, strict=True)]
    call = {
        "call_id": "call_1",
        "call_type": "phone_call",
        "agent_id": "agent_1",
        "agent_name": "Desk",
        "direction": "inbound",
        "from_number": "+14155550101",
        "to_number": "+14155550100",
        "start_timestamp": 1769851800000,
    }
    ended = {
        "end_timestamp": 1769851806000,
        "duration_ms": 6000,
        "disconnection_reason": "user_hangup",
        "transcript_object": RETELL_TRANSCRIPT,
        "transcript_with_tool_calls": [*RETELL_TRANSCRIPT[:2], *tools, RETELL_TRANSCRIPT[2]],
    }
    analyzed = {"call_analysis": {"call_summary": "About an order.", "user_sentiment": "Positive"}}
    has_ended = event in ("call_ended", "call_analyzed")
    parts = {**call, **(ended if has_ended else {}), **(analyzed if event == "call_analyzed" else {}), **further}
    return {"event": event, "call": parts}
