"""How often either party broke in on the other."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, Unit, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import evidence_of, interruptions_by, tally


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many interruptions there were, and by whom."""
    conversation = conversation_of(facts)
    yield Reading(
        value=len(conversation.interruptions),
        evidence=evidence_of(conversation.interruptions),
        statistics={
            **tally(conversation.interruptions),
            "agent_count": len(interruptions_by(Role.AGENT, conversation)),
            "customer_count": len(interruptions_by(Role.CUSTOMER, conversation)),
        },
    )


METRIC = MetricDefinition(
    slug="interruption_count",
    name="Interruptions",
    description="How often either party broke in on the other.",
    family="turn_taking",
    value_type=ValueType.COUNT,
    unit=Unit(name="interruptions", symbol="interruptions"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula=(
        "Number of floor-taking onsets inside the other party's segment that overlap it by more than the overlap "
        "threshold stored with the value; `agent_interruption_count` + `customer_barge_in_count`."
    ),
    edge_cases=(
        "Backchannels take no floor and interrupt nobody.",
        "A start within the overlap threshold of the other's end is a quick answer, not an interruption.",
    ),
    weaknesses=("Whether an interruption was called for is not judged here.",),
)
