"""Whether it was right to interrupt."""

from callscope.core.call import Role
from callscope.core.metric import Direction, MetricContext, ValueType
from callscope.core.metric_definition import JudgedEvents
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Was it appropriate to begin to speak at that moment? Correcting an error, stopping needless "
    "talk, answering a question that was already clear, or an emergency make it so. Cutting off "
    "something the other still needed to say does not."
)

METRIC = judged(
    slug="interruption_appropriateness",
    name="Appropriateness of interruptions",
    description="Whether it was right to interrupt.",
    judgement=yes_or_no(PROMPT, true="appropriate", false="inappropriate", events=JudgedEvents.AGENT_INTERRUPTIONS),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    contexts=(MetricContext.CALL, MetricContext.SEGMENT_RANGE),
    roles=(Role.AGENT,),
    weaknesses=(
        "It sees the words around the interruption, not tone or pause; words the overlap swallowed are missing.",
    ),
)
