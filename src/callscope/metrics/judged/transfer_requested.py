"""Whether the customer asked for a human or another line."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = "Did the customer ask, in whatever words, to speak to a human, a supervisor, another department or line?"

METRIC = judged(
    slug="transfer_requested",
    name="Transfer requested",
    description="Whether the customer asked for a human or another line.",
    judgement=yes_or_no(PROMPT, true="the customer asked to be transferred", false="the customer did not ask"),
    value_type=ValueType.BOOLEAN,
    direction=Direction.NEUTRAL,
    version=1,
    weaknesses=("A wish that is hinted at, such as a sigh about machines, is read differently by each model.",),
)
