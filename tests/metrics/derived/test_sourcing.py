"""What is derived from values read from where they are stored, and from values just computed: the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import MetricContext, MetricValue, StoredValue, ValueState, ValueType
from callscope.core.metric_definition import Aggregation, Comparison, Threshold
from callscope.metrics.derived import threshold
from tests.support.derived_metrics import A, condition, defined


def stored(state: ValueState, number: float, role: Role | None, starts_ms: list[int]) -> StoredValue:
    is_there = state is ValueState.SUCCESS
    return StoredValue(
        slug="response_time",
        version=1,
        role=role,
        context=MetricContext.SEGMENT_RANGE if starts_ms else MetricContext.CALL,
        state=state,
        value=number if is_there else None,
        confidence=0.5 if is_there else None,
        reason=None if is_there else "Nobody answered.",
        placed=[{"role": "agent", "start_offset_ms": start, "end_offset_ms": start + 1} for start in starts_ms],
    )


VALUES = st.builds(
    stored,
    st.sampled_from(ValueState),
    st.floats(-1e6, 1e6),
    st.sampled_from([None, *Role]),
    st.lists(st.integers(0, 1000), max_size=2).map(sorted),
)


@given(st.lists(VALUES, max_size=6), st.sampled_from(Aggregation), st.floats(-10, 10))
def test_a_stored_value_says_what_a_computed_one_does(
    values: list[StoredValue], aggregation: Aggregation, limit: float
) -> None:
    rule = Threshold(condition=condition(Comparison.LESS_THAN, str(limit)), aggregation=aggregation)
    metric = defined(rule, ValueType.BOOLEAN)

    def told(read: Any) -> tuple[MetricValue, ...]:
        return threshold.evaluate(metric, rule, {A: read})

    assert told(values) == told([value.as_value() for value in values])


def test_a_stored_value_knows_its_place() -> None:
    value = stored(ValueState.SUCCESS, 1, Role.AGENT, [10, 30])
    assert value.extent_ms == value.as_value().extent_ms == (10, 31)
    assert value.segments[1] == Segment(role=Role.AGENT, start_offset_ms=30, end_offset_ms=31)


def test_a_value_of_the_whole_call_has_no_place() -> None:
    value = stored(ValueState.ERROR, 0, None, [])
    assert value.extent_ms is value.as_value().extent_ms is None
