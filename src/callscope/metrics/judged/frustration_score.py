"""How frustrated the customer became."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How frustrated was the customer at the worst moment of the call? Judge the customer's own words: "
    "impatience, sarcasm, complaints, swearing, threats to leave."
)

METRIC = judged(
    slug="frustration_score",
    name="Frustration",
    description="How frustrated the customer became.",
    judgement=points(
        PROMPT, low="calm throughout", middle="impatient or annoyed for a while", high="angry, insulting or giving up"
    ),
    value_type=ValueType.SCALE,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
    weaknesses=("Tone of voice is not heard; only words are read.",),
)
