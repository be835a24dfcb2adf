"""What became of a transfer."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.judgement import choice, judged

PROMPT = (
    "What became of the transfer of this call to another person or line? Judge by what is said and by "
    "what tools returned."
)

METRIC = judged(
    slug="transfer_outcome",
    name="Transfer outcome",
    description="What became of a transfer.",
    judgement=choice(
        PROMPT,
        {
            "Completed": "The customer was handed over, or was told that it happens now and the call ended there.",
            "Failed": "A transfer was tried and did not work.",
            "Requested (Unresolved)": "The customer asked for one and it was neither done nor clearly tried.",
            "Not Applicable": "Nobody asked for one and none was tried.",
        },
    ),
    value_type=ValueType.CLASSIFICATION,
    direction=Direction.NEUTRAL,
    version=1,
    weaknesses=("Where nobody speaks after the hand-over, whether it succeeded is told by what the agent announced.",),
)
