"""The two events of the agent plug-ins, `call-started` and `call-ended`, alike but for the name of the call's id."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from callscope.core.call import EndedStatus, Role
from callscope.core.errors import InvalidInput
from callscope.core.integration import CallNews, CallPhase, PcmFormat
from callscope.core.new_call import AgentByName, NewCallAgent, NewTranscriptEntry
from callscope.integrations.fields import Message, moment, part, parts, require_text, text, whole
from callscope.integrations.tool_pairs import ToolUse, pair

STARTED = "call-started"
ENDED = "call-ended"
ROLES = {"user": Role.CUSTOMER, "assistant": Role.AGENT}
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1000, 384_000
MOST_CHANNELS = 8


def call_ref(message: Message, id_field: str) -> str:
    """Return the sender's id of the call. Raises InvalidInput for a message that is none of the two events."""
    event = require_text(message, "event", what=f"`{STARTED}` or `{ENDED}`")
    if event not in (STARTED, ENDED):
        raise InvalidInput.at("event", message=f"`event` is {event!r}; it must be `{STARTED}` or `{ENDED}`.")
    return require_text(message, id_field, what="the id under which the call started")


def news(message: Message, ref: str, received_at: datetime) -> CallNews:
    """Return what an event tells of the call."""
    at = moment(message, "eventTimestamp") or received_at
    if text(message, "event") == STARTED:
        return CallNews(call_ref=ref, phase=CallPhase.STARTED, at=at, started_at=at, agent=_agent(message))
    return _ended(message, ref, at)


def _ended(message: Message, ref: str, at: datetime) -> CallNews:
    said = [entry for entry in parts(message, "transcript") if text(entry, "role") in ROLES]
    uses = list(parts(message, "toolCalls"))
    clock = RecordingClock([*said, *uses], call_started_at=moment(message, "callStartedAt"))
    tools, notes = pair(use for entry in uses if (use := _tool_use(entry, clock)) is not None)
    reason = text(message, "callEndedReason")
    return CallNews(
        call_ref=ref,
        phase=CallPhase.ENDED,
        at=at,
        started_at=clock.started_at,
        ended_at=moment(message, "callEndedAt") or at,
        ended_status=ended_status(reason),
        transcript=tuple(entry for one in said if (entry := _entry(one, clock)) is not None),
        tools=tools,
        properties={} if reason is None else {"call_ended_reason": reason},
        pcm=_pcm(message),
        notes=notes,
    )


def ended_status(reason: str | None) -> EndedStatus:
    """Return how a call ended by the plug-ins' words for it."""
    if reason == "agent-ended":
        return EndedStatus.AGENT_ENDED_CALL
    if reason is not None and (reason == "client-disconnected" or reason.startswith("user-")):
        return EndedStatus.CUSTOMER_ENDED_CALL
    return EndedStatus.AGENT_ERROR if reason is not None and reason.startswith("error") else EndedStatus.UNKNOWN


class RecordingClock:
    """Where things lie in the recording: by their own offsets, else by the clock that those with both agree on."""

    def __init__(self, entries: Sequence[Message], *, call_started_at: datetime | None) -> None:
        zeros = [
            (at - timedelta(milliseconds=offset)).timestamp()
            for entry in entries
            if (at := moment(entry, "timestamp")) is not None and (offset := whole(entry, "audioOffsetMs")) is not None
        ]
        self.started_at = datetime.fromtimestamp(median(zeros), UTC) if zeros else call_started_at

    def offset_ms(self, entry: Message, offset_name: str, moment_name: str) -> int | None:
        """Return where an entry lies, None when it tells neither offset nor time."""
        offset = whole(entry, offset_name)
        if offset is not None:
            return max(0, offset)
        at = moment(entry, moment_name)
        if at is None or self.started_at is None:
            return None
        return max(0, round((at - self.started_at).total_seconds() * 1000))


def _entry(entry: Message, clock: RecordingClock) -> NewTranscriptEntry | None:
    content, start_ms = text(entry, "content"), clock.offset_ms(entry, "audioOffsetMs", "timestamp")
    if content is None or start_ms is None:
        return None
    end_ms = clock.offset_ms(entry, "endAudioOffsetMs", "endTimestamp")
    user_id = text(entry, "userId")
    payload: Mapping[str, Any] | None = None if user_id is None else {"userId": user_id}
    return NewTranscriptEntry(
        role=ROLES[entry["role"]],
        text=content,
        start_offset_ms=start_ms,
        end_offset_ms=max(start_ms, start_ms if end_ms is None else end_ms),
        language_code=text(entry, "language"),
        payload=payload,
        speaker=None,
    )


def _tool_use(entry: Message, clock: RecordingClock) -> ToolUse | None:
    tool_call_id, at_ms = text(entry, "toolCallId"), clock.offset_ms(entry, "audioOffsetMs", "timestamp")
    if tool_call_id is None or at_ms is None:
        return None
    if text(entry, "kind") == "tool_result":
        return ToolUse(tool_call_id=tool_call_id, at_ms=at_ms, result=text(entry, "content") or "")
    name = text(entry, "name")
    if name is None:
        return None
    arguments = text(entry, "arguments") or part(entry, "arguments")
    return ToolUse(tool_call_id=tool_call_id, at_ms=at_ms, name=name, arguments=arguments)


def _agent(message: Message) -> NewCallAgent | None:
    custom_id = text(message, "agentId")
    name = text(message, "agentName") or custom_id
    if name is None:
        return None
    return NewCallAgent(
        path=("agentId",),
        identity=AgentByName(name=name, custom_id=custom_id, description=None),
        endpoint=None,
        prompt=text(message, "agentPrompt"),
    )


def _pcm(message: Message) -> PcmFormat | None:
    rate_hz, channel_count = whole(message, "recordingSampleRate"), whole(message, "recordingNumChannels")
    if rate_hz is None or not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        return None
    if channel_count is None or not 1 <= channel_count <= MOST_CHANNELS:
        return None
    return PcmFormat(sample_rate_hz=rate_hz, channel_count=channel_count)
