"""Retell's webhooks, and its older form with the event under `retellCallEndedPayload`."""

import hashlib
import hmac
import re
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
    flag,
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

PHASES = {
    "call_started": CallPhase.STARTED,
    "transcript_updated": CallPhase.RUNNING,
    "call_ended": CallPhase.ENDED,
    "call_analyzed": CallPhase.EXPLAINED,
}
ROLES = {"user": Role.CUSTOMER, "agent": Role.AGENT}
SIGNATURE = re.compile(r"v=(\d{1,15}),d=([0-9a-f]{64})")
ENDED_STATUSES = {
    "user_hangup": EndedStatus.CUSTOMER_ENDED_CALL,
    "agent_hangup": EndedStatus.AGENT_ENDED_CALL,
    "call_transfer": EndedStatus.AGENT_TRANSFERRED_CALL,
    "voicemail_reached": EndedStatus.VOICE_MAIL_REACHED,
    "machine_detected": EndedStatus.VOICE_MAIL_REACHED,
    "inactivity": EndedStatus.SILENCE_TIME_OUT,
    "max_duration_reached": EndedStatus.MAX_DURATION_REACHED,
    "dial_busy": EndedStatus.CUSTOMER_BUSY,
    "dial_no_answer": EndedStatus.CUSTOMER_DID_NOT_ANSWER,
    "dial_failed": EndedStatus.DIAL_ERROR,
    "user_declined": EndedStatus.CUSTOMER_DID_NOT_ANSWER,
    "telephony_provider_unavailable": EndedStatus.PHONE_CALL_PROVIDER_CONNECTION_ERROR,
}


def is_signed(body: bytes, signature: str, *, secret: str, at: datetime, tolerance_s: float = 300) -> bool:
    """Tell whether Retell signed these bytes with that secret within the tolerance.

    The header `x-retell-signature` is `v=<Unix ms>,d=<hex HMAC-SHA256 of body and ms>`.
    """
    match = SIGNATURE.fullmatch(signature.strip())
    if match is None or abs(at.timestamp() * 1000 - int(match[1])) > tolerance_s * 1000:
        return False
    wanted = hmac.new(secret.encode(), body + match[1].encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, match[2])


def call_ref(message: Message) -> str:
    """Return Retell's id of the call an event is about. Raises InvalidInput."""
    require_text(message, "event", what="the webhook as Retell sends it")
    return require_text(part(message, "call"), "call_id", "call", what="Retell's id of the call")


def news(message: Message, received_at: datetime) -> CallNews | None:
    """Return what an event tells of the call; None for those that tell nothing we keep."""
    phase = PHASES.get(text(message, "event") or "")
    return None if phase is None else _told(message, phase, received_at)


def report(message: Message, received_at: datetime) -> CallNews:
    """Return the call an event tells of that was sent after its end. Raises InvalidInput for another event."""
    call_ref(message)
    phase = PHASES.get(text(message, "event") or "")
    if phase not in (CallPhase.ENDED, CallPhase.EXPLAINED):
        raise InvalidInput.at("event", message="`event` must be `call_ended` or `call_analyzed`.")
    return _told(message, CallPhase.ENDED, received_at)


def _told(message: Message, phase: CallPhase, received_at: datetime) -> CallNews:
    call = part(message, "call")
    is_over = phase in (CallPhase.ENDED, CallPhase.EXPLAINED)
    with_tools = list(parts(call, "transcript_with_tool_calls")) or list(parts(message, "transcript_with_tool_calls"))
    said = list(parts(call, "transcript_object")) or [one for one in with_tools if text(one, "role") in ROLES]
    tools, notes = pair(_tool_uses(with_tools))
    is_outbound = text(call, "direction") == "outbound"
    reason = text(call, "disconnection_reason")
    return CallNews(
        call_ref=text(call, "call_id") or "",
        phase=phase,
        at=received_at,
        started_at=moment(call, "start_timestamp"),
        ended_at=moment(call, "end_timestamp") if is_over else None,
        ended_status=ended_status(reason) if is_over else None,
        direction=CallDirection.OUTBOUND if is_outbound else CallDirection.INBOUND,
        interface_type=InterfaceType.PHONE if text(call, "call_type") == "phone_call" else InterfaceType.WEB,
        agent=_agent(call, phone=text(call, "from_number" if is_outbound else "to_number")),
        customer=NewCallCustomer(
            phone_number_e164=text(call, "to_number" if is_outbound else "from_number"), label=None
        ),
        transcript=tuple(_entries(said)),
        tools=tools,
        properties=_properties(call, reason),
        recording_url=text(call, "recording_url"),
        stereo_recording_url=text(call, "recording_multi_channel_url"),
        summary=text(part(call, "call_analysis"), "call_summary"),
        notes=notes,
    )


def ended_status(reason: str | None) -> EndedStatus:
    """Return how a call ended by Retell's words for it."""
    if reason is None:
        return EndedStatus.UNKNOWN
    is_error = reason.startswith("error")
    return ENDED_STATUSES.get(reason) or (EndedStatus.AGENT_ERROR if is_error else EndedStatus.UNKNOWN)


def _entries(said: list[Message]) -> Iterator[NewTranscriptEntry]:
    """Return the turns by the times of their words; one without stands where the one before ended."""
    end_ms = 0
    for entry in said:
        role, content = ROLES.get(text(entry, "role") or ""), text(entry, "content")
        words = _words(entry)
        start_ms = words[0]["startOffsetMs"] if words else end_ms
        end_ms = max(start_ms, words[-1]["endOffsetMs"]) if words else start_ms
        if role is None or content is None:
            continue
        yield NewTranscriptEntry(
            role=role,
            text=content,
            start_offset_ms=start_ms,
            end_offset_ms=end_ms,
            language_code=None,
            payload={"words": words} if words else None,
            speaker=None,
        )


def _words(entry: Message) -> list[dict[str, Any]]:
    """Return the words of a turn in the form of our own recognizers'."""
    return [
        {
            "text": (text(word, "word") or "").strip(),
            "startOffsetMs": offset_ms(number(word, "start")),
            "endOffsetMs": offset_ms(number(word, "end")),
        }
        for word in parts(entry, "words")
        if number(word, "start") is not None and number(word, "end") is not None
    ]


def _tool_uses(entries: list[Message]) -> Iterator[ToolUse]:
    """Return calls and results by their own times, which older payloads lack: then after what was said before them."""
    reached_ms = 0
    for entry in entries:
        words, own_ms = _words(entry), offset_ms(number(entry, "time_sec"))
        reached_ms = words[-1]["endOffsetMs"] if words else (reached_ms if own_ms is None else own_ms)
        tool_call_id, kind = text(entry, "tool_call_id") or "", text(entry, "role")
        if kind == "tool_call_invocation" and (name := text(entry, "name")):
            yield ToolUse(tool_call_id=tool_call_id, at_ms=reached_ms, name=name, arguments=text(entry, "arguments"))
        elif kind == "tool_call_result":
            yield ToolUse(tool_call_id=tool_call_id, at_ms=reached_ms, result=text(entry, "content") or "")


def _agent(call: Message, *, phone: str | None) -> NewCallAgent | None:
    custom_id = text(call, "agent_id")
    name = text(call, "agent_name") or custom_id
    if name is None:
        return None
    return NewCallAgent(
        path=("call", "agent_id"),
        identity=AgentByName(name=name, custom_id=custom_id, description=None),
        endpoint=None if phone is None else EndpointByValue(type="PHONE", value=phone, direction=None),
        prompt=None,
    )


def _properties(call: Message, reason: str | None) -> Mapping[str, Any]:
    analysis = part(call, "call_analysis")
    found = {
        "call_ended_reason": reason,
        "retell_user_sentiment": text(analysis, "user_sentiment"),
        "retell_call_successful": flag(analysis, "call_successful"),
        "retell_in_voicemail": flag(analysis, "in_voicemail"),
        "retell_custom_analysis": storable(part(analysis, "custom_analysis_data")) or None,
    }
    return {name: value for name, value in found.items() if value is not None}
