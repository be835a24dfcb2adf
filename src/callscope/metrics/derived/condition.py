"""Holding a value against a limit that came as text."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import TypeGuard

from callscope.core.errors import InvalidInput, PathPart
from callscope.core.metric import ValueType
from callscope.core.metric_definition import Comparison, Condition
from callscope.metrics.derived.expression import Kind

Limit = float | bool | str

_COMPARISONS: Mapping[Comparison, Callable[..., bool]] = {
    Comparison.GREATER_THAN: lambda value, limit: value > limit,
    Comparison.GREATER_THAN_OR_EQUALS: lambda value, limit: value >= limit,
    Comparison.LESS_THAN: lambda value, limit: value < limit,
    Comparison.LESS_THAN_OR_EQUALS: lambda value, limit: value <= limit,
    Comparison.EQUALS: lambda value, limit: value == limit,
    Comparison.NOT_EQUALS: lambda value, limit: value != limit,
}
_EQUALITIES = (Comparison.EQUALS, Comparison.NOT_EQUALS)
_TRUTH = {"true": True, "false": False}
_WORDS = {
    Comparison.GREATER_THAN: "above",
    Comparison.GREATER_THAN_OR_EQUALS: "at least",
    Comparison.LESS_THAN: "below",
    Comparison.LESS_THAN_OR_EQUALS: "at most",
    Comparison.EQUALS: "equal to",
    Comparison.NOT_EQUALS: "other than",
}


class UnfitLimit(ValueError):
    """A limit that says nothing about the value it is held against."""


def check(condition: Condition, source_type: ValueType, *path: PathPart) -> None:
    """Refuse a condition that could hold for no value of its source.

    Raises:
        InvalidInput: below `path`, at `thresholdValue` or `operator`.
    """
    kind = Kind.of(source_type)
    try:
        _limit(condition.threshold_value, kind)
    except UnfitLimit as error:
        raise InvalidInput.at(*path, "thresholdValue", message=str(error)) from error
    if kind is not Kind.NUMBER and condition.operator not in _EQUALITIES:
        message = f"The source is {kind}, which has no order: use EQUALS or NOT_EQUALS, not {condition.operator}."
        raise InvalidInput.at(*path, "operator", message=message)


def holds(condition: Condition, value: Limit) -> bool:
    """Tell whether `value` meets the condition.

    Raises:
        UnfitLimit: the limit or the operator does not go with such a value.
    """
    return test_of(condition, Kind.of_value(value))(value)


def test_of(condition: Condition, kind: Kind) -> Callable[[Limit], bool]:
    """Return what tells whether a value of that kind meets the condition.

    Raises:
        UnfitLimit: the limit or the operator does not go with such values.
    """
    if kind is not Kind.NUMBER and condition.operator not in _EQUALITIES:
        raise UnfitLimit(f"What is {kind} has no order, so it is not {_WORDS[condition.operator]} anything.")
    compare, limit = _COMPARISONS[condition.operator], _limit(condition.threshold_value, kind)
    return lambda value: compare(value, limit)


def is_number(value: object) -> TypeGuard[float | int]:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def in_words(condition: Condition) -> str:
    """Return the condition as people say it: `below 3`."""
    return f"{_WORDS[condition.operator]} {condition.threshold_value}"


@functools.lru_cache(maxsize=1024)
def _limit(text: str, kind: Kind) -> Limit:
    match kind:
        case Kind.TEXT:
            return text
        case Kind.BOOLEAN if text.strip().lower() in _TRUTH:
            return _TRUTH[text.strip().lower()]
        case Kind.NUMBER:
            return _number(text)
    raise UnfitLimit(f"The source is true or false, so the limit is 'true' or 'false', not {text!r}.")


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise UnfitLimit(f"The source is a number, so the limit must be one; {text!r} is none.") from error
    if not math.isfinite(number):
        raise UnfitLimit(f"The limit must be a finite number, not {text!r}.")
    return number
