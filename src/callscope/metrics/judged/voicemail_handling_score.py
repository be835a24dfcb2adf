"""How well the agent dealt with a voicemail."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, points

PROMPT = (
    "How well did the agent deal with the voicemail it reached? It should notice that it is one, wait "
    "for the tone, leave the expected message once, clearly and briefly, and end. Compare with WHAT "
    "THE TEAM EXPECTS where that is given. Without a voicemail the question does not arise."
)

METRIC = judged(
    slug="voicemail_handling_score",
    name="Voicemail handling",
    description="How well the agent dealt with a voicemail.",
    judgement=points(
        PROMPT,
        low="did not notice, or left nothing useful",
        middle="left a message with faults",
        high="left the expected message",
    ),
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    version=1,
    setting=SettingName.VOICEMAIL_SCRIPT,
    weaknesses=("Whether the agent waited for the tone shows only in the recording.",),
)
