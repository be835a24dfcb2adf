"""How often the customer asked to be transferred."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import in_words, judged

PROMPT = (
    "How many times did the customer ask to speak to a human, a supervisor, another department or "
    "line? Repetitions count each."
)

METRIC = judged(
    slug="transfer_request_count",
    name="Transfer requests",
    description="How often the customer asked to be transferred.",
    judgement=in_words(PROMPT),
    value_type=ValueType.COUNT,
    direction=Direction.NEUTRAL,
    version=1,
    weaknesses=("What is one request repeated and what are two is a matter of reading.",),
)
