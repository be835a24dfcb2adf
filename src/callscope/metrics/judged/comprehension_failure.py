"""Whether a reply of the agent shows that it did not understand."""

from callscope.core.call import Role
from callscope.core.metric import Direction, MetricContext, ValueType
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Does the agent's reply show that it did not understand what the customer had just said: asks to "
    "repeat, answers another question, or acts on something that was not said?"
)

METRIC = judged(
    slug="comprehension_failure",
    name="Comprehension failure",
    description="Whether a reply of the agent shows that it did not understand.",
    judgement=yes_or_no(PROMPT, true="the reply shows a failure to understand", false="the reply fits what was said"),
    value_type=ValueType.BOOLEAN,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
    contexts=(MetricContext.CALL, MetricContext.SEGMENT_RANGE),
    roles=(Role.AGENT,),
    weaknesses=(
        "A recognizer's error in the transcript looks like the agent's; asking back over a bad line counts too.",
    ),
)
