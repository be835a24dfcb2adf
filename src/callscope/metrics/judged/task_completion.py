"""Whether the agent did what the customer called for."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Did the agent do everything the customer asked for that was its business? Promising to do it "
    "later, or handing over to somebody else, is not doing it. A tool that reported failure is not "
    "doing it either."
)

METRIC = judged(
    slug="task_completion",
    name="Task completion",
    description="Whether the agent did what the customer called for.",
    judgement=yes_or_no(
        PROMPT,
        true="everything the customer asked for was done or answered in the call",
        false="something the customer asked for was not done",
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    edge_cases=("A customer who asked for nothing makes it `NOT_APPLICABLE`.",),
    weaknesses=("What is done after the call, or by a tool that is not reported, counts as not done.",),
)
