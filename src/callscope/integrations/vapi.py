"""Vapi's server messages, and its older form with the end-of-call report under `vapiEndOfCallReportPayload`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from callscope.core.call import CallDirection, EndedStatus, InterfaceType, Role
from callscope.core.errors import InvalidInput
from callscope.core.integration import CallNews, CallPhase
from callscope.core.new_call import (
    AgentByName,
    EndpointByValue,
    NewCallAgent,
    NewCallCustomer,
    NewTranscriptEntry,
)
from callscope.integrations.fields import (
    Message,
    from_unix_ms,
    moment,
    number,
    offset_ms,
    part,
    parts,
    require_text,
    storable,
    text,
)
from callscope.integrations.tool_pairs import ToolUse, pair

ROLES = {"user": Role.CUSTOMER, "bot": Role.AGENT, "assistant": Role.AGENT}
REPORT = "end-of-call-report"
UPDATE = "conversation-update"
STATUS = "status-update"
OUTBOUND = "outboundPhoneCall"
PHONE_CALLS = {"inboundPhoneCall", OUTBOUND, "vapi.phoneCall"}
ENDED_STATUSES = {
    "customer-ended-call": EndedStatus.CUSTOMER_ENDED_CALL,
    "assistant-ended-call": EndedStatus.AGENT_ENDED_CALL,
    "assistant-ended-call-after-message-spoken": EndedStatus.AGENT_ENDED_CALL,
    "assistant-ended-call-with-hangup-task": EndedStatus.AGENT_ENDED_CALL,
    "assistant-said-end-call-phrase": EndedStatus.AGENT_SAID_END_CALL_PHRASE,
    "assistant-forwarded-call": EndedStatus.AGENT_TRANSFERRED_CALL,
    "customer-busy": EndedStatus.CUSTOMER_BUSY,
    "customer-did-not-answer": EndedStatus.CUSTOMER_DID_NOT_ANSWER,
    "customer-did-not-give-microphone-permission": EndedStatus.CUSTOMER_DID_NOT_SPEAK,
    "voicemail": EndedStatus.VOICE_MAIL_REACHED,
    "silence-timed-out": EndedStatus.SILENCE_TIME_OUT,
    "exceeded-max-duration": EndedStatus.MAX_DURATION_REACHED,
    "twilio-failed-to-connect-call": EndedStatus.PHONE_CALL_PROVIDER_CONNECTION_ERROR,
    "vonage-failed-to-connect-call": EndedStatus.PHONE_CALL_PROVIDER_CONNECTION_ERROR,
    "phone-call-provider-closed-websocket": EndedStatus.PHONE_CALL_PROVIDER_CONNECTION_ERROR,
}


def server_message(message: Message) -> Message:
    """Return the message itself, which Vapi wraps in `message`. Raises InvalidInput for what is none."""
    inner = part(message, "message") or message
    require_text(inner, "type", "message", what="the server message as Vapi sends it")
    return inner


def call_ref(message: Message) -> str:
    """Return Vapi's id of the call a message is about. Raises InvalidInput."""
    return require_text(part(server_message(message), "call"), "id", "message", "call", what="Vapi's id of the call")


def news(message: Message, received_at: datetime) -> CallNews | None:
    """Return what a server message tells of the call; None for the many that tell nothing we keep."""
    inner = server_message(message)
    kind = text(inner, "type")
    if kind == STATUS and text(inner, "status") == "in-progress":
        return _told(inner, CallPhase.STARTED, received_at)
    if kind == UPDATE:
        return _told(inner, CallPhase.RUNNING, received_at)
    return report(message, received_at) if kind == REPORT else None


def report(message: Message, received_at: datetime) -> CallNews:
    """Return the call an end-of-call report tells of. Raises InvalidInput for another message."""
    inner = server_message(message)
    if text(inner, "type") != REPORT:
        raise InvalidInput.at("message", "type", message=f"`message.type` must be `{REPORT}`.")
    return _told(inner, CallPhase.ENDED, received_at)


def _told(message: Message, phase: CallPhase, received_at: datetime) -> CallNews:
    call, artifact = part(message, "call"), part(message, "artifact")
    at = moment(message, "timestamp") or received_at
    started_at = moment(message, "startedAt") or moment(call, "startedAt")
    said = list(parts(artifact, "messages")) or list(parts(message, "messages"))
    tools, notes = pair(_tool_uses(said, started_at))
    recording = part(artifact, "recording")
    ref = text(call, "id") or ""
    reason = text(message, "endedReason") or text(call, "endedReason")
    return CallNews(
        call_ref=ref,
        phase=phase,
        at=at,
        started_at=started_at or (at if phase is CallPhase.STARTED else None),
        ended_at=(moment(message, "endedAt") or moment(call, "endedAt") or at) if phase is CallPhase.ENDED else None,
        ended_status=ended_status(reason) if phase is CallPhase.ENDED else None,
        direction=CallDirection.OUTBOUND if text(call, "type") == OUTBOUND else CallDirection.INBOUND,
        interface_type=InterfaceType.PHONE if text(call, "type") in PHONE_CALLS else InterfaceType.WEB,
        agent=_agent(message, call),
        customer=_customer(message, call),
        transcript=tuple(_entries(said, started_at)),
        tools=tools,
        properties=_properties(message, reason),
        recording_url=_recording_url(message, artifact, recording),
        stereo_recording_url=text(recording, "stereoUrl")
        or text(artifact, "stereoRecordingUrl")
        or text(message, "stereoRecordingUrl"),
        vapi_call_id=ref,
        summary=text(part(message, "analysis"), "summary") or text(message, "summary"),
        notes=notes,
    )


def ended_status(reason: str | None) -> EndedStatus:
    """Return how a call ended by Vapi's words for it; the hundred kinds of error are the agent's."""
    if reason is None:
        return EndedStatus.UNKNOWN
    is_error = any(word in reason for word in ("error", "failed", "fault"))
    return ENDED_STATUSES.get(reason) or (EndedStatus.AGENT_ERROR if is_error else EndedStatus.UNKNOWN)


def _recording_url(message: Message, artifact: Message, recording: Message) -> str | None:
    mono = text(part(recording, "mono"), "combinedUrl")
    return mono or text(artifact, "recordingUrl") or text(message, "recordingUrl")


def _offset_ms(entry: Message, started_at: datetime | None) -> int | None:
    offset = offset_ms(number(entry, "secondsFromStart"))
    if offset is not None:
        return offset
    at = moment(entry, "time")
    return None if at is None or started_at is None else max(0, round((at - started_at).total_seconds() * 1000))


def _entries(said: list[Message], started_at: datetime | None) -> Iterator[NewTranscriptEntry]:
    for entry in said:
        role, words = ROLES.get(text(entry, "role") or ""), text(entry, "message") or text(entry, "content")
        start_ms = _offset_ms(entry, started_at)
        if role is None or words is None or start_ms is None:
            continue
        timed = _words(entry)
        yield NewTranscriptEntry(
            role=role,
            text=words,
            start_offset_ms=start_ms,
            end_offset_ms=start_ms + _length_ms(entry),
            language_code=None,
            payload={"words": timed} if timed else None,
            speaker=None,
        )


def _length_ms(entry: Message) -> int:
    duration_ms = number(entry, "duration")
    if duration_ms is None:
        began, ended = from_unix_ms(number(entry, "time") or -1), from_unix_ms(number(entry, "endTime") or -1)
        duration_ms = (ended - began).total_seconds() * 1000 if began and ended else 0
    return max(0, round(duration_ms))


def _words(entry: Message) -> list[Mapping[str, Any]]:
    """Return the words of a turn in the form of our own recognizers', with times where Vapi passes them on."""
    found = parts(part(entry, "metadata"), "wordLevelConfidence")
    return [
        {
            "text": text(word, "punctuated_word") or text(word, "word") or "",
            "startOffsetMs": offset_ms(number(word, "start")),
            "endOffsetMs": offset_ms(number(word, "end")),
            "confidence": number(word, "confidence"),
        }
        for word in found
        if number(word, "start") is not None and number(word, "end") is not None
    ]


def _tool_uses(said: list[Message], started_at: datetime | None) -> Iterator[ToolUse]:
    for entry in said:
        at_ms, kind = _offset_ms(entry, started_at), text(entry, "role")
        if at_ms is None:
            continue
        if kind in ("tool_call_result", "tool_calls_result"):
            result = entry.get("result")
            yield ToolUse(
                tool_call_id=text(entry, "toolCallId") or "", at_ms=at_ms, result="" if result is None else str(result)
            )
        if kind == "tool_calls":
            for call in parts(entry, "toolCalls"):
                function = part(call, "function")
                name = text(function, "name")
                if name is not None:
                    arguments = text(function, "arguments") or part(function, "arguments")
                    yield ToolUse(tool_call_id=text(call, "id") or "", at_ms=at_ms, name=name, arguments=arguments)


def _agent(message: Message, call: Message) -> NewCallAgent | None:
    assistant = part(message, "assistant") or part(call, "assistant")
    custom_id = text(call, "assistantId") or text(assistant, "id")
    name = text(assistant, "name") or custom_id
    if name is None:
        return None
    phone = text(part(message, "phoneNumber") or part(call, "phoneNumber"), "number")
    prompts = (
        text(one, "content") for one in parts(part(assistant, "model"), "messages") if one.get("role") == "system"
    )
    return NewCallAgent(
        path=("message", "assistant"),
        identity=AgentByName(name=name, custom_id=custom_id, description=None),
        endpoint=None if phone is None else EndpointByValue(type="PHONE", value=phone, direction=None),
        prompt=next((prompt for prompt in prompts if prompt), None),
    )


def _customer(message: Message, call: Message) -> NewCallCustomer:
    customer = part(message, "customer") or part(call, "customer")
    return NewCallCustomer(phone_number_e164=text(customer, "number"), label=text(customer, "name"))


def _properties(message: Message, reason: str | None) -> Mapping[str, Any]:
    analysis = part(message, "analysis")
    found = {
        "call_ended_reason": reason,
        "vapi_success_evaluation": text(analysis, "successEvaluation"),
        "vapi_structured_data": storable(part(analysis, "structuredData")) or None,
    }
    return {name: value for name, value in found.items() if value is not None}
