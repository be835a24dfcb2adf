"""When in an utterance a part of its text is said, as far as the text tells."""

from collections.abc import Collection, Iterator

from callscope.core.transcript import Share
from callscope.redaction.detect import Found

SYLLABLES_OF_DIGIT = 1.4
SYLLABLES_OF_LETTER = 0.3
SYLLABLES_OF_PAUSE = 0.6
"""Rough: a spoken digit is a short word with a pause after it, a written word has a syllable for three letters."""
MARGIN_MS = 250
MARGIN_RATIO = 0.12
"""Chosen by `bench/redaction.py --audio`: what covers nearly all, not what covers least."""
SPELLED = "@/_"
PAUSES = ".,;:?!"


def shares_of(text: str, found: Collection[Found]) -> tuple[Share, ...]:
    """Return for each find which part of the time that saying `text` takes goes to it."""
    reached = [0.0]
    for character in text:
        reached.append(reached[-1] + _syllables_of(character))
    whole = reached[-1] or 1.0
    return tuple((reached[one.start] / whole, reached[one.end] / whole) for one in found)


def spans_of(start_ms: int, end_ms: int, shares: Collection[Share]) -> Iterator[tuple[int, int]]:
    """Yield what has to be silenced of an utterance so that nothing of these parts is heard: more than the parts.

    How fast somebody speaks changes within an utterance, so the margin grows with it.
    """
    duration_ms = end_ms - start_ms
    margin_ms = MARGIN_MS + MARGIN_RATIO * duration_ms
    for first, last in shares:
        begins = max(start_ms - MARGIN_MS, start_ms + first * duration_ms - margin_ms)
        ends = min(end_ms + MARGIN_MS, start_ms + last * duration_ms + margin_ms)
        yield max(0, round(begins)), round(ends)


def _syllables_of(character: str) -> float:
    if character.isdigit() or character in SPELLED:
        return SYLLABLES_OF_DIGIT
    if character in PAUSES:
        return SYLLABLES_OF_PAUSE
    return SYLLABLES_OF_LETTER
