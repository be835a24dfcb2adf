"""How well what the agent said rests on what it was given."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import KNOWLEDGE_WEAKNESS, judged, points

PROMPT = (
    "How well does what the agent told the customer rest on what it was given to know (its "
    "instructions, what tools returned, and the passages under KNOWLEDGE)? Small talk does not count."
)

METRIC = judged(
    slug="knowledge_grounding_score",
    name="Grounding in knowledge",
    description="How well what the agent said rests on what it was given.",
    judgement=points(
        PROMPT,
        low="much of it has no basis or contradicts it",
        middle="some of it has no basis",
        high="all of it rests on what it was given",
        needs=(Needed.KNOWLEDGE,),
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=2,
    setting=SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS,
    weaknesses=(KNOWLEDGE_WEAKNESS,),
)
