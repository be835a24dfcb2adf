import dataclasses
import logging
from collections.abc import Iterator

import pytest

from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    MetricValue,
    Unit,
    ValueState,
    ValueType,
)
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.runner import compute
from tests.support.conversations import AGENT, CUSTOMER, conversation, entry, facts, segment, turn

TALK = conversation(turn(AGENT, (0, 1000)), turn(CUSTOMER, (1500, 2000), response_ms=500))


def one(_facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    yield Reading(value=1)


GLOBAL = MetricDefinition(
    slug="made_up",
    name="Made up",
    description="For tests.",
    family="made_up",
    value_type=ValueType.COUNT,
    unit=Unit(name="things", symbol="things"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(),
    version=3,
    compute=one,
    formula="1",
)


def only(definition: MetricDefinition, given: CallFacts) -> MetricValue:
    (value,) = compute(given, (definition,))
    return value


def says(*readings: Reading, **changes: object) -> MetricDefinition:
    return dataclasses.replace(GLOBAL, compute=lambda _facts, _parameters: iter(readings), **changes)


def test_a_value_carries_what_it_was_made_with() -> None:
    definition = dataclasses.replace(
        GLOBAL,
        inputs=(MetricInput.TURNS, MetricInput.WORDS),
        parameters=(Parameter(name="limit_ms", default=7, meaning="A limit."),),
    )
    value = only(definition, facts(TALK, transcript=[entry(AGENT, "hi")]))
    assert (value.slug, value.version, value.value, value.state) == ("made_up", 3, 1, ValueState.SUCCESS)
    assert value.parameters == {"interruption_overlap_ms": 200, "limit_ms": 7}
    assert value.method == "channel_audio (built) + transcript"
    assert value.confidence == 0.8


def test_separated_channels_alone_are_certain() -> None:
    definition = dataclasses.replace(GLOBAL, inputs=(MetricInput.TURNS,))
    assert only(definition, facts(TALK)).confidence == 1.0


def test_a_metric_that_raises_costs_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
        raise ZeroDivisionError("the customer said SECRET")

    failing = dataclasses.replace(GLOBAL, slug="failing", scope=MetricScope.PER_PARTICIPANT, compute=broken)
    with caplog.at_level(logging.ERROR):
        values = compute(facts(TALK), (failing, GLOBAL))
    assert [(value.role, value.state, value.value) for value in values] == [
        (AGENT, ValueState.ERROR, None),
        (CUSTOMER, ValueState.ERROR, None),
        (None, ValueState.SUCCESS, 1),
    ]
    assert "ZeroDivisionError" in str(values[0].reason)
    assert "test_runner.py" in str(values[0].reason)
    assert caplog.messages == ["metric failed"]
    assert "SECRET" not in caplog.text


def test_a_metric_that_raises_half_way_leaves_no_half_result() -> None:
    def half(_facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
        yield Reading(value=1)
        raise RuntimeError("no more")

    assert [value.state for value in compute(facts(TALK), (dataclasses.replace(GLOBAL, compute=half),))] == [
        ValueState.ERROR
    ]


@pytest.mark.parametrize(
    ("needed", "reason"),
    [
        (MetricInput.DURATION, "length of the call is not known"),
        (MetricInput.TURNS, "Who spoke when is not known."),
        (MetricInput.WORDS, "no transcript"),
        (MetricInput.CHANNEL_AUDIO, "No recording"),
        (MetricInput.SPANS, "No trace"),
        (MetricInput.JUDGE, "No judge is configured."),
    ],
)
def test_a_missing_input_is_named(needed: MetricInput, reason: str) -> None:
    value = only(dataclasses.replace(GLOBAL, inputs=(needed,)), facts(duration_ms=None))
    assert (value.state, value.value, value.confidence) == (ValueState.DATA_MISSING, None, None)
    assert reason in str(value.reason)


@pytest.mark.parametrize(
    "definition",
    [
        says(),
        says(Reading(value=1, role=AGENT)),
        says(Reading(value=-1)),
        says(Reading(value=1.5)),
        says(Reading(value=True)),
        says(Reading(value="one")),
        says(Reading(value=None)),
        says(Reading(value=float("nan")), value_type=ValueType.NUMERIC),
        says(Reading(value=1), value_type=ValueType.BOOLEAN),
        says(Reading(value=1, context=MetricContext.SEGMENT, segments=(segment(AGENT, 0, 1),))),
        says(Reading(value=1, segments=(segment(AGENT, 0, 1),))),
        says(Reading(state=ValueState.NOT_APPLICABLE)),
        says(Reading(state=ValueState.NOT_APPLICABLE, value=1, reason="both")),
        says(Reading(value=1, role=AGENT), scope=MetricScope.PER_PARTICIPANT),
    ],
)
def test_what_a_definition_rules_out_becomes_an_error(definition: MetricDefinition) -> None:
    values = compute(facts(TALK), (definition,))
    assert {value.state for value in values} == {ValueState.ERROR}
    assert "MalformedReading" in str(values[0].reason)


def test_a_metric_that_reads_turns_without_declaring_them_is_told_so() -> None:
    def undeclared(given: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
        yield Reading(value=len(conversation_of(given).turns))

    value = only(dataclasses.replace(GLOBAL, compute=undeclared), facts(None))
    assert value.state is ValueState.ERROR
    assert "declare the input TURNS" in str(value.reason)


def test_the_whole_catalogue_speaks_of_every_party_it_is_about() -> None:
    for given in (facts(TALK), facts(None, duration_ms=None), facts(conversation())):
        spoken = {(value.slug, value.role) for value in compute(given)}
        assert spoken == {(each.slug, role) for each in registry.computed() for role in each.subjects}


def test_no_metric_of_the_catalogue_fails_or_invents_without_data() -> None:
    bare = [each for each in registry.definitions() if MetricInput.TOOLS not in each.inputs]
    assert {value.state for value in compute(facts(None, duration_ms=None), bare)} == {ValueState.DATA_MISSING}
    assert ValueState.ERROR not in {value.state for value in compute(facts(conversation()))}
