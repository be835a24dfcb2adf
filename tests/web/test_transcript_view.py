from callscope.core.ids import new_id
from callscope.web.reader import ENTRIES_PER_PART
from callscope.web.views.transcript import view_part, view_tool, view_transcript
from tests.support.built_calls import AGENT, CUSTOMER, Line, build_tool, build_whole_call


def long_script(entries: int) -> tuple[Line, ...]:
    roles = (AGENT, CUSTOMER)
    return tuple(Line(roles[at % 2], at * 2000, at * 2000 + 1500, f"line {at}") for at in range(entries))


def test_the_wait_stands_on_the_entry_that_opens_the_turn() -> None:
    record = build_whole_call(project_id=new_id(), tools=())
    view = view_transcript(record.record())
    assert view is not None
    items = view.parts[0].items
    assert items is not None
    waits = {item.entry.text: (item.entry.wait, item.entry.wait_words) for item in items if item.entry}
    assert waits["You were charged twice on the third of the month and I am going to"] == ("3.40 s", "very slow")
    assert waits["My bill is much higher than last month."] == ("450 ms", "")
    assert waits["okay"] == (None, "")
    assert waits["Wait, twice?"] == (None, "")


def test_tools_stand_between_the_words() -> None:
    items = view_part(build_whole_call(project_id=new_id()).part(0))
    kinds = [item.tool.name if item.tool else item.entry.text[:6] for item in items if item.tool or item.entry]
    assert kinds[4:7] == ["It is ", "find_account", "You we"]


def test_a_long_transcript_comes_in_pages_of_which_the_first_is_filled() -> None:
    record = build_whole_call(project_id=new_id(), script=long_script(100), tools=())
    view = view_transcript(record.record())
    assert view is not None
    assert [page.entry_count for page in view.parts] == [ENTRIES_PER_PART, ENTRIES_PER_PART, 20]
    assert [page.items is None for page in view.parts] == [False, True, True]
    assert view.parts[1].start_ms == ENTRIES_PER_PART * 2000
    pages = [view_part(record.part(index)) for index in range(4)]
    texts = [item.entry.text for page in pages for item in page if item.entry]
    assert texts == [f"line {at}" for at in range(100)]
    assert pages[3] == ()


def test_no_words_is_no_transcript() -> None:
    assert view_transcript(build_whole_call(project_id=new_id(), transcript=None).record()) is None


def test_a_tool_shows_what_went_in_and_came_out() -> None:
    view = view_tool(build_tool())
    assert view.parameters == (("account", "4412"), ("include_bills", "true"))
    assert '"balance": 91.5' in view.result
    assert (view.duration, view.has_returned) == ("2.60 s", True)
    silent = view_tool(build_tool(result="", end_offset_ms=None))
    assert (silent.duration, silent.has_returned) == ("end unknown", False)
