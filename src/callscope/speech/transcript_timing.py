"""A conversation from a transcript's times, for parties that share one channel or a recording that is not there."""

from collections.abc import Sequence
from itertools import pairwise

from callscope.core.conversation import Conversation, Segment, TimingBasis
from callscope.core.transcript import TranscriptEntry
from callscope.speech.parameters import DEFAULT_TURNS, TurnParameters
from callscope.speech.turns import build_conversation

TRANSCRIPT_CONFIDENCE = 0.6
"""Confidence of timing that rests on what a sender wrote down."""
ESTIMATED_END_CONFIDENCE = 0.4
"""Confidence when most ends had to be estimated from the words."""

_SPOKEN_MS_PER_WORD = 370
"""An everyday pace of about 160 words a minute; used only for ends the sender did not know."""
_SHORTEST_SPOKEN_MS_PER_WORD = 90
"""Faster than eleven words a second nobody speaks: such an end stands for "unknown"."""


def conversation_from_transcript(
    entries: Sequence[TranscriptEntry], *, parameters: TurnParameters = DEFAULT_TURNS
) -> Conversation | None:
    """Return the conversation that the times of `entries` tell, None when they tell none.

    Times tell nothing when there is no entry, or when several entries all begin at one moment. An end that is
    missing or implausibly early is estimated from the number of words, and never reaches past the next entry's
    start.
    """
    spoken = sorted((entry for entry in entries if entry.text.strip()), key=lambda entry: entry.start_offset_ms)
    if not spoken or (len(spoken) > 1 and spoken[0].start_offset_ms == spoken[-1].start_offset_ms):
        return None
    followers = [follower.start_offset_ms for _, follower in pairwise(spoken)] + [None]
    segments = []
    estimated_count = 0
    for entry, next_start_ms in zip(spoken, followers, strict=True):
        end_ms = entry.end_offset_ms
        if not _is_plausible(entry):
            estimated_count += 1
            end_ms = _estimated_end_ms(entry, next_start_ms)
        segments.append(Segment(role=entry.role, start_offset_ms=entry.start_offset_ms, end_offset_ms=end_ms))
    mostly_known = estimated_count * 2 <= len(spoken)
    return build_conversation(
        segments,
        basis=TimingBasis.TRANSCRIPT,
        confidence=TRANSCRIPT_CONFIDENCE if mostly_known else ESTIMATED_END_CONFIDENCE,
        parameters=parameters,
    )


def _is_plausible(entry: TranscriptEntry) -> bool:
    words = len(entry.text.split())
    return entry.end_offset_ms - entry.start_offset_ms >= words * _SHORTEST_SPOKEN_MS_PER_WORD


def _estimated_end_ms(entry: TranscriptEntry, next_start_ms: int | None) -> int:
    estimated_ms = entry.start_offset_ms + len(entry.text.split()) * _SPOKEN_MS_PER_WORD
    if next_start_ms is not None and next_start_ms > entry.start_offset_ms:
        estimated_ms = min(estimated_ms, next_start_ms)
    return max(estimated_ms, entry.end_offset_ms, entry.start_offset_ms + 1)
