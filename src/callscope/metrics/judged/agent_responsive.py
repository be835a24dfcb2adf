"""Whether the agent answered its simulated customer."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = "In a simulated call: whether the agent answered its simulated customer?"

METRIC = judged(
    slug="agent_responsive",
    name="Agent responsive",
    description="Whether the agent answered its simulated customer.",
    judgement=yes_or_no(PROMPT, true="yes", false="no", needs=(Needed.SIMULATION,)),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    edge_cases=("Calls of this service have real customers, so it is `NOT_APPLICABLE`.",),
    weaknesses=("Nothing here simulates customers, so it never has a value.",),
)
