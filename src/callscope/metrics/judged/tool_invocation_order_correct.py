"""Whether tools were used in an order that makes sense."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Were the tools used in a sensible order: what one needs from another came first, and nothing was "
    "done before the customer had agreed to it?"
)

METRIC = judged(
    slug="tool_invocation_order_correct",
    name="Tools in the right order",
    description="Whether tools were used in an order that makes sense.",
    judgement=yes_or_no(
        PROMPT, true="the order makes sense", false="something was used too early or too late", needs=(Needed.TOOLS,)
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    setting=SettingName.TOOL_DEFINITION_IDS,
    weaknesses=(
        "It is shown when each tool was called, not when it returned: tools that ran at once look like a sequence.",
    ),
)
