"""Whether the agent told and used what tools returned."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Did the agent tell and use what the tools returned truthfully? Saying that something worked when "
    "it failed, or naming other facts, is wrong. A result the agent had no reason to mention is fine."
)

METRIC = judged(
    slug="tool_invocation_result_correct",
    name="Right use of tools' results",
    description="Whether the agent told and used what tools returned.",
    judgement=yes_or_no(
        PROMPT,
        true="what was told agrees with what was returned",
        false="the agent contradicted or ignored a result",
        needs=(Needed.TOOLS,),
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    setting=SettingName.TOOL_DEFINITION_IDS,
    weaknesses=(
        "It is shown when a tool was called, not when it returned: what was said before a slow result looks made up.",
    ),
)
