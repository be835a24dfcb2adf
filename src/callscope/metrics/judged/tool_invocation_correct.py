"""Whether the agent used the tools it should have."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = "Did the agent use a tool wherever the conversation called for it, and none where it did not?"

METRIC = judged(
    slug="tool_invocation_correct",
    name="Right tools used",
    description="Whether the agent used the tools it should have.",
    judgement=yes_or_no(
        PROMPT,
        true="every use was called for and none is missing",
        false="a use was needless, wrong or missing",
        needs=(Needed.TOOLS,),
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    setting=SettingName.TOOL_DEFINITION_IDS,
    weaknesses=("It knows tools by the names they were called by; one that was there and never called is not seen.",),
)
