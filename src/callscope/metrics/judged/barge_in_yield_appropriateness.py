"""Whether the agent did right to stop, or to go on."""

from callscope.core.call import Role
from callscope.core.metric import Direction, MetricContext, ValueType
from callscope.core.metric_definition import JudgedEvents
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "The customer began to speak over the agent. Did the agent do right, by stopping or by going on? "
    "It should stop for a question, an objection or new information, and may go on over a mere "
    "acknowledgement."
)

METRIC = judged(
    slug="barge_in_yield_appropriateness",
    name="Appropriateness of yielding",
    description="Whether the agent did right to stop, or to go on.",
    judgement=yes_or_no(
        PROMPT,
        true="the agent did right",
        false="it should have done the other",
        events=JudgedEvents.CUSTOMER_BARGE_INS,
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    contexts=(MetricContext.CALL, MetricContext.SEGMENT_RANGE),
    roles=(Role.AGENT,),
    weaknesses=(
        "It sees the words around the barge-in, not how urgent they sounded; words the overlap swallowed are missing.",
    ),
)
