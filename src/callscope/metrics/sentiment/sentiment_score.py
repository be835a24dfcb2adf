"""How positive what a party says is."""

from collections.abc import Iterator, Sequence

from callscope.core.call import Role
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.moods import LEXICON_CONFIDENCE, LEXICON_WEAKNESSES, Mood, moods_of, unreadable
from callscope.metrics.valence import SCORE_THRESHOLD


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how positive each party's entries are, and their mean."""
    lack = unreadable(facts)
    for role in Role:
        own = moods_of(role, facts)
        if lack is not None:
            yield Reading.data_missing(lack, role=role)
        elif not own:
            yield Reading.not_applicable(f"The {role} said nothing that is in the transcript.", role=role)
        else:
            yield _mean(role, own)
            for mood in own:
                if mood.score is not None:
                    place = (mood.said.place,)
                    yield Reading(value=mood.score, role=role, context=MetricContext.SEGMENT, segments=place)


def _mean(role: Role, own: Sequence[Mood]) -> Reading:
    scores = [mood.score or 0.0 for mood in own]
    extreme = max(own, key=lambda mood: abs(mood.score or 0.0))
    return Reading(
        value=sum(scores) / len(scores),
        role=role,
        statistics={
            "sum": sum(scores),
            "count": len(scores),
            "positive_count": sum(score > SCORE_THRESHOLD for score in scores),
            "negative_count": sum(score < -SCORE_THRESHOLD for score in scores),
        },
        evidence=() if extreme.score is None else (extreme.said.span(f"scores {extreme.score:.2f}"),),
    )


METRIC = MetricDefinition(
    slug="sentiment_score",
    name="Sentiment",
    description=(
        "How positive what a party says is, from -1 to 1. One value per entry whose words tell; the value of the call "
        "is the mean over all of the party's entries."
    ),
    family="sentiment",
    value_type=ValueType.NUMERIC,
    unit=None,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT, MetricContext.CALL),
    direction=Direction.HIGHER_IS_BETTER,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    confidence=LEXICON_CONFIDENCE,
    formula=(
        "Per entry: the valences of its words in the VADER lexicon, turned by a negation and changed by a degree word "
        "up to three words before them, halved before a `but` and half as much again after it, summed to x and brought "
        "between -1 and 1 as x ÷ √(x² + 15). Words that calls are full of and that tell no feeling there (`please`, "
        "`yes`, `help`, `cancel`, …) are left out. For the call: the mean, in which an entry without such words is 0; "
        "`positive_count` and `negative_count` are entries beyond 0.05 on either side."
    ),
    edge_cases=(
        "An entry without any word of the lexicon has no value of its own and counts as 0 in the mean.",
        "Capitals and exclamation marks are the transcriber's and change nothing.",
        "Of many calls, add `sum` and `count` and divide once.",
    ),
    weaknesses=LEXICON_WEAKNESSES,
)
