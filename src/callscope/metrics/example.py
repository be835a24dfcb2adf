"""One short made-up call, timed by hand. The reference pages show what each metric says of it."""

from uuid import UUID

from callscope.core.call import Role, ToolInvocation
from callscope.core.conversation import Conversation, Interruption, Segment, TimingBasis, Turn, TurnKind
from callscope.core.metric import CallFacts
from callscope.core.span_meaning import Alignment, AlignmentMethod, Attribution, ResponseSplit, SpanPart, Stretch
from callscope.core.transcript import (
    DifferenceKind,
    TranscriptComparison,
    TranscriptEntry,
    TranscriptSource,
    WordComparison,
    WordDifference,
)

_LINES = (
    (Role.AGENT, 800, 3300, "Green Valley Clinic, this is Susan. How can I help you?"),
    (Role.CUSTOMER, 3950, 6900, "Hi, I would like to move my appointment from Monday to Thursday."),
    (Role.AGENT, 8100, 13400, "Of course. Let me see what we have. On Thursday we are open from nine"),
    (Role.CUSTOMER, 10700, 11100, "Okay."),
    (Role.CUSTOMER, 12800, 14500, "Sorry, I meant Friday."),
    (Role.AGENT, 15000, 19000, "Friday, then. I have ten o'clock and half past two. Which one would suit you?"),
    (Role.CUSTOMER, 19700, 26200, "Ten would be good. … Hello?"),
    (Role.AGENT, 27000, 30200, "I have put you down for ten on Friday, and you will get a text message."),
    (Role.CUSTOMER, 28000, 29400, "Could you make it eleven?"),
    (Role.CUSTOMER, 31000, 32400, "No, ten is fine."),
    (Role.AGENT, 33000, 34000, "Thank you. Goodbye."),
)


def _turn(
    role: Role,
    *spans: tuple[int, int],
    kind: TurnKind = TurnKind.TURN,
    response_time_ms: int | None = None,
    overlap_at_onset_ms: int = 0,
) -> Turn:
    segments = tuple(Segment(role=role, start_offset_ms=start, end_offset_ms=end) for start, end in spans)
    return Turn(
        role=role,
        kind=kind,
        start_offset_ms=segments[0].start_offset_ms,
        end_offset_ms=segments[-1].end_offset_ms,
        segments=segments,
        response_time_ms=response_time_ms,
        overlap_at_onset_ms=overlap_at_onset_ms,
    )


_TURNS = (
    _turn(Role.AGENT, (800, 3300)),
    _turn(Role.CUSTOMER, (3950, 6900), response_time_ms=650),
    _turn(Role.AGENT, (8100, 9600), (9900, 13400), response_time_ms=1200),
    _turn(Role.CUSTOMER, (10700, 11100), kind=TurnKind.BACKCHANNEL, overlap_at_onset_ms=400),
    _turn(Role.CUSTOMER, (12800, 14500), overlap_at_onset_ms=600),
    _turn(Role.AGENT, (15000, 19000), response_time_ms=500),
    _turn(Role.CUSTOMER, (19700, 21000), (25500, 26200), response_time_ms=700),
    _turn(Role.AGENT, (27000, 30200), response_time_ms=800),
    _turn(Role.CUSTOMER, (28000, 29400), overlap_at_onset_ms=1400),
    _turn(Role.CUSTOMER, (31000, 32400), response_time_ms=800),
    _turn(Role.AGENT, (33000, 34000), response_time_ms=600),
)

_CONVERSATION = Conversation(
    basis=TimingBasis.CHANNEL_AUDIO,
    segments=tuple(
        sorted((segment for turn in _TURNS for segment in turn.segments), key=lambda segment: segment.start_offset_ms)
    ),
    turns=_TURNS,
    interruptions=(
        Interruption(by=Role.CUSTOMER, at_offset_ms=12800, overlap_ms=600, yielded=True, stop_latency_ms=600),
        Interruption(by=Role.CUSTOMER, at_offset_ms=28000, overlap_ms=1400, yielded=False, stop_latency_ms=None),
    ),
    confidence=1.0,
    parameters={"interruption_overlap_ms": 200, "yield_limit_ms": 2000},
    version="by hand",
)


def _split(turn: Turn, *edges_ms: int, reported_ms: int) -> ResponseSplit:
    """Return a wait cut at `edges_ms`, by end of turn, transcription, model, tool and voice in that order."""
    parts = (SpanPart.END_OF_TURN, SpanPart.STT, SpanPart.LLM, SpanPart.TOOL, SpanPart.TTS)
    heard_ms = turn.response_time_ms or 0
    starts = (turn.start_offset_ms - heard_ms, *edges_ms)
    return ResponseSplit(
        turn_start_offset_ms=turn.start_offset_ms,
        heard_ms=heard_ms,
        stretches=tuple(
            Stretch(part=part, start_offset_ms=start, end_offset_ms=end)
            for part, start, end in zip(parts, starts, edges_ms, strict=False)
            if start < end
        ),
        reported_ms=reported_ms,
        reason=None,
    )


_ATTRIBUTION = Attribution(
    alignment=Alignment(
        method=AlignmentMethod.SPEECH_ONSETS,
        sample_0_unix_ms=1_766_000_000_000.0,
        drift_ppm=None,
        drift_uncertainty_ppm=None,
        uncertainty_ms=12.0,
        matched_onset_count=9,
        onset_count=9,
    ),
    reason=None,
    splits=(
        _split(_TURNS[2], 7300, 7380, 7680, 7860, 7980, reported_ms=680),
        _split(_TURNS[5], 14680, 14720, 14850, 14850, 14950, reported_ms=270),
        _split(_TURNS[7], 26520, 26560, 26760, 26760, 26880, reported_ms=360),
        _split(_TURNS[10], 32680, 32720, 32840, 32840, 32930, reported_ms=250),
    ),
    parts=frozenset({SpanPart.END_OF_TURN, SpanPart.STT, SpanPart.LLM, SpanPart.TOOL, SpanPart.TTS}),
    parameters={"onset_tolerance_ms": 250.0},
    version="by hand",
)


def _tool(
    name: str, parameters: dict[str, str], result: str | dict[str, str], start_ms: int, end_ms: int | None
) -> ToolInvocation:
    return ToolInvocation(
        id=UUID(int=start_ms),
        name=name,
        description=None,
        parameters=parameters,
        result=result,
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        agent_id=None,
    )


EXAMPLE = CallFacts(
    duration_ms=34600,
    conversation=_CONVERSATION,
    conversation_reason=None,
    transcript=tuple(
        TranscriptEntry(
            id=UUID(int=position),
            role=role,
            participant_id=None,
            text=text,
            start_offset_ms=start,
            end_offset_ms=end,
            language_code="en",
            payload=None,
        )
        for position, (role, start, end, text) in enumerate(_LINES)
    ),
    tools=(
        _tool("find_openings", {"day": "Thursday"}, {"from": "09:00"}, 7680, 7860),
        _tool("send_text_message", {"about": "Friday 10:00"}, "", 30200, None),
    ),
    attribution=_ATTRIBUTION,
    comparison=TranscriptComparison(
        reference=TranscriptSource.ROARK_POST_CALL,
        other=TranscriptSource.CUSTOMER_AGENT_REALTIME,
        by_role={
            Role.AGENT: WordComparison(reference_word_count=60, other_word_count=60, error_count=0, differences=()),
            Role.CUSTOMER: WordComparison(
                reference_word_count=34,
                other_word_count=34,
                error_count=1,
                differences=(
                    WordDifference(
                        kind=DifferenceKind.REPLACED,
                        reference_index=29,
                        reference_words=("seven",),
                        other_words=("eleven",),
                        at_offset_ms=28000,
                    ),
                ),
            ),
        },
    ),
)
