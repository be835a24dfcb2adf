import dataclasses

from callscope.core.trace import Span
from callscope.traces.tree import in_tree_order
from tests.support.spans import made_span


def shown(*spans: Span) -> list[tuple[str, int]]:
    return [(span.name, depth) for span, depth in in_tree_order(spans)]


def test_spans_stand_below_their_parents_and_by_start_among_siblings() -> None:
    spans = (
        made_span("late", 50, 60, number=4, parent=1),
        made_span("inner", 20, 30, number=3, parent=2),
        made_span("call", 0, 100, number=1),
        made_span("early", 10, 40, number=2, parent=1),
    )
    assert shown(*spans) == [("call", 0), ("early", 1), ("inner", 2), ("late", 1)]


def test_a_span_whose_parent_is_not_there_stands_at_the_root() -> None:
    assert shown(made_span("orphan", 5, 9, number=2, parent=77), made_span("call", 0, 10, number=1)) == [
        ("call", 0),
        ("orphan", 0),
    ]


def test_a_circle_of_parents_loses_no_span() -> None:
    first, second = made_span("a", 0, 1, number=1, parent=2), made_span("b", 1, 2, number=2, parent=1)
    own = made_span("c", 2, 3, number=3, parent=3)
    assert shown(first, second, own) == [("a", 0), ("b", 0), ("c", 0)]


def test_spans_of_two_traces_with_the_same_ids_are_kept_apart() -> None:
    first = made_span("call", 0, 10, number=1)
    other = dataclasses.replace(made_span("other", 2, 4, number=2, parent=1), trace_id="ff" * 16)
    assert shown(first, other) == [("call", 0), ("other", 0)]


def test_a_chain_of_thousands_is_no_depth_too_many() -> None:
    chain = [made_span("link", at, at + 1, number=at + 1, parent=at or None) for at in range(5000)]
    assert shown(*chain)[-1] == ("link", 4999)
