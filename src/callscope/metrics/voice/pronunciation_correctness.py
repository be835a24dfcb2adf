"""How correctly the agent pronounces what it says."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.lacking import POINTS, lacking

METRIC = lacking(
    slug="pronunciation_correctness",
    name="Correctness of pronunciation",
    description="How correctly the agent pronounces what it says.",
    value_type=ValueType.SCALE,
    direction=Direction.HIGHER_IS_BETTER,
    takes="Pronunciation is judged by a recogniser of phonemes and a dictionary of how words are said.",
    instead=(
        "`transcription_wer` and `transcription_discrepancy` tell which words a recogniser heard otherwise, "
        "whosever fault that is."
    ),
    unit=POINTS,
)
