"""Whether tools were given what was said."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Was every tool given exactly what the customer had said or what followed from it: names, "
    "numbers, dates, spelling? A value that appears from nowhere is wrong."
)

METRIC = judged(
    slug="tool_invocation_parameters_correct",
    name="Right parameters for tools",
    description="Whether tools were given what was said.",
    judgement=yes_or_no(
        PROMPT,
        true="every parameter follows from the conversation",
        false="a parameter is wrong, made up or missing",
        needs=(Needed.TOOLS,),
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    setting=SettingName.TOOL_DEFINITION_IDS,
    weaknesses=("What the agent knew before the call, such as the number that rang, looks like a value from nowhere.",),
)
