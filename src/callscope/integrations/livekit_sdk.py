"""LiveKit's observer: as Pipecat's, with the room a call was in, and metrics of the agent's parts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from callscope.core.call import Role
from callscope.core.integration import CallNews
from callscope.core.new_call import NewTranscriptEntry
from callscope.integrations import plugin_events
from callscope.integrations.fields import Message, flag, part, parts, storable, text, whole

ID_FIELD = "livekitCallId"
PROPERTIES = {"livekit_room_name": "roomName", "livekit_room_sid": "roomSid", "livekit_job_id": "jobId"}
OF_CUSTOMER = {"stt"}
"""Kinds of metrics that measure how the customer was heard; the others measure how the agent answered."""


def call_ref(message: Message) -> str:
    """Return the id of the call an event is about. Raises InvalidInput."""
    return plugin_events.call_ref(message, ID_FIELD)


def news(message: Message, received_at: datetime) -> CallNews:
    """Return what an event tells of the call; each metric stands in the `payload` of the turn it belongs to."""
    told = plugin_events.news(message, call_ref(message), received_at)
    properties = {name: value for name, field in PROPERTIES.items() if (value := text(message, field)) is not None}
    is_test = flag(message, "isTest")
    transcript, lost_count = with_metrics(told.transcript, list(parts(message, "metrics")))
    lost = (f"{lost_count} metrics belong to no turn of the transcript.",) if lost_count else ()
    return replace(
        told,
        transcript=transcript,
        properties={**told.properties, **properties, **({} if is_test is None else {"is_test": is_test})},
        livekit_room_id=text(message, "roomSid"),
        notes=told.notes + lost,
    )


def with_metrics(
    entries: Sequence[NewTranscriptEntry], metrics: Sequence[Message]
) -> tuple[tuple[NewTranscriptEntry, ...], int]:
    """Return the entries with their metrics under `payload.metrics`, and how many metrics found no turn.

    A recognizer's metric belongs to the last turn the customer had begun. Those of one answer share a speech id, and
    belong to the first turn of the agent that lasts past the last of them.
    """
    last_of_speech: dict[str, int] = {}
    for metric in metrics:
        speech, at_ms = _speech_id(metric), whole(metric, "audioOffsetMs") or 0
        last_of_speech[speech] = max(at_ms, last_of_speech.get(speech, 0))
    found: dict[int, list[Any]] = {}
    for metric in metrics:
        index = _turn_of(metric, entries, last_of_speech)
        if index is not None:
            found.setdefault(index, []).append(storable(dict(metric)))
    placed = tuple(
        replace(entry, payload={**(entry.payload or {}), "metrics": found[index]}) if index in found else entry
        for index, entry in enumerate(entries)
    )
    return placed, len(metrics) - sum(len(each) for each in found.values())


def _turn_of(metric: Message, entries: Sequence[NewTranscriptEntry], last_of_speech: dict[str, int]) -> int | None:
    at_ms = whole(metric, "audioOffsetMs")
    if at_ms is None:
        return None
    if text(metric, "kind") in OF_CUSTOMER:
        begun = [
            index
            for index, entry in enumerate(entries)
            if entry.role is Role.CUSTOMER and entry.start_offset_ms <= at_ms
        ]
        return begun[-1] if begun else None
    speech = _speech_id(metric)
    settled_ms = last_of_speech[speech] if speech else at_ms
    answers = [index for index, entry in enumerate(entries) if entry.role is Role.AGENT]
    return next((index for index in answers if entries[index].end_offset_ms >= settled_ms), None)


def _speech_id(metric: Message) -> str:
    return text(part(metric, "extra"), "speech_id") or ""
