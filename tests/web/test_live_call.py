"""What a page shows of a call while nobody wrote down what is said in it."""

import dataclasses

from callscope.core.call import CallStatus, Role
from callscope.core.ids import new_id
from callscope.core.span_meaning import TracedTool, TracedWords
from callscope.services.live_dialogue import TracedDialogue
from callscope.services.live_hearing import HeardCall
from callscope.web.reader import CallRecord, TranscriptPart
from callscope.web.templating import render
from callscope.web.views.live import NEWEST_HEARD, view_live_call
from tests.support.built_calls import build_call, build_conversation, build_whole_call


def running(*, has_transcript: bool = False) -> CallRecord:
    project_id = new_id()
    built = build_whole_call(
        project_id=project_id, call=build_call(project_id=project_id, status=CallStatus.IN_PROGRESS)
    )
    conversation = build_conversation()
    heard = HeardCall(until_ms=47_000, conversation=conversation, values=built.values)
    # Of the whole call there is what its traces say.
    traced = tuple(dataclasses.replace(value, slug="llm_ttft") for value in built.values[:1])
    record = dataclasses.replace(built.record(), analysis=None, values=traced, heard=heard)
    if has_transcript:
        return record
    nothing = TranscriptPart(entries=(), tools=(), responses=())
    return dataclasses.replace(record, transcript=None, first_part=nothing, tools=(), tool_count=0)


def shown(record: CallRecord) -> str:
    return render("_live_call.html", live=view_live_call(record, record.first_part))


def test_turns_that_were_heard_stand_in_for_those_written_down() -> None:
    page = shown(running())

    assert "11 turns, 0 tool calls" in page
    assert "Heard in the first 0:47.0 of the recording" in page
    assert page.count('<li class="entry') == 11 < NEWEST_HEARD
    assert "speaks for 4.90 s" in page
    assert "3.40 s very slow" in page
    assert "Agent response p95" in page
    assert "not yet" not in page


def test_words_go_before_what_was_heard() -> None:
    page = shown(running(has_transcript=True))

    assert "Heard in the first" not in page
    assert "My bill is much higher than last month." in page


def test_a_call_that_is_over_is_not_told_from_what_was_heard() -> None:
    record = running()
    ended = dataclasses.replace(record, call=dataclasses.replace(record.call, status=CallStatus.ENDED))

    view = view_live_call(ended, ended.first_part)

    assert view.heard is None
    assert {figure.shown for figure in view.figures} == {"not yet"}


def traced(record: CallRecord, *, is_whole: bool = True) -> CallRecord:
    start_ns = round(record.call.started_at.timestamp() * 1e9)
    lines = (
        TracedWords(role=Role.CUSTOMER, text="where is <it>", start_unix_ns=start_ns, end_unix_ns=start_ns + 10**9),
        TracedTool(name="look_up", start_unix_ns=start_ns + 1_500_000_000, end_unix_ns=start_ns + 1_520_000_000),
        TracedWords(
            role=Role.AGENT, text="On Friday.", start_unix_ns=start_ns + 2 * 10**9, end_unix_ns=start_ns + 3 * 10**9
        ),
    )
    return dataclasses.replace(record, traced=TracedDialogue(lines=lines, is_whole=is_whole))


def test_words_of_the_trace_stand_in_and_say_where_they_come_from() -> None:
    page = shown(traced(running()))

    assert "From the trace" in page
    assert "2 turns, 1 tool call</p>" in page
    assert "where is &lt;it&gt;" in page
    assert "0:01.5 <code>look_up</code>" in page
    assert "20 ms" in page
    assert "Heard in the first" not in page, "words say more than who speaks when"
    assert "Agent response p95" in page, "what is heard still gives the first numbers"
    assert "among the newest spans" in shown(traced(running(), is_whole=False))


def test_a_transcript_takes_the_place_of_the_trace() -> None:
    page = shown(traced(running(has_transcript=True)))

    assert "From the trace" not in page
    assert "My bill is much higher than last month." in page
