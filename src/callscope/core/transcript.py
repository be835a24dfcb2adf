"""What was said, by whom, when."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from callscope.core.call import Role


class TranscriptSource(StrEnum):
    """Where a transcript comes from, named as the wire names it."""

    CUSTOMER_AGENT_REALTIME = "CUSTOMER_AGENT_REALTIME"
    """Sent with the call by the team that runs the agent."""
    SIMULATION_AGENT_REALTIME = "SIMULATION_AGENT_REALTIME"
    ROARK_POST_CALL = "ROARK_POST_CALL"
    """Recognised from the recording after the call."""


READ_PREFERENCE = (
    TranscriptSource.CUSTOMER_AGENT_REALTIME,
    TranscriptSource.SIMULATION_AGENT_REALTIME,
    TranscriptSource.ROARK_POST_CALL,
)
"""Which source is read when a reader names none, best first."""
BROUGHT = READ_PREFERENCE[:2]
"""The sources that come with a call."""


Share = tuple[float, float]
"""A part of a stretch of time: where it begins and ends, 0 being the start of the stretch and 1 its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptEntry:
    """One stretch of words by one party, in call order.

    `heard_start_ms` and `heard_end_ms` are where in the recording its speech was found, None while it was not.
    `masked` says which parts of the time it takes went to words that were masked.
    """

    id: UUID
    role: Role
    participant_id: UUID | None
    text: str
    start_offset_ms: int
    end_offset_ms: int
    language_code: str | None
    payload: Mapping[str, Any] | None
    heard_start_ms: int | None = None
    heard_end_ms: int | None = None
    masked: tuple[Share, ...] = ()

    @property
    def marker_ms(self) -> int:
        """Where to listen: the speech found in the recording, else what the transcript says."""
        return self.start_offset_ms if self.heard_start_ms is None else self.heard_start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardEntry:
    """Where in the recording the speech of an entry was found."""

    entry_id: UUID
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptOutline:
    """A transcript without its words: how many entries, when each part of so many of them starts, when the last ends.

    `part_starts_ms` has one item a part, the first included.
    """

    source: TranscriptSource
    entry_count: int
    part_starts_ms: tuple[int, ...]
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """All entries of one source, ordered by start."""

    source: TranscriptSource
    entries: tuple[TranscriptEntry, ...]


class DifferenceKind(StrEnum):
    """What the other transcript made of the reference's words."""

    REPLACED = "replaced"
    LEFT_OUT = "left_out"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordDifference:
    """A run of words that differ. `reference_index` is where it stands among the reference's words.

    `at_offset_ms` is the start of the entry of the reference it stands in, None where the words have no times.
    """

    kind: DifferenceKind
    reference_index: int
    reference_words: tuple[str, ...]
    other_words: tuple[str, ...]
    at_offset_ms: int | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptComparison:
    """How a call's transcript `other` differs from its `reference`, party by party."""

    reference: TranscriptSource
    other: TranscriptSource
    by_role: Mapping[Role, WordComparison]


class PieceKind(StrEnum):
    """Where words stand: in both transcripts, or in one of them alone."""

    BOTH = "both"
    HERE = "here"
    """In the transcript that is read."""
    THERE = "there"
    """In the one it is compared with; shown where they would stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPiece:
    """A run of words of an entry, told by how the other transcript has it."""

    kind: PieceKind
    text: str
