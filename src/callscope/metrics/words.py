"""The words of a transcript: counted, and as they are compared. One definition for every metric."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import CallFacts, EvidenceSpan
from callscope.core.transcript import TranscriptEntry
from callscope.metrics.shared import once_per_call

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

_PLAIN_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
"""Gives the same words as `_TOKEN` where there is no apostrophe, several times as fast: most of what is said."""

_MARKED = {code: " " if chr(code).isspace() else "w" if chr(code).isalnum() else "-" for code in range(128)}
"""Tells runs that begin with a mark, which may hold no letter or digit, from those that surely do."""

_WRITTEN_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese kana and Han: white space does not part their words."""

UNCOUNTABLE = "The transcript holds a script written without spaces, whose words cannot be counted by white space."
ENGLISH_ONLY = "It reads English only, and the transcript is in another language: {languages}."

Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyWords:
    """How much one party said. `word_count` is None where its words cannot be counted by white space."""

    entry_count: int
    word_count: int | None


class Said(NamedTuple):
    """An entry with its words as they are compared: without case and punctuation."""

    entry: TranscriptEntry
    tokens: Tokens

    @property
    def end_offset_ms(self) -> int:
        """Where it ends by the transcript's own times, at least a millisecond after its start."""
        return max(self.entry.end_offset_ms, self.entry.start_offset_ms + 1)

    @property
    def place(self) -> Segment:
        """Where it is spoken by the transcript's own times."""
        return Segment(
            role=self.entry.role, start_offset_ms=self.entry.start_offset_ms, end_offset_ms=self.end_offset_ms
        )

    def span(self, reason: str) -> EvidenceSpan:
        """Return the entry as evidence."""
        return EvidenceSpan(
            start_offset_ms=self.entry.start_offset_ms,
            end_offset_ms=self.end_offset_ms,
            role=self.entry.role,
            reason=reason,
        )


def count_words(text: str) -> int:
    """Return the number of words: runs between white space that hold at least one letter or digit.

    "well-known", "don't", "3.50" and "yes/no" are one word each; a lone dash is none.
    """
    if text.isascii():
        marked = text.translate(_MARKED)
        if not marked.startswith("-") and " -" not in marked:
            return len(marked.split())
    return sum(any(map(str.isalnum, run)) for run in text.split())


def tokens_of(text: str) -> Tokens:
    """Return the words of a text as they are compared: `It's 9:30!` is `it's`, `9`, `30`."""
    if text.isascii() and "'" not in text:
        return tuple(text.translate(_PLAIN_ASCII).split())
    return tuple(_TOKEN.findall(text.casefold().replace("\u2019", "'")))


def said_by(role: Role, transcript: Iterable[TranscriptEntry]) -> tuple[TranscriptEntry, ...]:
    """Return the party's own entries."""
    return tuple(entry for entry in transcript if entry.role is role)


def is_countable(entries: Iterable[TranscriptEntry]) -> bool:
    """Return whether white space parts the words of every entry."""
    return not any(not entry.text.isascii() and _WRITTEN_WITHOUT_SPACES.search(entry.text) for entry in entries)


@once_per_call
def words_by_role(facts: CallFacts) -> Mapping[Role, PartyWords]:
    """Return how much each party said."""
    return {role: _party_words(said_by(role, facts.transcript)) for role in Role}


@once_per_call
def said(facts: CallFacts) -> tuple[Said, ...]:
    """Return every entry of the transcript with its words, in order."""
    return tuple(Said(entry, tokens_of(entry.text)) for entry in facts.transcript)


@once_per_call
def foreign_languages(facts: CallFacts) -> tuple[str, ...]:
    """Return the languages other than English that the transcript says it is in."""
    codes = {entry.language_code for entry in facts.transcript if entry.language_code}
    return tuple(sorted(code for code in codes if code.lower().partition("-")[0].partition("_")[0] != "en"))


def _party_words(entries: tuple[TranscriptEntry, ...]) -> PartyWords:
    word_count = sum(count_words(entry.text) for entry in entries) if is_countable(entries) else None
    return PartyWords(entry_count=len(entries), word_count=word_count)
