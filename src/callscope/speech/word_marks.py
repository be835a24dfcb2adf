"""The differences of two transcripts laid on the words of one of them as they are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, takewhile
from uuid import UUID

from callscope.core.transcript import (
    MarkedPiece,
    PieceKind,
    TranscriptComparison,
    TranscriptEntry,
    TranscriptSource,
    WordComparison,
    WordDifference,
)
from callscope.speech.word_errors import entries_of, normalized_words


@dataclass(slots=True)
class _Written:
    """A piece of text between blanks; `first` and `end` are the words it is compared as, none for a mere dash."""

    entry_id: UUID
    text: str
    first: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A difference as the transcript read has it: its words from `first` to before `end`, and what it misses."""

    first: int
    end: int
    missing: str

    @property
    def is_empty(self) -> bool:
        """Whether the transcript that is read has no words there."""
        return self.first == self.end


def mark_entries(
    entries: Sequence[TranscriptEntry], source: TranscriptSource, comparison: TranscriptComparison
) -> dict[UUID, tuple[MarkedPiece, ...]]:
    """Return the text of each entry of the transcript of `source` in pieces, in the order they are read, by entry.

    Nothing of a party whose words are not those that were compared: the transcript has changed since.
    """
    marked: dict[UUID, tuple[MarkedPiece, ...]] = {}
    for role, compared in comparison.by_role.items():
        marked |= _mark_party(entries_of(entries, role), compared, is_reference=source is comparison.reference)
    return marked


def _mark_party(
    entries: Sequence[TranscriptEntry], compared: WordComparison, *, is_reference: bool
) -> dict[UUID, tuple[MarkedPiece, ...]]:
    written = _written(entries)
    word_count = written[-1].end if written else 0
    if word_count != (compared.reference_word_count if is_reference else compared.other_word_count):
        return {}
    pieces: dict[UUID, list[MarkedPiece]] = {entry.id: [] for entry in entries}
    waiting = list(reversed(_runs(compared.differences, is_reference=is_reference)))
    reached = entries[0].id if entries else None
    for one in written:
        while waiting and waiting[-1].end <= one.first:
            run = waiting.pop()
            # What stands in place of words stands behind them, be they the last of their entry.
            _add_missing(pieces[one.entry_id if run.is_empty or reached is None else reached], run)
        kind = PieceKind.HERE if _touches(waiting, one) else PieceKind.BOTH
        pieces[one.entry_id].append(MarkedPiece(kind=kind, text=one.text))
        reached = one.entry_id
    for run in reversed(waiting):
        if reached is not None:
            _add_missing(pieces[reached], run)
    return {entry_id: _joined(found) for entry_id, found in pieces.items()}


def _touches(waiting: Sequence[_Run], one: _Written) -> bool:
    """Tell whether a piece holds a word of a run; `waiting` ends with the first run."""
    begun = takewhile(lambda run: run.first < one.end, reversed(waiting))
    return any(one.first < run.end for run in begun)


def _written(entries: Sequence[TranscriptEntry]) -> list[_Written]:
    written, reached = [], 0
    for entry in entries:
        for text in entry.text.split():
            first, reached = reached, reached + _word_count(text)
            written.append(_Written(entry.id, text, first, reached))
    return written


@lru_cache(maxsize=50_000)
def _word_count(text: str) -> int:
    """Return how many words a piece is compared as. Remembered: a long call says few different words."""
    return len(normalized_words(text))


def _runs(differences: Sequence[WordDifference], *, is_reference: bool) -> list[_Run]:
    runs, shift = [], 0
    for one in differences:
        first = one.reference_index if is_reference else one.reference_index + shift
        own, missing = one.reference_words, one.other_words
        if not is_reference:
            own, missing = missing, own
        runs.append(_Run(first=first, end=first + len(own), missing=" ".join(missing)))
        shift += len(one.other_words) - len(one.reference_words)
    return runs


def _add_missing(pieces: list[MarkedPiece], run: _Run) -> None:
    if run.missing:
        pieces.append(MarkedPiece(kind=PieceKind.THERE, text=run.missing))


def _joined(pieces: Sequence[MarkedPiece]) -> tuple[MarkedPiece, ...]:
    return tuple(
        MarkedPiece(kind=kind, text=" ".join(piece.text for piece in run))
        for kind, run in groupby(pieces, key=lambda piece: piece.kind)
    )
