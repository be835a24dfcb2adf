"""How often a transfer failed."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import in_words, judged

PROMPT = "How many transfers to another person or line were tried or promised in this call and did not work?"

METRIC = judged(
    slug="transfer_failure_count",
    name="Transfers failed",
    description="How often a transfer failed.",
    judgement=in_words(PROMPT),
    value_type=ValueType.COUNT,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
    weaknesses=("A transfer that fails after the recording has ended is not seen.",),
)
