"""Which emotion an utterance shows."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.emotions import EMOTIONS
from callscope.metrics.moods import LEXICON_CONFIDENCE, LEXICON_WEAKNESSES, moods_of, unreadable


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the emotion of every utterance that shows one."""
    lack = unreadable(facts)
    for role in Role:
        shown = [(mood.said, mood.emotion) for mood in moods_of(role, facts) if mood.emotion is not None]
        if lack is not None:
            yield Reading.data_missing(lack, role=role)
        elif not shown:
            reason = f"No word of the {role} shows an emotion."
            yield Reading.not_applicable(reason, role=role)
        else:
            for said, emotion in shown:
                yield Reading(
                    value=emotion.label,
                    role=role,
                    context=MetricContext.SEGMENT,
                    segments=(said.place,),
                    reason=f"said: {', '.join(emotion.cues)}",
                )


METRIC = MetricDefinition(
    slug="emotion_label",
    name="Emotion",
    description="Which emotion an utterance shows by its words. One value per utterance that shows one.",
    family="sentiment",
    value_type=ValueType.CLASSIFICATION,
    unit=None,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    confidence=LEXICON_CONFIDENCE,
    formula=(
        "The emotion with most cues in the entry, of a list of words and phrases for telephone calls; of equally many "
        f"the graver. The emotions, gravest first: {', '.join(f'`{emotion}`' for emotion in EMOTIONS)}."
    ),
    edge_cases=(
        "An utterance without a cue is neutral and has no value.",
        "A cue with a negation up to two words before it is none.",
        "The value's reason quotes the cues.",
    ),
    weaknesses=("The list is short: most utterances that show an emotion do so in other words.", *LEXICON_WEAKNESSES),
)
