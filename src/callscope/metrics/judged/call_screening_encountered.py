"""Whether somebody or something screened the call."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Was the agent stopped by a call screener: an assistant, a receptionist or a machine that asked "
    "who is calling and why before connecting?"
)

METRIC = judged(
    slug="call_screening_encountered",
    name="Call screening",
    description="Whether somebody or something screened the call.",
    judgement=yes_or_no(PROMPT, true="the call was screened", false="it was not"),
    value_type=ValueType.BOOLEAN,
    direction=Direction.NEUTRAL,
    version=1,
    setting=SettingName.SCREENING_BRIEF,
    weaknesses=("A person who asks who is calling can read like a screening machine, and the other way round.",),
)
