"""The share of what the agent says whose pronunciation could be judged."""

from callscope.core.metric import Direction, ValueType
from callscope.metrics.definition import RATIO
from callscope.metrics.lacking import lacking

METRIC = lacking(
    slug="pronunciation_word_coverage",
    name="Coverage of pronunciation",
    description="The share of what the agent says whose pronunciation could be judged.",
    value_type=ValueType.NUMERIC,
    direction=Direction.HIGHER_IS_BETTER,
    takes="Pronunciation is judged by a recogniser of phonemes and a dictionary of how words are said.",
    instead="Nothing is judged, so nothing is covered.",
    unit=RATIO,
)
