"""How each entry of a transcript sounds, for the metrics of sentiment and emotion."""

from typing import NamedTuple

from callscope.core.call import Role
from callscope.core.metric import CallFacts
from callscope.metrics.emotions import Emotion, emotion_of
from callscope.metrics.shared import once_per_call
from callscope.metrics.valence import score_of
from callscope.metrics.words import ENGLISH_ONLY, Said, foreign_languages, said

LEXICON_CONFIDENCE = 0.6
"""Word lists agree with people on about three of four sentences of calls, and they know no irony."""

LEXICON_WEAKNESSES = (
    "Word lists know no irony, no context and no tone of voice: `Great, it broke again` counts as praise.",
    "English only. A transcript that names no language is taken for English.",
)


class Mood(NamedTuple):
    """What was said in an entry. `score` is None when none of them says how it is meant, `emotion` when none shows."""

    said: Said
    score: float | None
    emotion: Emotion | None


@once_per_call
def moods(facts: CallFacts) -> tuple[Mood, ...]:
    """Return how every entry that has words sounds, in order."""
    return tuple(Mood(each, score_of(each.tokens), emotion_of(each.tokens)) for each in said(facts) if each.tokens)


def moods_of(role: Role, facts: CallFacts) -> list[Mood]:
    """Return how the party's own entries sound."""
    return [mood for mood in moods(facts) if mood.said.entry.role is role]


def unreadable(facts: CallFacts) -> str | None:
    """Return why the word lists cannot read the transcript, None when they can."""
    languages = foreign_languages(facts)
    return ENGLISH_ONLY.format(languages=", ".join(languages)) if languages else None
