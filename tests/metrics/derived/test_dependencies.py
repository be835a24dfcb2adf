from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.metrics.derived.dependencies import CircularSources, in_order, readers_of

ONE, TWO, THREE, FOUR = (UUID(int=number) for number in range(1, 5))


def test_every_metric_comes_after_what_it_reads() -> None:
    order = in_order({FOUR: (TWO, THREE), THREE: (TWO,), TWO: (ONE,)})
    assert order == (ONE, TWO, THREE, FOUR)


def test_a_circle_is_named() -> None:
    with pytest.raises(CircularSources) as refused:
        in_order({ONE: (TWO,), TWO: (THREE,), THREE: (ONE,), FOUR: (ONE,)})
    circle = refused.value.circle
    assert circle[0] == circle[-1]
    assert set(circle) == {ONE, TWO, THREE}
    assert all(circle[position + 1] == {ONE: TWO, TWO: THREE, THREE: ONE}[circle[position]] for position in range(3))


def test_a_metric_that_reads_itself_is_a_circle() -> None:
    with pytest.raises(CircularSources, match=f"{ONE} reads {ONE}"):
        in_order({ONE: (ONE,)})


def test_readers_are_found_through_others() -> None:
    sources = {TWO: (ONE,), THREE: (TWO,), FOUR: (FOUR,)}
    assert readers_of([ONE], sources) == {TWO, THREE}
    assert readers_of([THREE], sources) == frozenset()


ids = st.integers(0, 8).map(lambda number: UUID(int=number))


@given(st.dictionaries(ids, st.sets(ids, max_size=4), max_size=9))
def test_there_is_an_order_exactly_when_nothing_reads_itself_in_the_end(sources: dict[UUID, set[UUID]]) -> None:
    is_circular = any(each in readers_of([each], sources) for each in sources)
    try:
        order = in_order(sources)
    except CircularSources:
        assert is_circular
        return
    assert not is_circular
    assert all(order.index(read) < order.index(reader) for reader, own in sources.items() for read in own)
