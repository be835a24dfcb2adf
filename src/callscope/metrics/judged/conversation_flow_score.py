"""How well the talk flowed from one turn to the next."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How well did the conversation flow? Each turn should answer the one before it; topics should "
    "change with a reason; nobody should be talked past, cut off or made to wait for nothing."
)

METRIC = judged(
    slug="conversation_flow_score",
    name="Conversation flow",
    description="How well the talk flowed from one turn to the next.",
    judgement=points(
        PROMPT,
        low="disjointed: turns miss each other",
        middle="mostly in step with some breaks",
        high="every turn follows from the one before",
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("It reads words: waits and overlaps count only as far as the words show them.",),
)
