"""Whether the agent spoke in a simulated call."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = "In a simulated call: whether the agent spoke in a simulated call?"

METRIC = judged(
    slug="agent_spoke",
    name="Agent spoke",
    description="Whether the agent spoke in a simulated call.",
    judgement=yes_or_no(PROMPT, true="yes", false="no", needs=(Needed.SIMULATION,)),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    edge_cases=("Calls of this service have real customers, so it is `NOT_APPLICABLE`.",),
    weaknesses=("Nothing here simulates customers, so it never has a value.",),
)
