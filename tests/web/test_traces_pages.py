import dataclasses

import pytest

from callscope.core.errors import InvalidInput
from callscope.core.page import Page
from callscope.core.span_meaning import Alignment, AlignmentMethod, Attribution, SpanPart
from callscope.core.trace import SpanOutlines, SpanStatus
from callscope.core.trace_query import TraceSort, TraceSummary
from callscope.services.trace_drawing import DrawnTraces
from callscope.web.routes.traces import trace_query
from callscope.web.views.traces import FIELDS, list_address, view_list, view_span
from callscope.web.views.waterfall import alignment_words, call_document, trace_document
from tests.support.spans import made_span
from tests.web.conftest import SettableClock

NOTHING = dict.fromkeys(FIELDS, "")
NOW = SettableClock().now()
SUMMARY = TraceSummary(
    trace_id="ab" * 16,
    root_name=None,
    services=("a", "b", "c", "d"),
    start_unix_ns=1_000_000_000,
    end_unix_ns=3_500_000_000,
    span_count=1234,
    error_count=1,
    first_received_at=NOW,
    last_received_at=NOW,
)
ALIGNMENT = Alignment(
    method=AlignmentMethod.SPEECH_ONSETS,
    sample_0_unix_ms=900.0,
    drift_ppm=40.0,
    drift_uncertainty_ppm=12.0,
    uncertainty_ms=18.0,
    matched_onset_count=7,
    onset_count=8,
)


def outline(number: int, start_ms: float, end_ms: float, **further: object) -> dict[str, object]:
    ids = {"trace_places": 0, "span_ids": span_id(number), "parent_span_ids": bytes(8)}
    times = {"starts_unix_ns": round(start_ms * 1e6), "ends_unix_ns": round(end_ms * 1e6)}
    fields = {"names": "llm_node", "scope_names": "livekit-agents", "are_errors": False}
    conventions = {"openinference_kinds": None, "gen_ai_operations": None, "have_livekit_attributes": False}
    return {**ids, **times, **fields, **conventions, **further}


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def drawn(*outlines: dict[str, object], attribution: Attribution | None = None) -> DrawnTraces:
    columns = {field.name: [one[field.name] for one in outlines] for field in dataclasses.fields(SpanOutlines)}
    packed = {name: b"".join(columns[name]) for name in ("span_ids", "parent_span_ids")}
    return DrawnTraces(summaries=(SUMMARY,), outlines=SpanOutlines(**{**columns, **packed}), attribution=attribution)


def attributed(alignment: Alignment | None = ALIGNMENT) -> Attribution:
    return Attribution(
        alignment=alignment,
        reason=None if alignment else "Only 1 of 9 speech onsets meet.",
        splits=(),
        parts=frozenset({SpanPart.LLM}),
        parameters={},
        version="built",
    )


def test_spans_of_a_trace_are_columns_on_its_own_clock() -> None:
    spans = (
        outline(1, 1000, 3500, names="agent_turn"),
        outline(2, 1100.2, 1200.2, parent_span_ids=span_id(1), are_errors=True),
        outline(3, 2000, 1900, names="mine", scope_names="own", parent_span_ids=span_id(9)),
    )
    document = trace_document(drawn(*spans))
    assert document["duration_ms"] == 2500
    columns = document["spans"]
    assert columns["ids"] == "".join(f"{number:016x}" for number in (1, 2, 3))
    assert columns["depth"] == [0, 1, 0]
    assert [document["names"][name] for name in columns["name"]] == ["agent_turn", "llm_node", "mine"]
    assert [document["parts"][part] for part in columns["part"]] == ["agent_turn", "llm", ""]
    assert (columns["start_us"], columns["length_us"]) == ([0, 100_200, 1_000_000], [2_500_000, 100_000, 0])
    assert columns["errors"] == [1]


def test_spans_of_two_traces_with_the_same_ids_are_kept_apart() -> None:
    other = outline(2, 1, 2, trace_places=1, parent_span_ids=span_id(1))
    assert trace_document(drawn(outline(1, 0, 9), other))["spans"]["depth"] == [0, 0]


def test_spans_stand_below_the_one_that_caused_them_with_all_that_is_told_of_them() -> None:
    roots = (outline(1, 1000, 3500, names="first"), outline(2, 1001, 1002, names="second"))
    child = outline(3, 2000, 2500, names="child", parent_span_ids=span_id(1), are_errors=True)
    document = trace_document(drawn(*roots, child))
    columns = document["spans"]
    assert columns["ids"] == "".join(f"{number:016x}" for number in (1, 3, 2))
    assert [document["names"][name] for name in columns["name"]] == ["first", "child", "second"]
    assert (columns["depth"], columns["errors"]) == ([0, 1, 0], [1])
    assert (columns["start_us"], columns["length_us"]) == ([0, 1_000_000, 1_000], [2_500_000, 500_000, 1_000])


def test_spans_of_a_call_stand_on_the_recordings_clock() -> None:
    document = call_document(drawn(outline(1, 1000, 1250), attribution=attributed()))
    assert (document["spans"]["start_us"], document["spans"]["length_us"]) == ([100_004], [250_010])
    assert "7 of 8 moments" in document["note"]


def test_a_trace_that_could_not_be_laid_on_the_recording_draws_nothing_and_says_why() -> None:
    document = call_document(drawn(outline(1, 1000, 1250), attribution=attributed(alignment=None)))
    assert (document["spans"]["ids"], document["note"]) == ("", "Only 1 of 9 speech onsets meet.")


def test_how_well_the_clocks_are_known_is_said() -> None:
    assert alignment_words(ALIGNMENT).endswith("good to ± 18 ms; its clock drifts by +40 ppm ± 12.")


@pytest.mark.parametrize(
    ("view", "fields", "expected"),
    [
        ("errors", {}, {"status": SpanStatus.ERROR}),
        ("slow", {"minimum_ms": "250"}, {"sort_by": TraceSort.DURATION, "min_duration_ms": 250}),
        ("unmatched", {"name": "llm"}, {"is_matched": False, "name": "llm"}),
        ("all", {"attribute": "n", "value": "7"}, {"attributes": {"n": 7}}),
        ("all", {"attribute": "n", "value": '"7"'}, {"attributes": {"n": "7"}}),
        ("all", {"attribute": "n", "value": "small"}, {"attributes": {"n": "small"}}),
    ],
)
def test_filters_ask_for_what_they_say(view: str, fields: dict[str, str], expected: dict[str, object]) -> None:
    query = trace_query({**NOTHING, **fields}, view=view, after=None)
    assert {name: getattr(query, name) for name in expected} == expected


@pytest.mark.parametrize(
    "fields", [{"minimum_ms": "soon"}, {"minimum_ms": "-1"}, {"value": "7"}, {"attribute": "n"}, {"call": "that one"}]
)
def test_filters_that_mean_nothing_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        trace_query({**NOTHING, **fields}, view="all", after=None)


def test_the_list_keeps_its_filters_from_page_to_page() -> None:
    page = Page(items=(SUMMARY,), next_cursor="next", total=1234)
    shown = view_list(page, view="slow", fields={**NOTHING, "service": "a b"}, after="this")
    assert shown.next_href == "/traces?view=slow&service=a+b&after=next"
    assert shown.first_href == "/traces?view=slow&service=a+b"
    (row,) = shown.rows
    assert (row.name, row.services, row.duration) == ("(no root span yet)", "a, b, c and 1 more", "2.50 s")
    assert list_address("all", NOTHING) == "/traces"


def test_a_span_is_shown_whole_and_long_text_is_cut_with_a_word() -> None:
    span = made_span("llm_node", 0, 420, **{"lk.response.ttft": 0.25, "lk.text": "x" * 30_000, "list": [1, "a"]})
    shown = view_span(span)
    assert (shown.part, dict(shown.meaning)["First output after"]) == ("llm", "250 ms")
    attributes = dict(shown.attributes)
    assert attributes["list"] == '[1, "a"]'
    assert attributes["lk.text"].endswith("… (30,000 characters; the API gives all of them)")
