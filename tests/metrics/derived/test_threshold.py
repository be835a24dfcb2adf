import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.errors import InvalidInput
from callscope.core.metric import MetricContext, MetricValue, ValueState, ValueType
from callscope.core.metric_definition import Aggregation, Comparison, ParticipantRole, Threshold
from callscope.metrics.derived.threshold import check, evaluate
from tests.support.derived_metrics import A, at, condition, defined, whole, without
from tests.support.metric_values import spans

ABOVE_TWO = condition(Comparison.GREATER_THAN, "2")
WAITS = (
    whole(2, Role.AGENT),
    at(0, 100, 1),
    at(200, 300, 2),
    at(400, 500, 9),
    whole(5, Role.CUSTOMER),
    at(600, 700, 5, Role.CUSTOMER),
)


def results(threshold: Threshold, *values: MetricValue) -> tuple[MetricValue, ...]:
    return evaluate(defined(threshold, ValueType.BOOLEAN), threshold, {A: values})


def only(threshold: Threshold, *values: MetricValue) -> MetricValue:
    (value,) = results(threshold, *values)
    return value


def test_each_value_is_judged_at_its_party_and_place() -> None:
    found = results(Threshold(condition=ABOVE_TWO), *WAITS)
    assert [value.value for value in found] == [False, False, False, True, True, True]
    assert [(value.role, value.context, value.segments) for value in found] == [
        (value.role, value.context, value.segments) for value in WAITS
    ]
    assert found[0].reason == "source is 2; the condition is above 2."


def test_each_absence_is_passed_on() -> None:
    value = only(Threshold(condition=ABOVE_TWO), without(ValueState.DATA_MISSING, "No transcript."))
    assert (value.state, value.reason) == (ValueState.DATA_MISSING, "source has no value: No transcript.")


@pytest.mark.parametrize(
    ("aggregation", "limit", "agent", "customer"),
    [
        (Aggregation.AVERAGE, "4", False, True),
        (Aggregation.AVERAGE, "3.9", True, True),
        (Aggregation.MIN, "1", False, True),
        (Aggregation.MAX, "8", True, False),
        (Aggregation.MEDIAN, "1.9", True, True),
        (Aggregation.SUM, "11", True, False),
        (Aggregation.P95, "8", True, False),
        (Aggregation.P99, "8.8", True, False),
    ],
)
def test_places_are_taken_together_per_party(aggregation: Aggregation, limit: str, agent: bool, customer: bool) -> None:
    threshold = Threshold(condition=condition(Comparison.GREATER_THAN, limit), aggregation=aggregation)
    found = {value.role: value for value in results(threshold, *WAITS)}
    assert (found[Role.AGENT].value, found[Role.CUSTOMER].value) == (agent, customer)
    assert {value.context for value in found.values()} == {MetricContext.CALL}


def test_a_count_of_places_is_held_against_its_own_limit() -> None:
    twice = Threshold(
        condition=condition(Comparison.GREATER_THAN, "1"), aggregation=Aggregation.COUNT, count_threshold=2
    )
    found = {value.role: value for value in results(twice, *WAITS)}
    assert (found[Role.AGENT].value, found[Role.CUSTOMER].value) == (True, False)
    assert found[Role.AGENT].statistics == {"met_count": 2, "value_count": 3}
    assert spans(found[Role.AGENT]) == [(200, 300), (400, 500)]


def test_one_party_is_read_where_one_is_named() -> None:
    threshold = Threshold(
        condition=condition(Comparison.GREATER_THAN, "4", role=ParticipantRole.CUSTOMER), aggregation=Aggregation.MAX
    )
    assert only(threshold, *WAITS).role is Role.CUSTOMER
    assert only(threshold, whole(5)).value is True


def test_without_places_the_value_of_the_call_is_aggregated() -> None:
    assert only(Threshold(condition=ABOVE_TWO, aggregation=Aggregation.AVERAGE), whole(3)).value is True


@pytest.mark.parametrize("aggregation", [Aggregation.SUM, Aggregation.COUNT])
def test_nothing_to_aggregate_is_no_verdict(aggregation: Aggregation) -> None:
    value = only(Threshold(condition=ABOVE_TWO, aggregation=aggregation), without(ValueState.NOT_APPLICABLE))
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "source has no value: Nobody spoke.")


def test_a_source_never_measured_is_missing() -> None:
    value = evaluate(defined(Threshold(condition=ABOVE_TWO)), Threshold(condition=ABOVE_TWO), {})[0]
    assert value.state is ValueState.DATA_MISSING
    assert str(A.definition_id) in str(value.reason)


def test_truth_and_labels_are_compared_as_such() -> None:
    is_true = Threshold(condition=condition(Comparison.EQUALS, "TRUE"))
    assert only(is_true, whole(value=True)).value is True
    unlike = Threshold(condition=condition(Comparison.NOT_EQUALS, "Failed"))
    assert only(unlike, whole("Completed")).value is True
    odd = only(Threshold(condition=ABOVE_TWO), whole("many"))
    assert (odd.state, odd.reason) == (ValueState.ERROR, "What is a label has no order, so it is not above anything.")
    counted = only(Threshold(condition=ABOVE_TWO, aggregation=Aggregation.COUNT), whole("many"))
    assert counted.state is ValueState.ERROR


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 50), st.integers(1, 10))
def test_a_count_is_true_exactly_when_enough_meet_the_condition(waits: list[int], limit: int, least: int) -> None:
    threshold = Threshold(
        condition=condition(Comparison.GREATER_THAN_OR_EQUALS, str(limit)),
        aggregation=Aggregation.COUNT,
        count_threshold=least,
    )
    values = [at(position * 10, position * 10 + 5, wait) for position, wait in enumerate(waits)]
    assert only(threshold, *values).value is (sum(wait >= limit for wait in waits) >= least)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_laxer_limit_never_turns_true_into_false(waits: list[float], one: float, other: float) -> None:
    values = [at(position * 10, position * 10 + 5, wait) for position, wait in enumerate(waits)]
    for aggregation in (Aggregation.AVERAGE, Aggregation.MEDIAN, Aggregation.P95, Aggregation.MAX):
        strict, lax = (
            only(
                Threshold(condition=condition(Comparison.LESS_THAN, repr(limit)), aggregation=aggregation), *values
            ).value
            for limit in sorted((one, other))
        )
        assert lax or not strict


@pytest.mark.parametrize(
    ("threshold", "source_type", "path"),
    [
        (Threshold(condition=condition(Comparison.EQUALS, "many")), ValueType.NUMERIC, "thresholdValue"),
        (Threshold(condition=condition(Comparison.EQUALS, "nan")), ValueType.NUMERIC, "thresholdValue"),
        (Threshold(condition=condition(Comparison.EQUALS, "1")), ValueType.BOOLEAN, "thresholdValue"),
        (Threshold(condition=condition(Comparison.LESS_THAN, "Failed")), ValueType.CLASSIFICATION, "operator"),
        (Threshold(condition=ABOVE_TWO, count_threshold=2), ValueType.NUMERIC, "countThreshold"),
        (
            Threshold(condition=ABOVE_TWO, aggregation=Aggregation.COUNT, count_threshold=0),
            ValueType.NUMERIC,
            "countThreshold",
        ),
        (
            Threshold(condition=condition(Comparison.EQUALS, "true"), aggregation=Aggregation.SUM),
            ValueType.BOOLEAN,
            "aggregationMode",
        ),
    ],
)
def test_a_threshold_that_cannot_be_computed_is_refused(
    threshold: Threshold, source_type: ValueType, path: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(threshold, source_type)
    assert refused.value.issues[0].path == (path,)


def test_thresholds_that_can_be_computed_pass() -> None:
    check(Threshold(condition=ABOVE_TWO, aggregation=Aggregation.COUNT, count_threshold=2), ValueType.COUNT)
    check(Threshold(condition=condition(Comparison.EQUALS, "false")), ValueType.BOOLEAN)
