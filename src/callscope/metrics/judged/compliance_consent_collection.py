"""Whether consent was asked for where it was needed."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How well did the agent ask for the customer's consent before doing what needs it: recording, "
    "storing data, charging, enrolling, changing or cancelling something? Where nothing needed "
    "consent, the question does not arise."
)

METRIC = judged(
    slug="compliance_consent_collection",
    name="Consent",
    description="Whether consent was asked for where it was needed.",
    judgement=points(
        PROMPT,
        low="acted without consent",
        middle="asked unclearly or after the fact",
        high="asked clearly and waited for a yes",
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("Consent given before the call, on a web page or in writing, is not seen.",),
)
