"""How the customer took to the agent."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How did the customer take to this agent by the end of the call? Judge the customer's words about "
    "or to the agent: thanks, relief and cooperation against refusal, complaints, demands for a "
    "human."
)

METRIC = judged(
    slug="customer_reception",
    name="Customer's reception",
    description="How the customer took to the agent.",
    judgement=points(
        PROMPT,
        low="rejects the agent, complains about it, demands a human",
        middle="puts up with it",
        high="cooperates and is content or pleased",
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    weaknesses=("Tone of voice is not heard; only words are read.",),
)
