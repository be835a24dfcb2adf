"""How the call ended for the customer."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import choice, judged

PROMPT = "Name how the call ended for the customer, by what was achieved when it ended. Look at the last lines first."

METRIC = judged(
    slug="call_outcome",
    name="Call outcome",
    description="How the call ended for the customer.",
    judgement=choice(
        PROMPT,
        {
            "Resolved": "What the customer wanted was done or answered in this call.",
            "Partially Resolved": "Part of it was done or answered; something the customer wanted is still open.",
            "Unresolved": "The customer wanted something and did not get it.",
            "Transferred": "The customer was handed to another person or line.",
            "Follow-up Scheduled": "A later call, visit or message was agreed on to settle it.",
            "Abandoned": "The customer hung up or fell silent before the matter was settled.",
            "No Request": "The customer asked for nothing, or nobody was reached.",
        },
    ),
    value_type=ValueType.CLASSIFICATION,
    direction=Direction.NEUTRAL,
    version=1,
    weaknesses=(
        "It is the outcome as far as the call tells: a promise that is broken afterwards counts as it was spoken.",
    ),
)
