"""How often the agent interrupted without a good reason."""

from callscope.core.metric import Direction
from callscope.metrics.judgement import tallied

METRIC = tallied(
    slug="incorrect_agent_interruption_count",
    name="Inappropriate interruptions",
    description="How often the agent interrupted without a good reason.",
    source_slug="interruption_appropriateness",
    counts_when=False,
    is_rate=False,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
)
