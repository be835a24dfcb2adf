"""Whether the agent said something against what it was given."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import KNOWLEDGE_WEAKNESS, judged, yes_or_no

PROMPT = (
    "Did the agent tell the customer anything that contradicts what it was given to know (its "
    "instructions, what tools returned, and the passages under KNOWLEDGE)?"
)

METRIC = judged(
    slug="knowledge_grounding_violation",
    name="Ungrounded statement",
    description="Whether the agent said something against what it was given.",
    judgement=yes_or_no(
        PROMPT,
        true="at least one statement contradicts it",
        false="no statement contradicts it",
        needs=(Needed.KNOWLEDGE,),
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.LOWER_IS_BETTER,
    version=2,
    setting=SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS,
    weaknesses=(KNOWLEDGE_WEAKNESS,),
)
