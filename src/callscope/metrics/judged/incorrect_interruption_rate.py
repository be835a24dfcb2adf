"""The share of the agent's interruptions that had no good reason."""

from callscope.core.metric import Direction
from callscope.metrics.judgement import tallied

METRIC = tallied(
    slug="incorrect_interruption_rate",
    name="Rate of inappropriate interruptions",
    description="The share of the agent's interruptions that had no good reason.",
    source_slug="interruption_appropriateness",
    counts_when=False,
    is_rate=True,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
)
