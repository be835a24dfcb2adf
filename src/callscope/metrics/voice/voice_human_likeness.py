"""How much the voice of the agent sounds like a person."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.lacking import POINTS, lacking

METRIC = lacking(
    slug="voice_human_likeness",
    name="Human likeness of the voice",
    description="How much the voice of the agent sounds like a person.",
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    takes=(
        "Whether a voice passes for a person is told by a network trained on human and synthetic speech, and on "
        "what people took for which."
    ),
    instead=(
        "`vocal_cue_label` and the prosody of each stretch of speech tell how lively a voice is, which is no verdict."
    ),
    unit=POINTS,
)
