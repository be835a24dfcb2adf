import pytest

from callscope.web.views.span_tree import in_tree_order


@pytest.mark.parametrize(
    ("parents", "order", "depths"),
    [
        ([-1, 0, 1, 0], [0, 1, 2, 3], [0, 1, 2, 1]),
        ([-1, -1, 1, 0, 1], [0, 3, 1, 2, 4], [0, 1, 0, 1, 1]),
        ([2, -1, -1], [1, 2, 0], [0, 0, 1]),
        ([1, 0, 2, -1], [3, 0, 1, 2], [0, 0, 0, 0]),
        ([], [], []),
    ],
    ids=["below their parents", "by start among siblings", "a parent after its child", "in a circle", "none"],
)
def test_spans_stand_below_the_ones_that_caused_them(parents: list[int], order: list[int], depths: list[int]) -> None:
    assert in_tree_order(parents) == (order, depths)


def test_a_chain_of_thousands_is_no_depth_too_many() -> None:
    assert in_tree_order(range(-1, 4999))[1] == list(range(5000))
