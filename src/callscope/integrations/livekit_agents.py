"""What LiveKit's agents upload of a session by themselves: a header, the chat history, and where its sound lies."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from callscope.core.call import EndedStatus, Role
from callscope.core.errors import InvalidInput
from callscope.core.integration import CallNews, CallPhase, StoredSound
from callscope.core.new_call import AgentByName, NewCallAgent, NewTranscriptEntry
from callscope.integrations.fields import (
    Message,
    from_unix_ms,
    json_object,
    number,
    part,
    parts,
    require_text,
    storable,
    text,
    whole,
)
from callscope.integrations.tool_pairs import ToolUse, pair

ROLES = {"user": Role.CUSTOMER, "assistant": Role.AGENT}
ENDED_STATUSES = {
    "CR_USER_INITIATED": EndedStatus.AGENT_ENDED_CALL,
    "CR_COMPLETED": EndedStatus.AGENT_ENDED_CALL,
    "CR_PARTICIPANT_DISCONNECTED": EndedStatus.CUSTOMER_ENDED_CALL,
    "CR_ERROR": EndedStatus.AGENT_ERROR,
}
_ROOM_ID, _DURATION, _START_TIME, _JOB_ID, _SUMMARY = 1, 3, 4, 8, 11
_SECONDS, _NANOS = 1, 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_header(content: bytes) -> dict[str, Any]:
    """Return what a session's header (`MetricsRecordingHeader`) says. Raises InvalidInput for what is none."""
    fields = dict(_fields(content))
    start = dict(_fields(_as_bytes(fields.get(_START_TIME))))
    started_ms = _as_int(start.get(_SECONDS)) * 1000 + _as_int(start.get(_NANOS)) // 1_000_000
    return {
        "roomId": _as_text(fields.get(_ROOM_ID)),
        "jobId": _as_text(fields.get(_JOB_ID)),
        "startedMs": started_ms,
        "durationMs": _as_int(fields.get(_DURATION)),
        "summary": json_object(_as_text(fields.get(_SUMMARY))) or {},
    }


def call_ref(message: Message) -> str:
    """Return the id of the job whose session an upload is. Raises InvalidInput."""
    return require_text(part(message, "header"), "jobId", "header", what="the id of the job")


def news(message: Message, received_at: datetime) -> CallNews:
    """Return the call that an upload tells of. Offsets count from the first sound."""
    header = part(message, "header")
    summary = part(header, "summary")
    items = list(parts(part(message, "chatHistory"), "items"))
    started_s = (number(header, "startedMs") or 0) / 1000 or _first_s(items) or received_at.timestamp()
    duration_ms = whole(header, "durationMs") or whole(summary, "duration_ms") or 0
    tools, notes = pair(_tool_uses(items, started_s))
    agent_name = text(summary, "agent_name") or "LiveKit agent"
    room = {"livekit_room_name": text(summary, "room"), "livekit_job_id": text(header, "jobId")}
    return CallNews(
        call_ref=call_ref(message),
        phase=CallPhase.ENDED,
        at=received_at,
        started_at=datetime.fromtimestamp(started_s, UTC),
        ended_at=from_unix_ms(started_s * 1000 + duration_ms),
        ended_status=ENDED_STATUSES.get(text(summary, "close_reason") or "", EndedStatus.UNKNOWN),
        agent=NewCallAgent(
            path=("header",),
            identity=AgentByName(name=agent_name, custom_id=None, description=None),
            endpoint=None,
            prompt=_prompt(items),
        ),
        transcript=tuple(_entries(items, started_s)),
        tools=tools,
        properties={name: value for name, value in room.items() if value is not None},
        livekit_room_id=text(header, "roomId"),
        sound=_sound(part(message, "sound")),
        notes=notes,
    )


def _sound(stored: Message) -> StoredSound | None:
    object_key, sha256, size_bytes = text(stored, "objectKey"), text(stored, "sha256"), whole(stored, "sizeBytes")
    if object_key is None or sha256 is None or size_bytes is None:
        return None
    return StoredSound(object_key=object_key, sha256=sha256, size_bytes=size_bytes, content_type="audio/ogg")


def _entries(items: list[Message], started_s: float) -> Iterator[NewTranscriptEntry]:
    for item in items:
        role, words = ROLES.get(text(item, "role") or ""), _words(item)
        if text(item, "type") != "message" or role is None or not words:
            continue
        metrics = part(item, "metrics")
        begun_s = number(metrics, "started_speaking_at") or number(item, "created_at")
        ended_s = number(metrics, "stopped_speaking_at") or begun_s
        if begun_s is None or ended_s is None:
            continue
        start_ms = max(0, round((begun_s - started_s) * 1000))
        payload: Mapping[str, Any] | None = {"metrics": storable(dict(metrics))} if metrics else None
        yield NewTranscriptEntry(
            role=role,
            text=words,
            start_offset_ms=start_ms,
            end_offset_ms=max(start_ms, round((ended_s - started_s) * 1000)),
            language_code=None,
            payload=payload,
            speaker=None,
        )


def _words(item: Message) -> str:
    content = item.get("content")
    said = content if isinstance(content, list) else [content]
    return " ".join(piece for piece in said if isinstance(piece, str)).replace("\0", "").strip()


def _prompt(items: list[Message]) -> str | None:
    updates = (text(item, "instructions") for item in items if text(item, "type") == "agent_config_update")
    return next((prompt for prompt in updates if prompt), None)


def _tool_uses(items: list[Message], started_s: float) -> Iterator[ToolUse]:
    for item in items:
        kind, tool_call_id, at_s = text(item, "type"), text(item, "call_id"), number(item, "created_at")
        if tool_call_id is None or at_s is None:
            continue
        at_ms = max(0, round((at_s - started_s) * 1000))
        if kind == "function_call" and (name := text(item, "name")):
            yield ToolUse(tool_call_id=tool_call_id, at_ms=at_ms, name=name, arguments=text(item, "arguments"))
        elif kind == "function_call_output":
            yield ToolUse(tool_call_id=tool_call_id, at_ms=at_ms, result=text(item, "output") or "")


def _first_s(items: list[Message]) -> float | None:
    return min((at_s for item in items if (at_s := number(item, "created_at")) is not None), default=None)


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a protobuf message. Raises InvalidInput."""
    position = 0
    while position < len(content):
        tag, position = _varint(content, position)
        wire_type = tag & 7
        if wire_type == _VARINT:
            value, position = _varint(content, position)
            yield tag >> 3, value
            continue
        if wire_type == _BYTES:
            length, position = _varint(content, position)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}.get(wire_type, len(content) + 1)
        if position + length > len(content):
            raise _no_header()
        yield tag >> 3, content[position : position + length]
        position += length


def _varint(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(content):
        byte = content[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return value, position
    raise _no_header()


def _no_header() -> InvalidInput:
    return InvalidInput.at("header", message="The part `header` is no header of a session. Send it as LiveKit does.")


def _as_bytes(value: int | bytes | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _as_int(value: int | bytes | None) -> int:
    return value if isinstance(value, int) else 0


def _as_text(value: int | bytes | None) -> str:
    return _as_bytes(value).decode(errors="replace")
