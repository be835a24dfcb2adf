"""Metrics that nothing computes: each read says what is missing, and a plug-in may fill the gap."""

import dataclasses
from importlib.metadata import EntryPoint

import pytest

from callscope.core.metric import ValueState
from callscope.core.metric_definition import Threshold
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition, to_defined
from callscope.metrics.derived import threshold
from callscope.metrics.example import EXAMPLE
from callscope.metrics.runner import compute
from callscope.metrics.timing import call_duration

LACKING = [definition for definition in registry.load(()) if definition.lacks is not None]
BROUGHT = dataclasses.replace(call_duration.METRIC, slug="accent", family="voices", name="Accent by Somebody")


@pytest.mark.parametrize("definition", LACKING, ids=lambda each: each.slug)
def test_every_value_says_what_is_missing_and_what_to_do(definition: MetricDefinition) -> None:
    values = compute(EXAMPLE, (definition,))
    assert {value.role for value in values} == set(definition.subjects)
    for value in values:
        assert (value.state, value.value, value.confidence) == (ValueState.DATA_MISSING, None, None)
        assert "comes with none" in str(value.reason)
        assert "callscope.metrics" in str(value.reason)


def test_a_check_of_it_gives_the_same_reason() -> None:
    check = to_defined(registry.get("voice_naturalness_check"))
    assert isinstance(check.calculation, Threshold)
    source = compute(EXAMPLE, (registry.get("voice_naturalness"),))
    (value,) = threshold.evaluate(check, check.calculation, {check.calculation.condition.source: source})
    assert value.state is ValueState.DATA_MISSING
    assert "listeners" in str(value.reason)


def test_a_plug_in_fills_the_gap() -> None:
    (found,) = [each for each in registry.load([_plug_in("BROUGHT")]) if each.slug == "accent"]
    assert found.lacks is None
    assert found.name == "Accent by Somebody"


def test_two_plug_ins_cannot_fill_the_same_gap() -> None:
    with pytest.raises(registry.BrokenCatalogue, match="'accent' is claimed by both plug-in"):
        registry.load([_plug_in("BROUGHT"), _plug_in("AGAIN")])


AGAIN = BROUGHT


def _plug_in(name: str) -> EntryPoint:
    return EntryPoint(name=name, value=f"{__name__}:{name}", group=registry.ENTRY_POINT_GROUP)
