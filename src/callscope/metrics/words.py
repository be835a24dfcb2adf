"""Counting words of a transcript, one definition for every metric."""

import re
from collections.abc import Iterable

from callscope.core.call import Role
from callscope.core.transcript import TranscriptEntry

_WORD = re.compile(r"[^\W_]\S*")
"""From the first letter or digit of a run to its end, so that each run matches once."""

_WRITTEN_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese kana and Han: white space does not part their words."""

UNCOUNTABLE = "The transcript holds a script written without spaces, whose words cannot be counted by white space."


def count_words(text: str) -> int:
    """Return the number of words: runs between white space that hold at least one letter or digit.

    "well-known", "don't", "3.50" and "yes/no" are one word each; a lone dash is none.
    """
    return len(_WORD.findall(text))


def said_by(role: Role, transcript: Iterable[TranscriptEntry]) -> tuple[TranscriptEntry, ...]:
    """Return the party's own entries."""
    return tuple(entry for entry in transcript if entry.role is role)


def is_countable(entries: Iterable[TranscriptEntry]) -> bool:
    """Return whether white space parts the words of every entry."""
    return not any(_WRITTEN_WITHOUT_SPACES.search(entry.text) for entry in entries)
