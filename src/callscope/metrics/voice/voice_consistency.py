"""How far the voice of the agent stays the same through the call."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_policy import SettingName
from callscope.metrics.lacking import POINTS, lacking

METRIC = lacking(
    slug="voice_consistency",
    name="Consistency of the voice",
    description="How far the voice of the agent stays the same through the call.",
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    takes=(
        "Whether a voice stays the same is told by comparing voice prints along the call, with limits for what "
        "listeners take for another voice."
    ),
    instead="`vocal_cue_label` tells where level, pitch or pace depart from what is usual for the voice.",
    unit=POINTS,
    setting=SettingName.EXCLUDED_PHRASES,
)
