"""Conversations and call facts built by hand, to the millisecond."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from callscope.core.call import Role, ToolInvocation
from callscope.core.conversation import Conversation, Interruption, Segment, TimingBasis, Turn, TurnKind
from callscope.core.metric import CallFacts
from callscope.core.recording import RecordingAnalysis
from callscope.core.transcript import TranscriptComparison, TranscriptEntry

AGENT = Role.AGENT
CUSTOMER = Role.CUSTOMER


def segment(role: Role, start_ms: int, end_ms: int) -> Segment:
    return Segment(role=role, start_offset_ms=start_ms, end_offset_ms=end_ms)


def turn(
    role: Role,
    *spans: tuple[int, int],
    response_ms: int | None = None,
    overlap_ms: int = 0,
    kind: TurnKind = TurnKind.TURN,
) -> Turn:
    return Turn(
        role=role,
        kind=kind,
        start_offset_ms=spans[0][0],
        end_offset_ms=spans[-1][1],
        segments=tuple(segment(role, start, end) for start, end in spans),
        response_time_ms=response_ms,
        overlap_at_onset_ms=overlap_ms,
    )


def backchannel(role: Role, start_ms: int, end_ms: int) -> Turn:
    return turn(role, (start_ms, end_ms), kind=TurnKind.BACKCHANNEL)


def interruption(by: Role, at_ms: int, overlap_ms: int, *, stopped_after_ms: int | None) -> Interruption:
    return Interruption(
        by=by,
        at_offset_ms=at_ms,
        overlap_ms=overlap_ms,
        yielded=stopped_after_ms is not None,
        stop_latency_ms=stopped_after_ms,
    )


def conversation(
    *turns: Turn,
    interruptions: Sequence[Interruption] = (),
    basis: TimingBasis = TimingBasis.CHANNEL_AUDIO,
    confidence: float = 1.0,
) -> Conversation:
    segments = [one for each in turns for one in each.segments]
    return Conversation(
        basis=basis,
        segments=tuple(sorted(segments, key=lambda one: one.start_offset_ms)),
        turns=turns,
        interruptions=tuple(interruptions),
        confidence=confidence,
        parameters={"interruption_overlap_ms": 200},
        version="built",
    )


def entry(role: Role, text: str, start_ms: int = 0, end_ms: int = 1000) -> TranscriptEntry:
    return TranscriptEntry(
        id=UUID(int=start_ms),
        role=role,
        participant_id=None,
        text=text,
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        language_code=None,
        payload=None,
    )


def said(*lines: tuple[Role, str], language: str | None = None) -> list[TranscriptEntry]:
    """Entries of a second each, one after the other."""
    return [
        replace(entry(role, text, position * 1000, position * 1000 + 900), language_code=language)
        for position, (role, text) in enumerate(lines)
    ]


def tool(
    start_ms: int, end_ms: int | None, result: str | Mapping[str, Any] = "done", *, name: str = "find_order"
) -> ToolInvocation:
    return ToolInvocation(
        id=UUID(int=start_ms),
        name=name,
        description=None,
        parameters={},
        result=result,
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        agent_id=None,
    )


def facts(
    talk: Conversation | None = None,
    *,
    transcript: Sequence[TranscriptEntry] = (),
    duration_ms: int | None = 60_000,
    reason: str | None = None,
    recording: RecordingAnalysis | None = None,
    tools: Sequence[ToolInvocation] = (),
    comparison: TranscriptComparison | None = None,
) -> CallFacts:
    return CallFacts(
        duration_ms=duration_ms,
        conversation=talk,
        conversation_reason=reason,
        transcript=tuple(transcript),
        tools=tuple(tools),
        recording=recording,
        comparison=comparison,
    )
