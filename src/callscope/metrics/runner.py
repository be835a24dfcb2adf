"""Computes the catalogue over one call. A metric that fails, or says something impossible, fails alone."""

import logging
import math
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from callscope.core.call import Role
from callscope.core.metric import CallFacts, MetricContext, MetricInput, MetricValue, ValueState, ValueType
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition, Reading, Scalar
from callscope.metrics.inputs import Basis, Missing, basis_of
from callscope.metrics.shared import once_per_call

_log = logging.getLogger(__name__)

_SEGMENT_COUNT = {MetricContext.CALL: 0, MetricContext.SEGMENT: 1, MetricContext.SEGMENT_RANGE: 2}


class MalformedReading(ValueError):
    """A metric stated something its own definition rules out."""


def compute(facts: CallFacts, catalogue: Sequence[MetricDefinition] | None = None) -> tuple[MetricValue, ...]:
    """Return every value of every metric of `catalogue` (default: the whole installation's) for one call.

    Each metric gives at least one value per party it speaks of, so that "no value" is always a row with a reason:
    DATA_MISSING when an input is not there, ERROR when its code failed.
    """
    chosen = registry.computed() if catalogue is None else catalogue
    return tuple(value for definition in chosen for value in _values(definition, facts))


def _values(definition: MetricDefinition, facts: CallFacts) -> tuple[MetricValue, ...]:
    bases = [_bases(facts)[needed] for needed in definition.inputs]
    missing = [basis.reason for basis in bases if isinstance(basis, Missing)]
    if definition.lacks is not None:
        missing.append(definition.lacks)
    basis = _together([basis for basis in bases if isinstance(basis, Basis)], definition)
    readings = _absent(definition, ValueState.DATA_MISSING, " ".join(missing)) if missing else _read(definition, facts)
    return tuple(_value(definition, reading, basis) for reading in readings)


@once_per_call
def _bases(facts: CallFacts) -> Mapping[MetricInput, Basis | Missing]:
    return {needed: basis_of(needed, facts) for needed in MetricInput}


def _together(bases: Sequence[Basis], definition: MetricDefinition) -> Basis:
    """Return what a metric rests on: all methods, the least confidence, every threshold, its own last."""
    inherited = {name: value for basis in bases for name, value in basis.parameters.items()}
    return Basis(
        method=" + ".join(basis.method for basis in bases),
        confidence=min([definition.confidence, *(basis.confidence for basis in bases)]),
        parameters={**inherited, **definition.defaults},
    )


def _read(definition: MetricDefinition, facts: CallFacts) -> tuple[Reading, ...]:
    try:
        readings = tuple(definition.compute(facts, definition.defaults))
        _check(definition, readings)
    except Exception as failure:  # noqa: BLE001 - whatever one metric (or plug-in) raises must not cost the others
        reason = _explain(failure)
        _log.error("metric failed", extra={"metric_slug": definition.slug, "metric_version": definition.version})
        return _absent(definition, ValueState.ERROR, reason)
    return readings


def _absent(definition: MetricDefinition, state: ValueState, reason: str) -> tuple[Reading, ...]:
    return tuple(Reading(state=state, role=role, reason=reason) for role in definition.subjects)


def _explain(failure: Exception) -> str:
    place = traceback.extract_tb(failure.__traceback__)[-1]
    return f"{type(failure).__name__} at {Path(place.filename).name}:{place.lineno}: {failure}"


def _value(definition: MetricDefinition, reading: Reading, basis: Basis) -> MetricValue:
    return MetricValue(
        slug=definition.slug,
        version=definition.version,
        role=reading.role,
        context=reading.context,
        state=reading.state,
        value=reading.value,
        confidence=basis.confidence if reading.state is ValueState.SUCCESS else None,
        reason=reading.reason,
        segments=reading.segments,
        evidence=reading.evidence,
        statistics=reading.statistics,
        method=basis.method,
        parameters=basis.parameters,
    )


def _check(definition: MetricDefinition, readings: Sequence[Reading]) -> None:
    subjects, fits = definition.subjects, _FITS[definition.value_type]
    for reading in readings:
        if reading.role not in subjects:
            raise MalformedReading(f"a {definition.scope} metric cannot speak of {reading.role}")
        if reading.state is not ValueState.SUCCESS:
            _check_absence(reading)
        elif reading.context not in definition.contexts:
            raise MalformedReading(f"{reading.context} is none of its contexts")
        elif reading.value is None or not fits(reading.value):
            raise MalformedReading(f"{reading.value!r} is no {definition.value_type}")
        elif len(reading.segments) != _SEGMENT_COUNT[reading.context]:
            count = _SEGMENT_COUNT[reading.context]
            raise MalformedReading(f"a {reading.context} value is anchored by {count} segments")
    unspoken = _unspoken(definition, readings)
    if unspoken:
        raise MalformedReading(f"said nothing about {', '.join(role or 'the call' for role in unspoken)}")


def _unspoken(definition: MetricDefinition, readings: Iterable[Reading]) -> tuple[Role | None, ...]:
    spoken = {reading.role for reading in readings}
    return tuple(subject for subject in definition.subjects if subject not in spoken)


def _check_absence(reading: Reading) -> None:
    if not reading.reason or reading.value is not None:
        raise MalformedReading(f"{reading.state} needs a reason and no value")


def _is_truth(value: Scalar) -> bool:
    return isinstance(value, bool)


def _is_text(value: Scalar) -> bool:
    return isinstance(value, str)


def _is_count(value: Scalar) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_finite_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_FITS: Mapping[ValueType, Callable[[Scalar], bool]] = {
    ValueType.BOOLEAN: _is_truth,
    ValueType.TEXT: _is_text,
    ValueType.CLASSIFICATION: _is_text,
    ValueType.COUNT: _is_count,
    ValueType.OFFSET: _is_count,
    ValueType.NUMERIC: _is_finite_number,
    ValueType.SCALE: _is_finite_number,
}
