"""Whether the agent settled the call without a human."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Was the call settled by the agent alone, without handing the customer over to a human and "
    "without the customer being told to call, visit or write somebody else?"
)

METRIC = judged(
    slug="agent_containment",
    name="Containment",
    description="Whether the agent settled the call without a human.",
    judgement=yes_or_no(
        PROMPT,
        true="the agent handled the call to its end alone",
        false="a human was needed, or the customer was sent elsewhere",
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("A customer who gives up and rings elsewhere without saying so looks contained.",),
)
