import numpy as np
import pytest

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.ids import new_id
from callscope.core.transcript import TranscriptEntry
from callscope.speech.alignment import align

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER


def entry(role: Role, start_ms: int, end_ms: int, text: str = "some words of the call") -> TranscriptEntry:
    return TranscriptEntry(
        id=new_id(),
        role=role,
        participant_id=None,
        text=text,
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        language_code=None,
        payload=None,
    )


def speech(role: Role, start_ms: int, end_ms: int) -> Segment:
    return Segment(role=role, start_offset_ms=start_ms, end_offset_ms=end_ms)


def made_call(seed: int, turn_count: int = 30) -> list[Segment]:
    """Alternating turns of one segment each, 1 to 5 s long, 0.2 to 2.5 s apart."""
    rng = np.random.default_rng(seed)
    at_ms, segments = 1_000, []
    for index in range(turn_count):
        end_ms = at_ms + int(rng.integers(1_000, 5_000))
        segments.append(speech((AGENT, CUSTOMER)[index % 2], at_ms, end_ms))
        at_ms = end_ms + int(rng.integers(200, 2_500))
    return segments


def transcript_of(
    segments: list[Segment], *, offset_ms: float = 0, drift: float = 0, jitter_ms: float = 0, with_ends: bool = True
) -> list[TranscriptEntry]:
    """The transcript a sender's clock would have written of `segments`: recording = offset + (1 + drift) x theirs."""
    rng = np.random.default_rng(99)
    entries = []
    for segment in segments:
        start_ms, end_ms = (
            max(round((moment - offset_ms) / (1 + drift) + rng.uniform(-jitter_ms, jitter_ms)), 0)
            for moment in (segment.start_offset_ms, segment.end_offset_ms)
        )
        letters = "a" * (segment.duration_ms // 60)
        entries.append(entry(segment.role, start_ms, max(end_ms, start_ms) if with_ends else start_ms, letters))
    return entries


@pytest.mark.parametrize("with_ends", [True, False])
@pytest.mark.parametrize(("offset_ms", "drift"), [(0, 0), (3_700, 0), (-900, 0), (1_200, 0.002), (0, -0.0015)])
def test_offset_and_drift_are_found_and_markers_sit_on_the_speech(
    offset_ms: int, drift: float, with_ends: bool
) -> None:
    segments = made_call(1)
    laid = align(
        transcript_of(segments, offset_ms=offset_ms, drift=drift, jitter_ms=120, with_ends=with_ends), segments
    )
    assert [(a.entry.start_offset_ms, a.entry.end_offset_ms) for a in laid.entries[1:]] == [
        (s.start_offset_ms, s.end_offset_ms) for s in segments[1:]
    ]
    assert laid.clock.to_recording_ms(60_000) == pytest.approx(offset_ms + (1 + drift) * 60_000, abs=120)
    assert laid.confidence > 0.95


def test_a_long_call_with_a_drifting_clock_is_followed_to_its_end() -> None:
    segments = made_call(2, turn_count=700)
    laid = align(transcript_of(segments, offset_ms=-400, drift=0.0007, jitter_ms=150), segments)
    last_ms = segments[-1].start_offset_ms
    assert laid.clock.to_recording_ms((last_ms + 400) / 1.0007) == pytest.approx(last_ms, abs=200)
    moved = [
        abs(a.entry.start_offset_ms - s.start_offset_ms) for a, s in zip(laid.entries[1:], segments[1:], strict=True)
    ]
    assert np.median(moved) == 0


def test_a_good_clock_is_left_alone() -> None:
    segments = made_call(3)
    laid = align(transcript_of(segments, jitter_ms=40), segments)
    assert abs(laid.clock.offset_ms) < 40
    assert laid.clock.matched_ratio > 0.85


def test_text_without_speech_and_speech_without_text_are_told() -> None:
    segments = made_call(4)
    entries = transcript_of(segments)
    silent = entry(AGENT, segments[-1].end_offset_ms + 30_000, segments[-1].end_offset_ms + 32_000, "nobody said this")
    laid = align([*entries[:10], *entries[11:], silent], segments)
    assert [e.text for e in laid.text_without_speech] == ["nobody said this"]
    assert laid.speech_without_text == (segments[10],)
    assert 0.9 < laid.confidence < 1


def test_an_entry_without_speech_keeps_the_transcripts_time() -> None:
    laid = align([entry(AGENT, 5_000, 7_000)], [])
    assert [(a.entry.start_offset_ms, a.entry.end_offset_ms, a.has_speech) for a in laid.entries] == [
        (5_000, 7_000, False)
    ]
    assert laid.confidence == 0


def test_two_entries_in_one_run_of_speech_share_it() -> None:
    segments = [speech(AGENT, 1_000, 9_000), speech(CUSTOMER, 10_000, 12_000)]
    entries = [entry(AGENT, 1_000, 5_000), entry(AGENT, 5_000, 9_000), entry(CUSTOMER, 10_000, 12_000)]
    laid = align(entries, segments)
    times = [(a.entry.start_offset_ms, a.entry.end_offset_ms) for a in laid.entries]
    assert times == [(1_000, 5_000), (5_000, 9_000), (10_000, 12_000)]


def test_an_entry_takes_all_segments_of_its_turn() -> None:
    segments = [speech(AGENT, 1_000, 2_000), speech(AGENT, 2_400, 4_000), speech(CUSTOMER, 5_000, 6_000)]
    laid = align([entry(AGENT, 1_000, 1_000), entry(CUSTOMER, 5_000, 5_000)], segments)
    assert laid.entries[0].entry.end_offset_ms == 4_000
    assert len(laid.entries[0].segments) == 2
    assert laid.speech_without_text == ()


def test_texts_order_and_ids_are_kept() -> None:
    segments = made_call(5)
    entries = transcript_of(segments, offset_ms=2_000)
    laid = align(entries, segments)
    assert [a.entry.id for a in laid.entries] == [e.id for e in entries]
    assert [a.entry.text for a in laid.entries] == [e.text for e in entries]


def test_nothing_on_nothing_is_nothing() -> None:
    laid = align([], [])
    assert laid.entries == ()
    assert laid.clock.offset_ms == 0
