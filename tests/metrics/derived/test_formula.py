import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.errors import InvalidInput
from callscope.core.metric import MetricValue, ValueState, ValueType
from callscope.core.metric_definition import Formula, MetricSource, ParticipantRole
from callscope.metrics.derived.formula import check, evaluate
from tests.support.derived_metrics import A, B, C, at, defined, ref, whole, without

RATIO = Formula(expression=f"{ref(A)} / {ref(B)}", sources=(A, B))
BOTH = Formula(expression=f'{ref(A)} < 3 AND {ref(B)} = "Completed"', sources=(A, B))
NUMBERS = {A.definition_id: ValueType.COUNT, B.definition_id: ValueType.NUMERIC}


def result(formula: Formula, *values: MetricValue, value_type: ValueType = ValueType.NUMERIC) -> MetricValue:
    given_values = {source: (value,) for source, value in zip(formula.sources, values, strict=True)}
    return evaluate(defined(formula, value_type), formula, given_values)


def refusal(formula: Formula, value_type: ValueType = ValueType.NUMERIC) -> tuple[object, str]:
    types = {**NUMBERS, C.definition_id: ValueType.CLASSIFICATION}
    with pytest.raises(InvalidInput) as refused:
        check(formula, value_type, types)
    (issue,) = refused.value.issues
    return issue.path, issue.message


def test_a_number_is_computed_of_two_others() -> None:
    value = result(RATIO, whole(6, slug="turns", confidence=0.8), whole(4.0, slug="minutes", confidence=0.9))
    assert (value.state, value.value, value.role, value.version) == (ValueState.SUCCESS, 1.5, None, 4)
    assert value.confidence == 0.8
    assert value.statistics == {"turns": 6, "minutes": 4.0}
    assert value.method == "derived from turns 1, minutes 1"
    assert value.parameters == {"formula": RATIO.expression}


def test_truth_is_computed_of_a_number_and_a_label() -> None:
    assert result(BOTH, whole(2), whole("Completed"), value_type=ValueType.BOOLEAN).value is True
    assert result(BOTH, whole(2), whole("Failed"), value_type=ValueType.BOOLEAN).value is False


def test_the_gravest_absence_is_passed_on_with_its_reason() -> None:
    value = result(
        RATIO, without(ValueState.NOT_APPLICABLE), without(ValueState.DATA_MISSING, "No trace.", slug="ttft")
    )
    assert (value.state, value.value, value.confidence) == (ValueState.DATA_MISSING, None, None)
    assert value.reason == "ttft has no value: No trace."
    assert result(RATIO, without(ValueState.NOT_APPLICABLE), whole(1)).state is ValueState.NOT_APPLICABLE


def test_a_source_never_measured_or_measured_in_places_only_is_missing() -> None:
    metric = defined(RATIO)
    for values in ({A: (whole(1),)}, {A: (whole(1),), B: (at(0, 1000, 5),)}):
        value = evaluate(metric, RATIO, values)
        assert value.state is ValueState.DATA_MISSING
        assert str(B.definition_id) in str(value.reason)


def test_division_by_zero_is_no_error_and_no_number() -> None:
    value = result(RATIO, whole(1), whole(0))
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "The formula divides by zero.")


def test_a_result_beyond_numbers_is_an_error() -> None:
    squared = Formula(expression=f"{ref(A)} * {ref(B)}", sources=(A, B))
    assert result(squared, whole(1e200), whole(1e200)).state is ValueState.ERROR
    assert result(RATIO, whole(10**400), whole(3)).state is ValueState.ERROR


def test_a_label_where_a_number_was_promised_is_an_error() -> None:
    value = result(RATIO, whole("many"), whole(2))
    assert value.state is ValueState.ERROR
    assert "do not fit the formula" in str(value.reason)


@pytest.mark.parametrize(("role", "read"), [(None, 10), (ParticipantRole.AGENT, 10), (ParticipantRole.CUSTOMER, 20)])
def test_of_both_parties_the_metrics_own_is_read_else_the_agent(role: ParticipantRole | None, read: int) -> None:
    values = {A: (whole(20, Role.CUSTOMER), whole(10, Role.AGENT)), B: (whole(1),)}
    value = evaluate(defined(RATIO, role=role), RATIO, values)
    assert (value.value, value.role) == (read, None if role is None else role.role)


def test_a_customer_is_read_where_only_the_customer_is_measured() -> None:
    assert evaluate(defined(RATIO), RATIO, {A: (whole(20, Role.CUSTOMER),), B: (whole(1),)}).value == 20


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6).filter(lambda number: abs(number) > 1e-6))
def test_any_two_numbers_have_their_ratio(numerator: float, denominator: float) -> None:
    assert result(RATIO, whole(numerator), whole(denominator)).value == numerator / denominator


@pytest.mark.parametrize(
    ("formula", "path", "message"),
    [
        (Formula(expression=f"{ref(A)} + 1", sources=(A,)), ("sources",), "at least 2 sources, got 1"),
        (Formula(expression=f"{ref(A)} + 1", sources=(A, A)), ("sources",), "listed twice"),
        (
            Formula(expression=f"{ref(A)} + {ref(C)}", sources=(A, B)),
            ("formula",),
            f"refers to {C.definition_id}: add it to sources",
        ),
        (
            Formula(expression=f"{ref(A)} + 1", sources=(A, B)),
            ("sources", 1, "sourceMetricDefinitionId"),
            f"write {ref(B)} in it",
        ),
        (Formula(expression=f"{ref(A)} +", sources=(A, B)), ("formula",), "the formula ends"),
        (Formula(expression=f"{ref(A)} > {ref(B)}", sources=(A, B)), ("formula",), "this one results in true or false"),
        (Formula(expression=f"{ref(A)} + {ref(C)}", sources=(A, C)), ("formula",), "one side of it is a label"),
    ],
)
def test_a_formula_that_cannot_be_computed_is_refused(
    formula: Formula, path: tuple[str | int, ...], message: str
) -> None:
    found_path, found_message = refusal(formula)
    assert found_path == path
    assert message in found_message


def test_the_result_must_be_what_was_announced() -> None:
    check(RATIO, ValueType.NUMERIC, NUMBERS)
    check(Formula(expression=f"{ref(A)} > {ref(B)}", sources=(A, B)), ValueType.BOOLEAN, NUMBERS)
    assert "operators == != >= <= > <" in refusal(RATIO, ValueType.BOOLEAN)[1]
    assert refusal(RATIO, ValueType.TEXT) == (("outputType",), "A formula gives NUMERIC or BOOLEAN, not TEXT.")


def test_variants_are_told_apart() -> None:
    variant = MetricSource(definition_id=A.definition_id, variant_id=B.definition_id)
    formula = Formula(expression=f"{ref(variant)} - {ref(B)}", sources=(variant, B))
    value = evaluate(defined(formula), formula, {A: (whole(1),), variant: (whole(9),), B: (whole(4),)})
    assert value.value == 5
