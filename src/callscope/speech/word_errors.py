"""How two transcripts of the same speech differ: word error rate, and which words.

Words are compared without case and punctuation, English numbers in digits as if spelt out: "at 9" and "at nine" agree.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from rapidfuzz.distance import Levenshtein

from callscope.core.call import Role
from callscope.core.transcript import DifferenceKind, TranscriptEntry, WordComparison, WordDifference


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
    return {role: _compare_party(entries_of(reference, role), entries_of(other, role)) for role in Role}


def entries_of(entries: Sequence[TranscriptEntry], role: Role) -> list[TranscriptEntry]:
    """Return the entries of one party in the order they are compared in."""
    return sorted((entry for entry in entries if entry.role is role), key=lambda entry: entry.start_offset_ms)


def _compare_party(reference: Sequence[TranscriptEntry], other: Sequence[TranscriptEntry]) -> WordComparison:
    compared = compare_words(_text(reference), _text(other))
    first_words = [0, *accumulate(len(normalized_words(entry.text)) for entry in reference)]
    differences = tuple(
        replace(difference, at_offset_ms=_start_of_word(difference.reference_index, first_words, reference))
        for difference in compared.differences
    )
    return replace(compared, differences=differences)


def _start_of_word(index: int, first_words: Sequence[int], entries: Sequence[TranscriptEntry]) -> int | None:
    """Return the start of the entry that holds the word; what was added at the end belongs to the last one."""
    if not entries:
        return None
    return entries[min(bisect_right(first_words, index), len(entries)) - 1].marker_ms


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


def _text(entries: Sequence[TranscriptEntry]) -> str:
    return " ".join(entry.text for entry in entries)
