"""How well the agent answered a call screener."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How well did the agent answer the call screener? It should say who is calling and why, briefly "
    "and truthfully, and then wait. Compare with WHAT THE TEAM EXPECTS where that is given. Without a "
    "screener the question does not arise."
)

METRIC = judged(
    slug="call_screening_handling_score",
    name="Handling of call screening",
    description="How well the agent answered a call screener.",
    judgement=points(
        PROMPT,
        low="did not answer, or confused the screener with the customer",
        middle="answered in part",
        high="answered as expected",
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    setting=SettingName.SCREENING_BRIEF,
    weaknesses=("Whether the call was put through shows only if somebody says so.",),
)
