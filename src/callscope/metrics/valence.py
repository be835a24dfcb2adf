"""How positive or negative English words are, by the VADER lexicon and the rules published with it.

Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", 2014. Of their
rules those are kept that speech has: negation, degree words and "but"; capitals, exclamation marks and emoticons are
the transcriber's, not the speaker's.
"""

import functools
import math
from collections.abc import Mapping
from importlib.resources import files

from callscope.metrics.words import Tokens

SCORE_THRESHOLD = 0.05
"""Scores within this of 0 are neutral, as the lexicon's authors have it."""

_NORMALISATION = 15
_NEGATED = -0.74
_REACH = 3
"""How many words back a negation or degree word is looked for."""
_FADING = (1.0, 0.95, 0.9)
_DEGREE = 0.293
_BEFORE_BUT = 0.5
_AFTER_BUT = 1.5

_NEGATIONS = frozenset(
    """not no never none nobody nothing nor without hardly barely cannot ain't aren't can't couldn't didn't doesn't
    don't hadn't hasn't haven't isn't mightn't mustn't needn't shouldn't wasn't weren't won't
    wouldn't""".split()  # noqa: SIM905 - a list of words to read
)
_MORE = frozenset(
    """absolutely amazingly awfully completely deeply enormously entirely especially exceptionally extremely greatly
    highly hugely incredibly intensely particularly quite really remarkably so thoroughly totally tremendously
    unbelievably utterly very""".split()  # noqa: SIM905 - a list of words to read
)
_LESS = frozenset(
    "almost kinda less little marginally occasionally partly slightly somewhat sorta".split()  # noqa: SIM905 - as above
)
_SAID_WITHOUT_FEELING = frozenset(
    """care charge charged charges cancel cancelled cancellation fine help helped helping helps interest interested like
    no number ok okay pay please sure value want wants well yeah yes""".split()  # noqa: SIM905 - a list of words to read
)
"""Words of the lexicon that calls are full of and that say nothing of how anybody feels there."""


def score_of(tokens: Tokens) -> float | None:
    """Return how positive the words are, from -1 to 1; None when the lexicon has none of them."""
    lexicon = _lexicon()
    if lexicon.keys().isdisjoint(tokens):
        return None
    but = tokens.index("but") if "but" in tokens else None
    total = 0.0
    for position, token in enumerate(tokens):
        if token in lexicon:
            weight = 1.0 if but is None else _BEFORE_BUT if position < but else _AFTER_BUT
            total += weight * _valence(lexicon[token], tokens, position)
    return total / math.sqrt(total * total + _NORMALISATION)


def _valence(valence: float, tokens: Tokens, position: int) -> float:
    before = tokens[max(0, position - _REACH) : position][::-1]
    for fading, token in zip(_FADING, before, strict=False):
        degree = _DEGREE if token in _MORE else -_DEGREE if token in _LESS else 0.0
        valence += math.copysign(1.0, valence) * degree * fading
    return valence * _NEGATED if has_negation(before) else valence


def has_negation(tokens: Tokens) -> bool:
    """Tell whether one of the words turns the meaning of those after it."""
    return not _NEGATIONS.isdisjoint(tokens)


@functools.cache
def _lexicon() -> Mapping[str, float]:
    text = (files("vaderSentiment") / "vader_lexicon.txt").read_text(encoding="utf-8")
    rows = (line.split("\t")[:2] for line in text.splitlines() if line)
    return {word: float(valence) for word, valence in rows if word not in _SAID_WITHOUT_FEELING and word.isascii()}
