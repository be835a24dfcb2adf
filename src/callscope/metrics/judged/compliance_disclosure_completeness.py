"""Whether the agent told what must be told."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How completely did the agent make the disclosures that its instructions demand: who is calling, "
    "that it is automated, that the call is recorded, terms and fees? Where the instructions demand "
    "none, the question does not arise."
)

METRIC = judged(
    slug="compliance_disclosure_completeness",
    name="Disclosures",
    description="Whether the agent told what must be told.",
    judgement=points(
        PROMPT,
        low="demanded disclosures are missing",
        middle="some are incomplete or late",
        high="all are made in time",
        needs=(Needed.AGENT_PROMPT,),
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("It knows the disclosures that the sent instructions name, not what the law of a place demands.",),
)
