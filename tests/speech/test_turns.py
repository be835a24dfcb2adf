from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Segment, TimingBasis, TurnKind
from callscope.speech.turns import build_conversation, join_overlaps

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER
Spoken = tuple[Role, int, int]


def conversation(*spoken: Spoken) -> Conversation:
    segments = [Segment(role=role, start_offset_ms=start, end_offset_ms=end) for role, start, end in spoken]
    return build_conversation(segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=1.0)


def outline(heard: Conversation) -> list[tuple[Role, str, int, int, int | None]]:
    return [
        (turn.role, turn.kind.value, turn.start_offset_ms, turn.end_offset_ms, turn.response_time_ms)
        for turn in heard.turns
    ]


def interruptions(heard: Conversation) -> list[tuple[Role, int, bool, int | None]]:
    return [(found.by, found.at_offset_ms, found.yielded, found.stop_latency_ms) for found in heard.interruptions]


def test_nobody_speaks() -> None:
    assert conversation().turns == ()


def test_turns_alternate_and_answers_are_timed() -> None:
    heard = conversation((AGENT, 500, 2000), (AGENT, 2400, 4000), (CUSTOMER, 4700, 6000), (AGENT, 6900, 9000))
    assert outline(heard) == [
        (AGENT, "turn", 500, 4000, None),
        (CUSTOMER, "turn", 4700, 6000, 700),
        (AGENT, "turn", 6900, 9000, 900),
    ]
    assert heard.interruptions == ()


def test_an_answer_at_the_very_end_of_the_question_took_no_time() -> None:
    assert outline(conversation((AGENT, 0, 2000), (CUSTOMER, 2000, 4000)))[1][4] == 0


def test_a_short_word_inside_a_turn_is_a_backchannel_and_takes_no_floor() -> None:
    heard = conversation((AGENT, 0, 6000), (CUSTOMER, 2000, 2400), (CUSTOMER, 6700, 9000))
    assert outline(heard) == [
        (AGENT, "turn", 0, 6000, None),
        (CUSTOMER, "backchannel", 2000, 2400, None),
        (CUSTOMER, "turn", 6700, 9000, 700),
    ]
    assert heard.interruptions == ()


def test_a_short_word_in_a_short_pause_is_a_backchannel() -> None:
    heard = conversation((AGENT, 0, 3000), (CUSTOMER, 3100, 3500), (AGENT, 3700, 6000))
    assert [turn.kind for turn in heard.turns] == [TurnKind.TURN, TurnKind.BACKCHANNEL]
    assert heard.turns[0].end_offset_ms == 6000


def test_a_short_answer_that_the_other_waited_for_is_a_turn() -> None:
    heard = conversation((AGENT, 0, 3000), (CUSTOMER, 3500, 3900), (AGENT, 4500, 6000))
    assert [turn.response_time_ms for turn in heard.turns] == [None, 500, 600]


def test_a_short_word_with_which_a_turn_begins_is_no_backchannel() -> None:
    heard = conversation((CUSTOMER, 0, 3000), (AGENT, 2300, 2780), (AGENT, 3450, 5000))
    assert outline(heard) == [(CUSTOMER, "turn", 0, 3000, None), (AGENT, "turn", 2300, 5000, None)]


def test_a_barge_in_that_is_yielded_to() -> None:
    heard = conversation((AGENT, 0, 5000), (CUSTOMER, 4400, 7000))
    assert interruptions(heard) == [(CUSTOMER, 4400, True, 600)]
    assert outline(heard)[1] == (CUSTOMER, "turn", 4400, 7000, None)


def test_a_barge_in_that_fails_takes_no_floor() -> None:
    heard = conversation((AGENT, 0, 9000), (CUSTOMER, 3000, 4500), (AGENT, 9400, 11_000))
    assert interruptions(heard) == [(CUSTOMER, 3000, False, None)]
    assert outline(heard) == [(AGENT, "turn", 0, 11_000, None), (CUSTOMER, "turn", 3000, 4500, None)]


def test_a_breath_of_the_interrupted_party_is_no_yielding() -> None:
    heard = conversation((AGENT, 0, 4000), (CUSTOMER, 3000, 5500), (AGENT, 4250, 9000))
    assert interruptions(heard) == [(CUSTOMER, 3000, False, None)]
    assert heard.turns[0].end_offset_ms == 9000


def test_an_early_start_within_the_threshold_is_overlap_and_not_interruption() -> None:
    heard = conversation((AGENT, 0, 3000), (CUSTOMER, 2850, 5000))
    assert heard.interruptions == ()
    assert heard.turns[1].overlap_at_onset_ms == 150
    assert heard.turns[1].response_time_ms is None


def test_two_far_apart_attempts_are_two_interruptions() -> None:
    heard = conversation((AGENT, 0, 20_000), (CUSTOMER, 3000, 4500), (CUSTOMER, 12_000, 13_500))
    assert [found.at_offset_ms for found in heard.interruptions] == [3000, 12_000]


SEGMENTS = st.lists(
    st.builds(
        lambda role, start, length: Segment(role=role, start_offset_ms=start, end_offset_ms=start + length),
        st.sampled_from(list(Role)),
        st.integers(0, 30_000),
        st.integers(1, 4000),
    ),
    max_size=25,
)


def build(segments: list[Segment]) -> Conversation:
    return build_conversation(segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=1.0)


@given(SEGMENTS)
def test_every_segment_is_in_exactly_one_turn(segments: list[Segment]) -> None:
    heard = build(segments)
    inside = [segment for turn in heard.turns for segment in turn.segments]
    assert sorted(inside, key=str) == sorted(join_overlaps(segments), key=str)


@given(SEGMENTS)
def test_turns_come_in_order_and_hold_one_party(segments: list[Segment]) -> None:
    heard = build(segments)
    onsets = [turn.start_offset_ms for turn in heard.turns]
    assert onsets == sorted(onsets)
    for turn in heard.turns:
        assert {segment.role for segment in turn.segments} == {turn.role}
        assert turn.start_offset_ms == turn.segments[0].start_offset_ms
        assert turn.end_offset_ms == turn.segments[-1].end_offset_ms


@given(SEGMENTS)
def test_the_order_of_the_input_does_not_matter(segments: list[Segment]) -> None:
    assert build(segments) == build(segments[::-1])


@given(SEGMENTS, st.integers(0, 10_000))
def test_time_shifts_through(segments: list[Segment], by_ms: int) -> None:
    later = [
        Segment(role=s.role, start_offset_ms=s.start_offset_ms + by_ms, end_offset_ms=s.end_offset_ms + by_ms)
        for s in segments
    ]
    shifted = [
        (role, kind, start + by_ms, end + by_ms, gap) for role, kind, start, end, gap in outline(build(segments))
    ]
    assert outline(build(later)) == shifted


@given(SEGMENTS)
def test_parties_are_treated_alike(segments: list[Segment]) -> None:
    onsets = [segment.start_offset_ms for segment in join_overlaps(segments)]
    if len(set(onsets)) < len(onsets):
        return  # of two that start in the same millisecond one must come first
    swapped = [
        Segment(role=s.role.other, start_offset_ms=s.start_offset_ms, end_offset_ms=s.end_offset_ms) for s in segments
    ]
    mirrored = [(role.other, *rest) for role, *rest in outline(build(segments))]
    assert [tuple(row) for row in outline(build(swapped))] == mirrored


@given(SEGMENTS)
def test_a_response_time_is_a_gap_in_which_the_other_party_is_silent(segments: list[Segment]) -> None:
    heard = build(segments)
    for turn in heard.turns:
        if turn.response_time_ms is None:
            continue
        assert turn.response_time_ms >= 0
        assert turn.overlap_at_onset_ms == 0
        asked_until_ms = turn.start_offset_ms - turn.response_time_ms
        others = [segment for segment in heard.segments if segment.role is not turn.role]
        assert any(segment.end_offset_ms == asked_until_ms for segment in others)
        assert not any(
            segment.start_offset_ms < turn.start_offset_ms and segment.end_offset_ms > asked_until_ms
            for segment in others
        )


@given(SEGMENTS)
def test_interruptions_are_overlaps_beyond_the_threshold(segments: list[Segment]) -> None:
    for found in build(segments).interruptions:
        assert found.overlap_ms > 200
        assert found.yielded == (found.stop_latency_ms is not None)
        assert found.stop_latency_ms is None or found.overlap_ms <= found.stop_latency_ms <= 2000
