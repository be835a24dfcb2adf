"""Which emotion a party showed most."""

from collections import Counter
from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.emotions import EMOTIONS, NEUTRAL, most_frequent
from callscope.metrics.moods import LEXICON_CONFIDENCE, LEXICON_WEAKNESSES, moods_of, unreadable


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the emotion that most of each party's utterances show."""
    lack = unreadable(facts)
    for role in Role:
        own = moods_of(role, facts)
        if lack is not None:
            yield Reading.data_missing(lack, role=role)
            continue
        if not own:
            yield Reading.not_applicable(f"The {role} said nothing that is in the transcript.", role=role)
            continue
        labels = [mood.emotion.label for mood in own if mood.emotion is not None]
        counts = Counter(labels)
        yield Reading(
            value=most_frequent(labels) if labels else NEUTRAL,
            role=role,
            statistics={"count": len(own), **{f"{each}_count": counts[each] for each in EMOTIONS if counts[each]}},
        )


METRIC = MetricDefinition(
    slug="dominant_emotion",
    name="Dominant emotion",
    description="Which emotion a party showed most often by its words; neutral when it showed none.",
    family="sentiment",
    value_type=ValueType.CLASSIFICATION,
    unit=None,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    confidence=LEXICON_CONFIDENCE,
    formula=(
        "The most frequent `emotion_label` of the party's entries; of equally frequent ones the graver. `count` is the "
        "number of its entries, the other counts are those of each emotion. Where they are, `emotion_label` says."
    ),
    edge_cases=(
        "Neutral entries do not vote: one annoyed sentence among fifty neutral ones makes the party annoyed.",
        "A party without any cue is `neutral`.",
    ),
    weaknesses=LEXICON_WEAKNESSES,
)
