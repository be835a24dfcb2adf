"""Differences between two transcripts of a call: shown, and told apart by whether they change the meaning."""

from collections.abc import Iterable
from typing import Final

from callscope.core.call import Role
from callscope.core.metric import EvidenceSpan
from callscope.core.transcript import DifferenceKind, WordDifference
from callscope.metrics.phrasing import asked_key
from callscope.metrics.valence import has_negation

TRANSCRIPTION_EDGE_CASES = (
    "Case and punctuation do not count, and English numbers in digits are compared as they are spoken.",
    "Only a call that brought a transcript and was transcribed besides has this value.",
)
TRANSCRIPTION_WEAKNESSES = (
    "The recognised words are taken for the truth and are not: both recognizers can be wrong, or one of them right.",
)

_SHARED_STEM: Final = 4
"""Words that begin with as many equal letters are taken for forms of one word."""

_NUMBERS = frozenset(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million first second third
    half quarter""".split()  # noqa: SIM905 - a list of words to read
)
_SAID: Final = {
    DifferenceKind.REPLACED: "{reference!r} was written as {other!r}",
    DifferenceKind.LEFT_OUT: "{reference!r} was left out",
    DifferenceKind.ADDED: "{other!r} was added",
}


def difference_spans(role: Role, differences: Iterable[WordDifference]) -> tuple[EvidenceSpan, ...]:
    """Return differences as evidence, each where the entry begins in which it stands."""
    return tuple(
        EvidenceSpan(
            start_offset_ms=each.at_offset_ms or 0,
            end_offset_ms=(each.at_offset_ms or 0) + 1,
            role=role,
            reason=_SAID[each.kind].format(reference=" ".join(each.reference_words), other=" ".join(each.other_words)),
        )
        for each in differences
    )


def changes_meaning(difference: WordDifference) -> bool:
    """Tell whether a difference is more than small words and endings."""
    reference, other = difference.reference_words, difference.other_words
    if has_negation(reference) != has_negation(other):
        return True
    if _numbers(reference) != _numbers(other):
        return True
    return bool(_unlike(asked_key(reference), other) | _unlike(asked_key(other), reference))


def _numbers(words: Iterable[str]) -> list[str]:
    return [word for word in words if word in _NUMBERS or word.isdecimal()]


def _unlike(words: Iterable[str], others: Iterable[str]) -> set[str]:
    stems = {other[:_SHARED_STEM] for other in others}
    return {word for word in words if word[:_SHARED_STEM] not in stems}
