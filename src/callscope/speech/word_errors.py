"""How two transcripts of the same speech differ: word error rate, and which words.

Words are compared without case and punctuation, English numbers in digits as if spelt out: "at 9" and "at nine" agree.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import Levenshtein

from callscope.core.call import Role
from callscope.core.transcript import TranscriptEntry


class DifferenceKind(StrEnum):
    """What the other transcript made of the reference's words."""

    REPLACED = "replaced"
    LEFT_OUT = "left_out"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordDifference:
    """A run of words that differ. `reference_index` is where it stands among the reference's words."""

    kind: DifferenceKind
    reference_index: int
    reference_words: tuple[str, ...]
    other_words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordComparison:
    """Errors of one transcript against another. `error_rate` is None when the reference has no words."""

    reference_word_count: int
    other_word_count: int
    error_count: int
    differences: tuple[WordDifference, ...]

    @property
    def error_rate(self) -> float | None:
        """Words replaced, left out or added per word of the reference; above 1 when very much was added."""
        return self.error_count / self.reference_word_count if self.reference_word_count else None


def compare_words(reference: str, other: str) -> WordComparison:
    """Return how `other` differs from `reference`, by the fewest words replaced, left out and added."""
    expected, found = normalized_words(reference), normalized_words(other)
    differences = tuple(
        WordDifference(
            kind=_KINDS[step.tag],
            reference_index=step.src_start,
            reference_words=tuple(expected[step.src_start : step.src_end]),
            other_words=tuple(found[step.dest_start : step.dest_end]),
        )
        for step in Levenshtein.opcodes(expected, found)
        if step.tag != "equal"
    )
    return WordComparison(
        reference_word_count=len(expected),
        other_word_count=len(found),
        error_count=sum(max(len(d.reference_words), len(d.other_words)) for d in differences),
        differences=differences,
    )


def compare_transcripts(
    reference: Sequence[TranscriptEntry], other: Sequence[TranscriptEntry]
) -> dict[Role, WordComparison]:
    """Return the comparison of each party's words, entries taken in order of their start."""
    return {role: compare_words(_text(reference, role), _text(other, role)) for role in Role}


def normalized_words(text: str) -> list[str]:
    """Return the words of `text` as they are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", plain)
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)
    return [part for word in words for part in (_spelt_out(word) if word.isdecimal() and word.isascii() else (word,))]


_KINDS = {"replace": DifferenceKind.REPLACED, "delete": DifferenceKind.LEFT_OUT, "insert": DifferenceKind.ADDED}
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_DIGIT_BY_DIGIT_FROM = 10_000


def _spelt_out(digits: str) -> list[str]:
    """Return a number as it is said in English; long ones and those with a leading zero digit by digit."""
    if int(digits) >= _DIGIT_BY_DIGIT_FROM or (digits[0] == "0" and len(digits) > 1):
        return [_ONES[int(digit)] for digit in digits]
    return _number(int(digits))


def _number(value: int) -> list[str]:
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = value % size
            return [*_number(value // size), name, *(_number(rest) if rest else ())]
    if value < len(_ONES):
        return [_ONES[value]]
    tens, ones = divmod(value, 10)
    return [_TENS[tens - 2], *([_ONES[ones]] if ones else ())]


def _text(entries: Sequence[TranscriptEntry], role: Role) -> str:
    own = sorted((entry for entry in entries if entry.role is role), key=lambda entry: entry.start_offset_ms)
    return " ".join(entry.text for entry in own)
