"""How natural the voice of the agent sounds."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.lacking import POINTS, lacking

METRIC = lacking(
    slug="voice_naturalness",
    name="Naturalness of the voice",
    description="How natural the voice of the agent sounds.",
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    takes="How natural a voice sounds is told by a network trained on the verdicts of listeners to synthetic speech.",
    instead="`speech_quality_signal` tells how undistorted a voice is, which a natural one need not be.",
    unit=POINTS,
)
