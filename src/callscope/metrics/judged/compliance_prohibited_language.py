"""How well the agent kept from language it must not use."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How well did the agent keep from insults, slurs, threats, discrimination, sexual remarks, "
    "pressure, and promises of guaranteed results or of legal or medical certainty?"
)

METRIC = judged(
    slug="compliance_prohibited_language",
    name="Prohibited language",
    description="How well the agent kept from language it must not use.",
    judgement=points(PROMPT, low="such language was used", middle="borderline wording", high="nothing of the kind"),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("What offends differs between places and trades; put your own list of words into a variant.",),
)
