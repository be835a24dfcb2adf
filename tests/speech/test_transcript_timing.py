from uuid import UUID

import pytest

from callscope.core.call import Role
from callscope.core.conversation import TimingBasis
from callscope.core.transcript import TranscriptEntry
from callscope.speech.transcript_timing import (
    ESTIMATED_END_CONFIDENCE,
    TRANSCRIPT_CONFIDENCE,
    conversation_from_transcript,
)


def entry(role: Role, start_ms: int, end_ms: int, text: str = "yes that is right") -> TranscriptEntry:
    return TranscriptEntry(
        id=UUID(int=start_ms + 1),
        role=role,
        participant_id=None,
        text=text,
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        language_code=None,
        payload=None,
    )


def test_times_are_taken_as_they_are() -> None:
    heard = conversation_from_transcript([entry(Role.CUSTOMER, 2500, 4000), entry(Role.AGENT, 0, 2000)])
    assert heard is not None
    assert heard.basis is TimingBasis.TRANSCRIPT
    assert heard.confidence == TRANSCRIPT_CONFIDENCE
    assert [(turn.role, turn.response_time_ms) for turn in heard.turns] == [(Role.AGENT, None), (Role.CUSTOMER, 500)]


def test_missing_ends_are_estimated_from_the_words() -> None:
    heard = conversation_from_transcript([entry(Role.AGENT, 0, 0), entry(Role.CUSTOMER, 9000, 9000)])
    assert heard is not None
    assert heard.confidence == ESTIMATED_END_CONFIDENCE
    assert [segment.end_offset_ms for segment in heard.segments] == [1480, 10_480]


def test_an_estimated_end_stops_where_the_next_entry_starts() -> None:
    heard = conversation_from_transcript([entry(Role.AGENT, 0, 1), entry(Role.CUSTOMER, 800, 3000)])
    assert heard is not None
    assert heard.turns[0].end_offset_ms == 800


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry(Role.AGENT, 0, 2000, text="  ")],
        [entry(Role.AGENT, 0, 0), entry(Role.CUSTOMER, 0, 0)],
    ],
)
def test_no_times_tell_nothing(entries: list[TranscriptEntry]) -> None:
    assert conversation_from_transcript(entries) is None
