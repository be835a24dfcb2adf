import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.ids import new_id
from callscope.core.recording import Channel
from callscope.web.views.timeline import event_tables, lanes, overlaps, responses, silences, timeline_document
from tests.support.built_calls import (
    SCRIPT,
    Line,
    build_conversation,
    build_recording,
    build_tool,
    build_whole_call,
)

starts_and_lengths = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=12)


def segments_of(role: Role, spans: list[tuple[int, int]]) -> list[Segment]:
    """Lay spans one after the other, so that a party never overlaps itself."""
    at, found = 0, []
    for gap, length in spans:
        start = at + gap % 50
        found.append(Segment(role=role, start_offset_ms=start, end_offset_ms=start + length))
        at = start + length + 1
    return found


@given(starts_and_lengths, starts_and_lengths)
def test_overlaps_are_the_milliseconds_in_which_both_speak(
    agent: list[tuple[int, int]], customer: list[tuple[int, int]]
) -> None:
    segments = segments_of(Role.AGENT, agent) + segments_of(Role.CUSTOMER, customer)
    spoken = {
        role: {at for one in segments if one.role is role for at in range(one.start_offset_ms, one.end_offset_ms)}
        for role in Role
    }
    found = {at for start, end in overlaps(segments) for at in range(start, end)}
    assert found == spoken[Role.AGENT] & spoken[Role.CUSTOMER]


def test_a_silence_ends_shortly_before_the_next_words_of_either_party() -> None:
    agent = [
        Segment(role=Role.AGENT, start_offset_ms=0, end_offset_ms=1000),
        Segment(role=Role.AGENT, start_offset_ms=6000, end_offset_ms=7000),
        Segment(role=Role.AGENT, start_offset_ms=10_499, end_offset_ms=10_900),
    ]
    customer = [
        Segment(role=Role.CUSTOMER, start_offset_ms=2500, end_offset_ms=3000),
        Segment(role=Role.CUSTOMER, start_offset_ms=6500, end_offset_ms=9000),
    ]
    assert list(silences(agent + customer)) == [(1300, 2200), (3300, 5700)]


def test_the_document_has_everything_on_one_axis() -> None:
    document = timeline_document(build_whole_call(project_id=new_id()).timed())
    assert document["duration_ms"] == 47_000
    assert [lane["label"] for lane in document["lanes"]] == ["Customer", "Agent"]
    assert document["speech"][Role.AGENT][0] == (900, 4200)
    assert {"role": Role.AGENT, "start_ms": 18_000, "end_ms": 21_400} in document["gaps"]
    assert [one["yielded"] for one in document["interruptions"]] == [True, False]
    assert document["overlaps"] == [(12_000, 12_400), (24_000, 25_200), (29_000, 33_000)]
    assert document["tools"][0]["name"] == "find_account"


def test_a_response_ends_where_its_turn_starts() -> None:
    found = responses(build_conversation())
    assert [(one.role, one.start_ms, one.length_ms) for one in found][:2] == [
        (Role.CUSTOMER, 4200, 450),
        (Role.AGENT, 9400, 700),
    ]


def test_tables_put_the_worst_first() -> None:
    response_table, interruption_table, overlap_table = event_tables(build_conversation())
    assert [row.amount for row in response_table.rows][:3] == ["3.40 s", "2.10 s", "1.70 s"]
    assert response_table.rows[0].tone == "severe"
    assert [row.note for row in interruption_table.rows] == [
        "failed: the agent went on",
        "the agent stopped after 2.00 s",
    ]
    assert [row.amount for row in overlap_table.rows] == ["4.00 s", "1.20 s", "400 ms"]


def test_long_tables_say_how_much_they_leave_out() -> None:
    script = tuple(
        Line(
            role, start * 1000 + (0 if role is Role.AGENT else 500), start * 1000 + (300 if role is Role.AGENT else 800)
        )
        for start in range(60)
        for role in (Role.AGENT, Role.CUSTOMER)
    )
    table = event_tables(build_conversation(script))[0]
    assert (len(table.rows), table.total) == (25, 119)


def test_parties_without_a_channel_get_a_lane_of_their_own() -> None:
    mono = dataclasses.replace(build_recording(), channels=(Channel(index=0, role=None),))
    found = lanes(mono, has_conversation=True)
    assert [(lane["label"], lane["channel"]) for lane in found] == [
        ("Recording", 0),
        ("Customer", None),
        ("Agent", None),
    ]


def test_without_a_recording_the_axis_reaches_to_the_last_thing_known() -> None:
    late_tool = build_tool(start_offset_ms=60_000, end_offset_ms=None)
    record = build_whole_call(project_id=new_id(), recording=None, tools=(late_tool,))
    assert record.timed().length_ms == 60_000
    assert dataclasses.replace(record, tools=()).timed().length_ms == max(line.end_ms for line in SCRIPT) + 1000
