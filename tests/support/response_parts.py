"""A call of three answers of the agent, the first two with spans in their waits."""

import dataclasses

from callscope.core.metric import CallFacts
from callscope.core.span_meaning import Alignment, AlignmentMethod, Attribution, ResponseSplit, SpanPart, Stretch
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, turn

ALIGNMENT = Alignment(
    method=AlignmentMethod.SPEECH_ONSETS,
    sample_0_unix_ms=1.7e12,
    drift_ppm=30.0,
    drift_uncertainty_ppm=9.0,
    uncertainty_ms=11.6,
    matched_onset_count=6,
    onset_count=6,
)
TALK = conversation(
    turn(CUSTOMER, (0, 1000)),
    turn(AGENT, (2000, 3000), response_ms=1000),
    turn(CUSTOMER, (3500, 5000), response_ms=500),
    turn(AGENT, (7000, 8000), response_ms=2000),
    turn(CUSTOMER, (8500, 9000), response_ms=500),
    turn(AGENT, (9400, 9900), response_ms=400),
)


def split(at_ms: int, heard_ms: int, *stretches: tuple[SpanPart, int, int], reported_ms: int | None) -> ResponseSplit:
    return ResponseSplit(
        turn_start_offset_ms=at_ms,
        heard_ms=heard_ms,
        stretches=tuple(Stretch(part=part, start_offset_ms=start, end_offset_ms=end) for part, start, end in stretches),
        reported_ms=reported_ms,
        reason=None if stretches else "No span of the agent's parts falls into this gap.",
    )


SPLITS = (
    split(
        2000,
        1000,
        (SpanPart.END_OF_TURN, 1000, 1400),
        (SpanPart.STT, 1400, 1450),
        (SpanPart.LLM, 1450, 1700),
        (SpanPart.TTS, 1750, 1900),
        reported_ms=600,
    ),
    split(
        7000,
        2000,
        (SpanPart.END_OF_TURN, 5000, 5600),
        (SpanPart.LLM, 5650, 6000),
        (SpanPart.TOOL, 6000, 6400),
        (SpanPart.LLM, 6400, 6700),
        (SpanPart.TTS, 6700, 6800),
        reported_ms=2300,
    ),
    split(9400, 400, reported_ms=None),
)
PARTS = frozenset({SpanPart.END_OF_TURN, SpanPart.STT, SpanPart.LLM, SpanPart.TOOL, SpanPart.TTS})


def explained(
    *splits: ResponseSplit, parts: frozenset[SpanPart] = PARTS, alignment: Alignment | None = ALIGNMENT
) -> CallFacts:
    """Return the facts of the call with these splits of its waits."""
    attribution = Attribution(
        alignment=alignment,
        reason=None if alignment else "The clocks do not meet.",
        splits=splits,
        parts=parts,
        parameters={"onset_tolerance_ms": 250.0},
        version="built",
    )
    return dataclasses.replace(facts(TALK), attribution=attribution)
