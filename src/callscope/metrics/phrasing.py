"""What makes two utterances the same one said again: the words that carry them, in any order."""

from collections.abc import Iterable

from callscope.metrics.words import Tokens

_FILLERS = frozenset(
    """ah eh er hm hmm mhm oh uh um well so okay ok alright right now just please sorry and but yeah yes no like
    actually basically""".split()  # noqa: SIM905 - a list of words to read
)
_CARRIERS = frozenset(
    """a an the this that these those of to for from in on at by with about as is are am was were be been being do does
    did have has had can could may might shall should will would must i i'm i'd i'll you you'd your yours me my mine we
    our us it its it's what what's which who when where why how there here if or then tell give say let get got know
    confirm provide share again also once more thank thanks""".split()  # noqa: SIM905 - a list of words to read
)
"""Words of English questions that do not say what is asked for."""

_SAYING_NOTHING = _FILLERS | _CARRIERS

Key = frozenset[str]


def said_key(tokens: Tokens) -> Key:
    """Return what an utterance holds without fillers; two with equal keys say the same."""
    return frozenset(tokens) - _FILLERS


def asked_key(tokens: Iterable[str]) -> Key:
    """Return what a question asks for; two with equal keys ask the same, however they are put."""
    return frozenset(tokens) - _SAYING_NOTHING
