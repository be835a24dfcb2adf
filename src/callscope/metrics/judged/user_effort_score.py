"""How hard the customer had to work for a result."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How much effort did the customer have to make? Count repeating or rephrasing, spelling out, "
    "correcting the agent, giving the same fact twice, and following needless steps."
)

METRIC = judged(
    slug="user_effort_score",
    name="Customer's effort",
    description="How hard the customer had to work for a result.",
    judgement=points(
        PROMPT,
        low="hardly any effort: said once, understood, done",
        middle="some repeating or correcting",
        high="had to fight for it",
    ),
    value_type=ValueType.SCALE,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
    weaknesses=("Effort before the call, menus and waiting among it, is not seen.",),
)
