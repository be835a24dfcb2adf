"""How much of the talking the agent does."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import RATIO, MetricDefinition, Parameters, Reading
from callscope.metrics.timeline import speech_ms_by_role


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the agent's share of all speech time."""
    spoken_ms = speech_ms_by_role(facts)
    agent_ms, customer_ms = spoken_ms[Role.AGENT], spoken_ms[Role.CUSTOMER]
    if agent_ms + customer_ms == 0:
        yield Reading.not_applicable("Nobody spoke.")
        return
    yield Reading(
        value=agent_ms / (agent_ms + customer_ms),
        statistics={
            "numerator": agent_ms,
            "denominator": agent_ms + customer_ms,
            "agent_speech_ms": agent_ms,
            "customer_speech_ms": customer_ms,
        },
    )


METRIC = MetricDefinition(
    slug="talk_to_listen_ratio",
    name="Talk ratio",
    description="The agent's share of the speech time of both parties: 0 is all customer, 1 is all agent.",
    family="turn_taking",
    value_type=ValueType.NUMERIC,
    unit=RATIO,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    formula="Agent speech time ÷ (agent speech time + customer speech time).",
    edge_cases=(
        "Time in which both speak counts for each of them.",
        "Pauses inside a turn are nobody's speech.",
        "Backchannels are speech.",
    ),
    weaknesses=("It is not agent ÷ customer, which some tools call by the same name.",),
)
