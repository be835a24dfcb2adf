"""Who spoke when: segments, turns, interruptions. All offsets are integer milliseconds from recording sample 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from callscope.core.call import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of one party's speech, `start_offset_ms` < `end_offset_ms`."""

    role: Role
    start_offset_ms: int
    end_offset_ms: int

    @property
    def duration_ms(self) -> int:
        """Length of the run."""
        return self.end_offset_ms - self.start_offset_ms


class TurnKind(StrEnum):
    """Whether the speaker took the floor."""

    TURN = "turn"
    BACKCHANNEL = "backchannel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One party's segments until the other party takes the floor, or one backchannel.

    `response_time_ms` is the onset minus the end of the other party's last speech before it; None for the
    opening turn, for backchannels and for a turn that starts in overlap (`overlaps_at_onset_ms` > 0), which is
    reported as overlap and never averaged into response time.
    """

    role: Role
    kind: TurnKind
    start_offset_ms: int
    end_offset_ms: int
    segments: tuple[Segment, ...]
    response_time_ms: int | None
    overlap_at_onset_ms: int

    @property
    def speech_ms(self) -> int:
        """Time spent speaking inside the turn, pauses left out."""
        return sum(segment.duration_ms for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """A floor-taking onset inside the other party's speech that overlaps it by more than the threshold.

    `yielded` says whether the interrupted party stopped within the yield limit; `stop_latency_ms` is the time it
    took to stop, None when it did not yield.
    """

    by: Role
    at_offset_ms: int
    overlap_ms: int
    yielded: bool
    stop_latency_ms: int | None


class TimingBasis(StrEnum):
    """What the offsets were measured on."""

    CHANNEL_AUDIO = "channel_audio"
    """One party a channel: overlap is measurable."""
    TRANSCRIPT = "transcript"
    """The sender's transcript times; overlap is as true as they are."""
    ALIGNED_TRANSCRIPT = "aligned_transcript"
    """Speech detected in the one channel of both parties, told apart by the transcript's times."""
    DIARIZED = "diarized"
    """Speech detected in the one channel of both parties, told apart by their voices."""

    @property
    def has_overlap(self) -> bool:
        """Whether both parties can be heard at once: not where every moment of one channel goes to one of them."""
        return self in (TimingBasis.CHANNEL_AUDIO, TimingBasis.TRANSCRIPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The whole call as turns.

    `parameters` are the thresholds it was built with; `version` names the method's revision.
    """

    basis: TimingBasis
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    interruptions: tuple[Interruption, ...]
    confidence: float
    parameters: Mapping[str, float | int | str]
    version: str
