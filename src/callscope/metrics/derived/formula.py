"""FORMULA metrics: an expression over the values that other metrics have of the whole call."""

import functools
import math
from collections.abc import Mapping
from uuid import UUID

from callscope.core.errors import InvalidInput
from callscope.core.metric import MetricValue, ValueState, ValueType
from callscope.core.metric_definition import DefinedMetric, Formula, MetricSource
from callscope.metrics.derived.expression import (
    Kind,
    MalformedExpression,
    Node,
    NoResult,
    Operand,
    kind_of,
    parse,
    references,
    result_of,
)
from callscope.metrics.derived.sourcing import Absence, SourceValue, SourceValues, absent, derived_value, of_call

FEWEST_SOURCES = 2


def check(formula: Formula, value_type: ValueType, source_types: Mapping[UUID, ValueType]) -> None:
    """Refuse a formula that could never be computed; `source_types` are the value types of its sources by id.

    Raises:
        InvalidInput: at `formula` or `sources`, with what is wrong and what to do.
    """
    listed = [source.definition_id for source in formula.sources]
    if len(set(listed)) != len(listed):
        raise InvalidInput.at("sources", message="Each source is listed once; one metric is listed twice.")
    if len(listed) < FEWEST_SOURCES:
        message = f"A formula has at least {FEWEST_SOURCES} sources, got {len(listed)}."
        raise InvalidInput.at("sources", message=message)
    tree = _parsed(formula)
    _check_references(references(tree), listed)
    try:
        kind = kind_of(tree, {each: Kind.of(source_types[each]) for each in listed})
    except MalformedExpression as error:
        raise InvalidInput.at("formula", message=str(error)) from error
    _check_kind(kind, value_type)


def evaluate(metric: DefinedMetric, formula: Formula, values: SourceValues) -> MetricValue:
    """Return what the formula makes of a call's values. The formula is one that `check` let pass.

    Of a source per party it reads the value of the metric's own party; where it has none, the agent's, else the
    customer's. Without a value of the whole call for every source there is no result, and the gravest reason is passed
    on. Division by zero is NOT_APPLICABLE.
    """
    role = None if metric.role is None else metric.role.role
    found = {source: of_call(values.get(source, ()), role) for source in formula.sources}
    present = [value for value in found.values() if value is not None]
    unread = [source for source, value in found.items() if value is None]
    outcome = _unmeasured(unread) or absent(present) or _result(formula, metric.value_type, found)
    return derived_value(
        metric,
        outcome,
        present,
        role=role,
        statistics={each.slug: each.value for each in present if isinstance(each.value, int | float)},
        parameters={"formula": formula.expression},
    )


def _unmeasured(sources: list[MetricSource]) -> Absence | None:
    if not sources:
        return None
    ids = ", ".join(str(source.definition_id) for source in sources)
    return Absence(ValueState.DATA_MISSING, f"The call as a whole has no value of {ids}.")


def _result(
    formula: Formula, value_type: ValueType, found: Mapping[MetricSource, SourceValue | None]
) -> Operand | Absence:
    operands = {
        source.definition_id: value.value
        for source, value in found.items()
        if value is not None and value.value is not None
    }
    try:
        tree = _fitting(formula.expression, tuple((each, Kind.of_value(value)) for each, value in operands.items()))
        result = result_of(tree, operands)
    except MalformedExpression as error:
        return Absence(ValueState.ERROR, f"The sources' values do not fit the formula: {error}")
    except NoResult as error:
        return Absence(ValueState.NOT_APPLICABLE, str(error))
    except OverflowError:
        return Absence(ValueState.ERROR, "The result is too large for a number.")
    if value_type is ValueType.NUMERIC and not (isinstance(result, int | float) and math.isfinite(result)):
        return Absence(ValueState.ERROR, "The result is too large for a number.")
    return result


@functools.lru_cache(maxsize=1024)
def _fitting(expression: str, kinds: tuple[tuple[UUID, Kind], ...]) -> Node:
    """Return the expression as a tree. Raises MalformedExpression: it joins what references of these kinds cannot."""
    tree = parse(expression)
    kind_of(tree, dict(kinds))
    return tree


def _parsed(formula: Formula) -> Node:
    try:
        return parse(formula.expression)
    except MalformedExpression as error:
        raise InvalidInput.at("formula", message=str(error)) from error


def _check_references(mentioned: frozenset[UUID], listed: list[UUID]) -> None:
    unlisted = sorted(str(each) for each in mentioned - set(listed))
    if unlisted:
        message = f"The formula refers to {', '.join(unlisted)}: add it to sources, or take it out of the formula."
        raise InvalidInput.at("formula", message=message)
    for position, each in enumerate(listed):
        if each not in mentioned:
            message = f"The formula does not refer to {each}: write {{{{id:{each}}}}} in it, or take it out of sources."
            raise InvalidInput.at("sources", position, "sourceMetricDefinitionId", message=message)


def _check_kind(kind: Kind, value_type: ValueType) -> None:
    wanted = {ValueType.NUMERIC: Kind.NUMBER, ValueType.BOOLEAN: Kind.BOOLEAN}.get(value_type)
    if wanted is None:
        raise InvalidInput.at("outputType", message=f"A formula gives NUMERIC or BOOLEAN, not {value_type}.")
    if kind is not wanted:
        operators = "+ - * /" if wanted is Kind.NUMBER else "== != >= <= > <"
        message = f"A {value_type} formula results in {wanted} (operators {operators}); this one results in {kind}."
        raise InvalidInput.at("formula", message=message)
