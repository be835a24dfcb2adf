"""How carefully the agent dealt with personal data."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How carefully did the agent deal with personal data? It should ask only for what the matter "
    "needs, verify identity before telling any of it, and not read out full card numbers, codes, "
    "passwords or identity numbers."
)

METRIC = judged(
    slug="compliance_pii_handling",
    name="Handling of personal data",
    description="How carefully the agent dealt with personal data.",
    judgement=points(
        PROMPT,
        low="data was exposed or asked for without need",
        middle="small lapses",
        high="asked for, checked and told with care",
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("On masked transcripts it sees the kind of what was spoken, not how much of it.",),
)
