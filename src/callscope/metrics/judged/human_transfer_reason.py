"""Why a human was needed."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import in_words, judged

PROMPT = (
    "Say in at most twelve words why this call was handed to a human or why the customer asked for "
    "one. If neither happened the question does not arise."
)

METRIC = judged(
    slug="human_transfer_reason",
    name="Reason for a transfer",
    description="Why a human was needed.",
    judgement=in_words(PROMPT),
    value_type=ValueType.TEXT,
    direction=Direction.NEUTRAL,
    version=1,
    weaknesses=("The wording is free, and a customer need not say why: the reason may be the judge's guess.",),
)
