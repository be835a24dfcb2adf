import contextlib
from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.metrics.derived.expression import (
    DEEPEST_NESTING,
    LONGEST_EXPRESSION,
    Kind,
    MalformedExpression,
    NoResult,
    Operand,
    kind_of,
    parse,
    references,
    result_of,
)
from tests.support.derived_metrics import A, B, ref

IDS = (A.definition_id, B.definition_id)


def computed(expression: str, a: Operand = 6, b: Operand = 4) -> Operand:
    values: Mapping[UUID, Operand] = dict(zip(IDS, (a, b), strict=True))
    tree = parse(expression.replace("a!", ref(A)).replace("b!", ref(B)))
    kind_of(tree, {each: Kind.of_value(value) for each, value in values.items()})
    return result_of(tree, values)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("a! + b! * 2", 14),
        ("(a! + b!) * 2", 20),
        ("a! - b! - 1", 1),
        ("a! / b! / 3", 0.5),
        ("-a! + 10", 4),
        ("--a! * -1.5", -9.0),
        ("2 * -b!", -8),
        ("a! > b!", True),
        ("a! = 6", True),
        ("a! <= b! OR a! == 6 AND b! != 4", False),
        ("(a! <= b! or a! == 6) and b! == 4", True),
        ("a! > b! + 1 AND TRUE == true", True),
        ('"good" != "bad"', True),
    ],
)
def test_an_expression_is_read_as_it_is_written(expression: str, result: Operand) -> None:
    assert computed(expression) == result


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("", "Expected a value: .* the formula ends .character 1."),
        ("a! +", "the formula ends"),
        ("a! b!", "Expected the end of the formula, but there is '{{id:"),
        ("(a! + b!", "Expected '\\)', but the formula ends"),
        ("a! + b!)", "there is '\\)'"),
        ("1 < a! < 3", "A comparison has two sides: join several by AND"),
        ("a! ** 2", "there is '\\*'"),
        ("a! % 2", "Nothing in a formula begins like '%' .character"),
        ("{{id:not-an-id}} + 1", "'not-an-id' is no metric's id"),
        ("duration + 1", "there is 'duration'"),
        ("__import__('os')", "Nothing in a formula begins like '_' .character 1."),
        ('"half', "begins like '\"'"),
        ("a! + TRUE", "'\\+' joins what is a number, but one side of it is true or false"),
        ("a! AND b!", "'AND' joins what is true or false"),
        ("-TRUE == b!", "'-' joins what is a number"),
        ('a! == "six"', "'==' compares a number with a label"),
        ("TRUE > FALSE", "What is true or false has no order"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_place(expression: str, fault: str) -> None:
    with pytest.raises(MalformedExpression, match=fault):
        computed(expression)


def test_neither_length_nor_depth_exhausts_anything() -> None:
    with pytest.raises(MalformedExpression, match=f"at most {LONGEST_EXPRESSION} characters"):
        parse("1" * (LONGEST_EXPRESSION + 1))
    with pytest.raises(MalformedExpression, match=f"at most {DEEPEST_NESTING} deep"):
        parse("(" * 500)
    assert computed("+".join("1" * 1000)) == 1000
    assert computed("-" * 1000 + "a!") == 6
    assert computed("(" * DEEPEST_NESTING + "a!" + ")" * DEEPEST_NESTING) == 6


def test_division_by_zero_has_no_result() -> None:
    with pytest.raises(NoResult, match="divides by zero"):
        computed("a! / (b! - 4)")


def test_references_are_found_wherever_they_stand() -> None:
    assert references(parse(f"-{ref(A)} > 1 OR (2 + {ref(B)}) / {ref(A)} == 1")) == set(IDS)
    assert references(parse("1 + 2")) == frozenset()


numbers = st.integers(0, 99)
arithmetic = st.recursive(
    numbers.map(str) | st.sampled_from(["a!", "b!"]),
    lambda inner: st.builds(
        lambda left, operator, right: f"({left} {operator} {right})", inner, st.sampled_from("+-*"), inner
    ),
    max_leaves=12,
)


@given(arithmetic, numbers, numbers)
def test_arithmetic_is_pythons(expression: str, a: int, b: int) -> None:
    python = expression.replace("a!", str(a)).replace("b!", str(b))
    assert computed(expression, a, b) == eval(python)  # noqa: S307 - made of digits and signs by the test itself


@given(arithmetic, arithmetic, st.sampled_from(["==", "!=", ">=", "<=", ">", "<"]), numbers, numbers)
def test_a_comparison_and_its_opposite_exclude_each_other(left: str, right: str, operator: str, a: int, b: int) -> None:
    opposite = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", "<=": ">", ">": "<="}[operator]
    assert computed(f"{left} {operator} {right}", a, b) is not computed(f"{left} {opposite} {right}", a, b)


@given(st.text(alphabet=st.sampled_from('a1.+-*/()<>=! "AND{}id:-'), max_size=40) | st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    with contextlib.suppress(MalformedExpression):
        references(parse(text))
