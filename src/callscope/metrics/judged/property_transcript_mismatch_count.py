"""How many properties of the call contradict what was said."""

from callscope.core.metric import Direction, ValueType
from callscope.core.metric_definition import Needed
from callscope.core.metric_policy import SettingName
from callscope.metrics.judgement import in_words, judged

PROMPT = (
    "Hold each of PROPERTIES against the transcript. MATCH: what was said agrees. MISMATCH: something "
    "else was said; `observedValue` is what. TRANSCRIPTION_ERROR: what was said differs only as a "
    "recognizer mishears (a similar sound, a split word). NOT_MENTIONED: the subject never came up. "
    "Quote the decisive words; for NOT_MENTIONED `quote` is null."
)

METRIC = judged(
    slug="property_transcript_mismatch_count",
    name="Property mismatches",
    description="How many properties of the call contradict what was said.",
    judgement=in_words(PROMPT, needs=(Needed.PROPERTIES,)),
    value_type=ValueType.COUNT,
    direction=Direction.LOWER_IS_BETTER,
    version=1,
    setting=SettingName.VERIFIED_PROPERTIES,
    weaknesses=(
        "Codes and spelled names are what recognizers mishear most: read a mismatch of one letter with the recording.",
    ),
)
