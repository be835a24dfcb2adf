"""How many turns the call has."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.conversation import TurnKind
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the number of turns, with each party's share."""
    turns = conversation_of(facts).turns
    takers = [turn.role for turn in turns if turn.kind is TurnKind.TURN]
    yield Reading(
        value=len(takers),
        statistics={
            "agent_count": takers.count(Role.AGENT),
            "customer_count": takers.count(Role.CUSTOMER),
            "backchannel_count": len(turns) - len(takers),
        },
    )


METRIC = MetricDefinition(
    slug="turn_count",
    name="Turns",
    description="How many turns both parties took together.",
    family="turn_taking",
    value_type=ValueType.COUNT,
    unit=Unit(name="turns", symbol="turns"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    formula="Number of turns. `agent_count` and `customer_count` say who took them.",
    edge_cases=(
        "Backchannels are no turns; `backchannel_count` gives their number.",
        "A party that pauses and goes on, with nobody taking the floor between, is still in the same turn.",
    ),
    weaknesses=("On transcript times it is only as true as the times the sender wrote down.",),
)
