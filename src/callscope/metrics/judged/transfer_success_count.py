"""How often the customer was handed over."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import in_words, judged

PROMPT = "How many transfers to another person or line were carried out in this call?"

METRIC = judged(
    slug="transfer_success_count",
    name="Transfers done",
    description="How often the customer was handed over.",
    judgement=in_words(PROMPT),
    value_type=ValueType.COUNT,
    direction=Direction.NEUTRAL,
    version=1,
    weaknesses=("Where nobody speaks after the hand-over, whether it succeeded is told by what the agent announced.",),
)
