"""How often the agent failed to understand."""

from callscope.core.metric import Direction
from callscope.metrics.judgement import tallied

METRIC = tallied(
    slug="comprehension_failure_count",
    name="Comprehension failures",
    description="How often the agent failed to understand.",
    source_slug="comprehension_failure",
    counts_when=True,
    is_rate=False,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
)
