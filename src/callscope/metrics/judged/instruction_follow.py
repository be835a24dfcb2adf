"""Whether the agent kept to the instructions it was given."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Did the agent keep to every instruction in INSTRUCTIONS THE AGENT WAS GIVEN that this call gave "
    "it occasion for? Go through the instructions one by one. An instruction without occasion is "
    "kept."
)

METRIC = judged(
    slug="instruction_follow",
    name="Instruction following",
    description="Whether the agent kept to the instructions it was given.",
    judgement=yes_or_no(
        PROMPT,
        true="every instruction with occasion was kept",
        false="at least one was broken or left out",
        needs=(Needed.AGENT_PROMPT,),
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("It knows the instructions the call was sent with, not those the agent really ran with.",),
)
