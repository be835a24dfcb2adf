"""What the customer called for, in a few words."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import in_words, judged

PROMPT = (
    "Say in at most twelve words what the customer wanted from this call, as the customer put it. "
    "Name every wish when there are several, the main one first. No names or numbers."
)

METRIC = judged(
    slug="caller_intent",
    name="Caller's intent",
    description="What the customer called for, in a few words.",
    judgement=in_words(PROMPT),
    value_type=ValueType.TEXT,
    direction=Direction.NEUTRAL,
    version=1,
    edge_cases=("A call in which the customer said nothing of substance makes it `NOT_APPLICABLE`.",),
    weaknesses=(
        "The wording is free, so the same wish is put differently from call to call: do not count equal texts.",
    ),
)
