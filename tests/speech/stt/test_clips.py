from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.recording import Span
from callscope.speech.channel_audio import read_from
from callscope.speech.stt.clips import Clip, ClipParameters, cut_clips

PARAMETERS = ClipParameters(padding_ms=200)


def cut(segments: list[Span], duration_ms: int = 120_000) -> list[Clip]:
    samples = np.arange(duration_ms * 16, dtype=np.float32)
    return list(cut_clips(segments, read_from(samples), PARAMETERS))


@st.composite
def detected_segments(draw: st.DrawFn) -> list[Span]:
    lengths = draw(st.lists(st.tuples(st.integers(1, 20_000), st.integers(100, 60_000)), max_size=12))
    segments, at_ms = [], 0
    for gap, length in lengths:
        segments.append((at_ms + gap, at_ms + gap + length))
        at_ms += gap + length
    return segments


@given(detected_segments())
def test_all_speech_is_in_one_clip_and_no_clip_is_too_long(segments: list[Span]) -> None:
    clips = cut(segments, 0)
    spoken = [span for clip in clips for piece in clip.pieces for span in piece.spoken]
    assert sum(end - start for start, end in spoken) == sum(end - start for start, end in segments)
    assert spoken == sorted(spoken)
    assert all(clip.duration_ms <= PARAMETERS.longest_ms for clip in clips)
    assert all(
        piece.start_ms <= start < end <= piece.end_ms
        for c in clips
        for piece in c.pieces
        for start, end in piece.spoken
    )


@given(detected_segments())
def test_no_speech_is_heard_twice(segments: list[Span]) -> None:
    pieces = [piece for clip in cut(segments, 0) for piece in clip.pieces]
    for before, after in pairwise(pieces):
        assert before.end_ms <= after.spoken[0][0]
        assert after.start_ms >= before.spoken[-1][1]


def test_long_silences_are_left_out_and_found_again() -> None:
    (clip,) = cut([(1_000, 2_000), (60_000, 61_000)])
    assert clip.duration_ms == 2_800
    first, second = clip.pieces
    assert (first.start_ms, second.start_ms, second.clip_ms) == (800, 59_800, 1_400)
    assert clip.piece_at(1_399) is first
    assert clip.piece_at(1_400) is second
    assert clip.piece_at(99_000) is second


def test_the_samples_are_those_of_the_pieces() -> None:
    samples = np.arange(70_000 * 16, dtype=np.float32)
    (clip,) = cut_clips([(1_000, 2_000), (60_000, 61_000)], read_from(samples), PARAMETERS)
    assert clip.samples(read_from(samples))[[0, 1_400 * 16]].tolist() == [800 * 16, 59_800 * 16]


def test_a_monologue_is_cut_where_it_is_quiet() -> None:
    samples = np.random.default_rng(1).standard_normal(40_000 * 16).astype(np.float32)
    samples[23_000 * 16 : 23_100 * 16] = 0
    first, second = cut_clips([(0, 40_000)], read_from(samples))
    assert first.pieces[-1].spoken[-1][1] == pytest.approx(23_050, abs=30)
    assert second.pieces[0].spoken[0][0] == first.pieces[-1].spoken[-1][1]


def test_no_speech_makes_no_clip() -> None:
    assert cut([]) == []
