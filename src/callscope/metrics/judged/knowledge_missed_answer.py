"""Whether the agent failed to give an answer it had."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import KNOWLEDGE_WEAKNESS, judged, yes_or_no

PROMPT = (
    "Did the customer ask something whose answer stands in what the agent was given to know (its "
    "instructions, what tools returned, and the passages under KNOWLEDGE), and the agent did not give it?"
)

METRIC = judged(
    slug="knowledge_missed_answer",
    name="Missed answer",
    description="Whether the agent failed to give an answer it had.",
    judgement=yes_or_no(
        PROMPT, true="an answer it had was not given", false="no such answer was missed", needs=(Needed.KNOWLEDGE,)
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.LOWER_IS_BETTER,
    version=2,
    setting=SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS,
    weaknesses=(KNOWLEDGE_WEAKNESS,),
)
