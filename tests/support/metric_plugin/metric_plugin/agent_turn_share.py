"""The agent's share of all turns."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.conversation import TurnKind
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import RATIO, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    takers = [turn.role for turn in conversation_of(facts).turns if turn.kind is TurnKind.TURN]
    yield Reading(value=takers.count(Role.AGENT) / len(takers)) if takers else Reading.not_applicable("Nobody spoke.")


METRIC = MetricDefinition(
    slug="agent_turn_share",
    name="Agent's share of turns",
    description="How many of all turns the agent took.",
    family="plugged_in",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    formula="Turns of the agent divided by all turns.",
)
