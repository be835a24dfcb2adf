import dataclasses

from callscope.core.metric import ValueState
from callscope.metrics import registry
from callscope.metrics.definition import Parameter
from callscope.metrics.runner import compute
from tests.metrics.drift import (
    HOW_TO_UPDATE,
    committed_call,
    committed_signatures,
    drifted,
    present_signatures,
    signature,
)


def test_no_formula_changed_without_a_new_version() -> None:
    assert drifted(committed_signatures(), present_signatures()) == []


def test_the_committed_signatures_are_of_this_catalogue() -> None:
    assert committed_signatures() == present_signatures(), f"the catalogue changed: {HOW_TO_UPDATE}"


def test_the_committed_call_gives_every_metric_something_to_measure() -> None:
    own = [each for each in registry.load(()) if each.calculation is None and each.lacks is None]
    values = compute(committed_call(), own)
    assert {value.state for value in values} == {ValueState.SUCCESS}
    counted = {value.slug for value in values if value.value or value.value is False}
    assert counted == {definition.slug for definition in own}


def test_a_changed_threshold_is_noticed_and_a_new_version_accepted() -> None:
    facts = committed_call()
    metric = registry.get("silence_duration")
    before = {metric.slug: signature(metric, facts)}
    other = (Parameter(name="dead_air_ms", default=500, meaning="Changed."),)
    changed = dataclasses.replace(metric, parameters=other)
    (fault,) = drifted(before, {metric.slug: signature(changed, facts)})
    assert fault.startswith("silence_duration gives other numbers: raise its version above 1")
    raised = dataclasses.replace(changed, version=2)
    assert drifted(before, {metric.slug: signature(raised, facts)}) == []


def test_rewording_is_no_drift() -> None:
    facts = committed_call()
    metric = registry.get("turn_count")
    reworded = dataclasses.replace(metric, name="Other", description="Other.", formula="Other.")
    assert signature(metric, facts) == signature(reworded, facts)
