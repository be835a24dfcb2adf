from callscope.core.span_meaning import Attribution, ResponseSplit, SpanPart, Stretch
from callscope.web.templating import render
from callscope.web.views.waits import WaitsView, view_waits

SPLIT = ResponseSplit(
    turn_start_offset_ms=3000,
    heard_ms=1000,
    stretches=(
        Stretch(part=SpanPart.LLM, start_offset_ms=2100, end_offset_ms=2400),
        Stretch(part=SpanPart.LLM, start_offset_ms=2500, end_offset_ms=2600),
        Stretch(part=SpanPart.TTS, start_offset_ms=2600, end_offset_ms=3000),
    ),
    reported_ms=950,
    reason=None,
)
UNTRACED = ResponseSplit(turn_start_offset_ms=400, heard_ms=300, stretches=(), reported_ms=None, reason="No spans.")


def viewed(*splits: ResponseSplit) -> WaitsView:
    parts = frozenset({SpanPart.LLM, SpanPart.TOOL, SpanPart.TTS})
    return view_waits(
        Attribution(alignment=None, reason=None, splits=splits, parts=parts, parameters={}, version="built")
    )


def test_a_part_the_traces_never_name_is_unknown_and_not_nothing() -> None:
    (row,) = viewed(SPLIT).rows
    assert row.amounts == ("1.00 s", None, None, "400 ms", "0 ms", "400 ms", "200 ms", "950 ms")
    assert (row.at, row.href, row.reason) == ("0:03.0", "#t=1.5", None)


def test_the_bar_of_a_wait_is_as_long_as_the_wait() -> None:
    (row,) = viewed(SPLIT).rows
    llm, tts, unexplained = row.bar
    assert llm == ("part-llm", "M0 0h400v18h-400z")
    assert tts == ("part-tts", "M400 0h400v18h-400z")
    assert unexplained[0] == "gap-slow"
    assert unexplained[1].startswith("M800 0h200v3h-200zM800 5h200")


def test_the_strip_has_what_was_waited_for_where_it_was() -> None:
    strip = dict(viewed(SPLIT, UNTRACED).strip)
    assert strip["part-llm"] == "M2100 0h300v18h-300zM2500 0h100v18h-100z"
    assert strip["gap-slow"].startswith("M2000 0h100v3h-100z")
    assert strip["gap-other"].startswith("M100 0h300v3h-300z")
    assert set(strip) == {"part-llm", "part-tts", "gap-slow", "gap-other"}


def test_a_wait_that_is_not_split_says_why() -> None:
    (row,) = viewed(UNTRACED).rows
    assert row.reason == "No spans."
    assert row.amounts == ("300 ms", *[None] * 7)
    assert 'data-label="Split">No spans.</td>' in render("_waits.html", waits=viewed(UNTRACED))


def test_without_waits_there_is_nothing_to_show() -> None:
    assert render("_waits.html", waits=view_waits(None)).strip() == ""
