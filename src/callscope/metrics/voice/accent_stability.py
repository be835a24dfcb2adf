"""How far the accent of the agent stays the same through the call."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.lacking import POINTS, lacking

METRIC = lacking(
    slug="accent_stability",
    name="Stability of the accent",
    description="How far the accent of the agent stays the same through the call.",
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    takes="An accent is told, stretch by stretch, by a network trained on speech labelled by accents.",
    instead="Nothing here comes near it.",
    unit=POINTS,
)
