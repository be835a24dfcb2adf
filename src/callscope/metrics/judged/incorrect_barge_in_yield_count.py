"""How often the agent wrongly stopped, or wrongly went on, when the customer broke in."""

from callscope.core.metric import Direction
from callscope.metrics.judgement import tallied

METRIC = tallied(
    slug="incorrect_barge_in_yield_count",
    name="Wrong yielding",
    description="How often the agent wrongly stopped, or wrongly went on, when the customer broke in.",
    source_slug="barge_in_yield_appropriateness",
    counts_when=False,
    is_rate=False,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
)
