"""How well the agent kept from making things up."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How well did the agent keep from stating as fact what neither the customer, nor its "
    "instructions, nor a tool had told it: prices, dates, policies, results? Saying that it does not "
    "know is right."
)

METRIC = judged(
    slug="compliance_hallucination_boundary",
    name="Keeping to facts",
    description="How well the agent kept from making things up.",
    judgement=points(
        PROMPT,
        low="invented facts that matter",
        middle="unsupported details that do not matter",
        high="every fact has a source or was hedged",
        needs=(Needed.KNOWLEDGE,),
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("It does not know the facts: what is true but was told by nobody counts as made up.",),
)
