"""Whether the agent left a message on a voicemail."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import judged, yes_or_no

PROMPT = (
    "Was a voicemail or answering machine reached, and did the agent speak a message to it that says "
    "who called and why? Without a voicemail the question does not arise."
)

METRIC = judged(
    slug="voicemail_agent_left_message",
    name="Message left on voicemail",
    description="Whether the agent left a message on a voicemail.",
    judgement=yes_or_no(
        PROMPT,
        true="a message with caller and purpose was left",
        false="the agent hung up or talked to the machine as to a person",
    ),
    value_type=ValueType.BOOLEAN,
    direction=Direction.NEUTRAL,
    version=1,
    setting=SettingName.VOICEMAIL_SCRIPT,
    weaknesses=("A machine's greeting that the recognizer left out makes a message look like a talk with nobody.",),
)
