import itertools

from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.metrics.intervals import covered_ms, merged, overlaps, silences, speech_ms
from tests.support.conversations import AGENT, CUSTOMER, segment

LAST_MS = 300


@st.composite
def any_segment(draw: st.DrawFn) -> Segment:
    start = draw(st.integers(min_value=0, max_value=LAST_MS - 1))
    end = draw(st.integers(min_value=start + 1, max_value=LAST_MS))
    return segment(draw(st.sampled_from(Role)), start, end)


SEGMENTS = st.lists(any_segment(), max_size=12)


def spoken(role: Role | None, segments: list[Segment]) -> set[int]:
    """Every millisecond in which the party (or anyone) speaks: the slow, obvious account."""
    return {
        at
        for one in segments
        if role is None or one.role is role
        for at in range(one.start_offset_ms, one.end_offset_ms)
    }


@given(segments=SEGMENTS)
def test_merged_covers_what_is_spoken_in_disjoint_order(segments: list[Segment]) -> None:
    intervals = merged(segments)
    assert {at for start, end in intervals for at in range(start, end)} == spoken(None, segments)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(intervals))


@given(segments=SEGMENTS)
def test_overlap_is_where_both_speak(segments: list[Segment]) -> None:
    both = spoken(AGENT, segments) & spoken(CUSTOMER, segments)
    assert {at for start, end in overlaps(segments) for at in range(start, end)} == both
    assert covered_ms(overlaps(segments)) == len(both)


@given(segments=SEGMENTS)
def test_shared_stretches_of_one_party_count_once(segments: list[Segment]) -> None:
    assert speech_ms(AGENT, segments) == len(spoken(AGENT, segments))


@given(segments=SEGMENTS)
def test_silence_and_speech_fill_the_call_between_its_first_and_last_word(segments: list[Segment]) -> None:
    found = silences(segments)
    quiet = {at for one in found for at in range(one.start_offset_ms, one.end_offset_ms)}
    heard = spoken(None, segments)
    assert quiet.isdisjoint(heard)
    assert quiet | heard == (set(range(min(heard), max(heard) + 1)) if heard else set())
    assert all(one.duration_ms > 0 and one.before in segments and one.after in segments for one in found)


@given(segments=SEGMENTS, order=st.randoms())
def test_the_order_of_segments_does_not_matter(segments: list[Segment], order: object) -> None:
    shuffled = sorted(segments, key=lambda _: order.random())  # type: ignore[attr-defined] # hypothesis' own Random
    assert overlaps(segments) == overlaps(shuffled)
    assert merged(segments) == merged(shuffled)
