"""A brought transcript laid on detected speech: markers where the words are, ends that are real, and what disagrees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.transcript import TranscriptEntry
from callscope.speech.clock_fit import DEFAULT as CLOCK
from callscope.speech.clock_fit import ClockFit, ClockParameters, fit_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentParameters:
    """When text and speech belong together."""

    run_gap_ms: int = 700
    """Segments of a party no further apart are one run, whose onset may be an entry's start."""
    early_ms: int = 600
    """Speech may begin this much before its entry's start."""
    late_ms: int = 1_000
    """Speech may begin this much after its entry's end, where the transcript gives one."""
    cut_ms: int = 300
    """An entry that starts this far inside a segment shares it with the entry before."""
    ms_per_letter: int = 60
    """How long an entry without an end lasts at least, by its letters: about 170 words a minute."""


DEFAULT = AlignmentParameters()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedEntry:
    """An entry at its place in the recording.

    `entry` bears the new times. `segments` is the speech it was laid on, none when there is no such speech: then the
    times are the transcript's own, on the recording's clock. `moved_ms` is how far its start was moved in all.
    """

    entry: TranscriptEntry
    segments: tuple[Segment, ...]
    moved_ms: int

    @property
    def has_speech(self) -> bool:
        """Whether anybody speaks where the text says so."""
        return bool(self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """A transcript on a recording.

    `confidence` is the share of entries that lie on speech times the share of speech, by duration, that has text.
    """

    clock: ClockFit
    entries: tuple[AlignedEntry, ...]
    text_without_speech: tuple[TranscriptEntry, ...]
    speech_without_text: tuple[Segment, ...]
    confidence: float


def align(
    entries: Sequence[TranscriptEntry],
    segments: Sequence[Segment],
    parameters: AlignmentParameters = DEFAULT,
    clock_parameters: ClockParameters = CLOCK,
) -> Alignment:
    """Return the transcript laid on the speech detected per party. Text and order of entries are never changed."""
    ordered = sorted(entries, key=lambda entry: entry.start_offset_ms)
    clock = fit_clock(
        {role: [entry.start_offset_ms for entry in ordered if entry.role is role] for role in Role},
        {role: _run_onsets([s for s in segments if s.role is role], parameters) for role in Role},
        clock_parameters,
    )
    laid: list[AlignedEntry] = []
    untold: list[Segment] = []
    for role in Role:
        own = [_Placed.of(entry, clock, parameters) for entry in ordered if entry.role is role]
        speech = sorted((s for s in segments if s.role is role), key=lambda segment: segment.start_offset_ms)
        shares, left = _share_out(own, _cut_at_starts(own, speech, parameters), parameters)
        laid += [_aligned(placed, share) for placed, share in zip(own, shares, strict=True)]
        untold += left
    laid.sort(key=lambda aligned: aligned.entry.start_offset_ms)
    return Alignment(
        clock=clock,
        entries=tuple(laid),
        text_without_speech=tuple(aligned.entry for aligned in laid if not aligned.has_speech),
        speech_without_text=tuple(sorted(untold, key=lambda segment: segment.start_offset_ms)),
        confidence=_confidence(laid, segments, untold),
    )


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry on the recording's clock; `has_end` says whether its end is the transcript's own."""

    entry: TranscriptEntry
    start_ms: int
    end_ms: int
    has_end: bool

    @classmethod
    def of(cls, entry: TranscriptEntry, clock: ClockFit, parameters: AlignmentParameters) -> "_Placed":
        start_ms = max(round(clock.to_recording_ms(entry.start_offset_ms)), 0)
        end_ms = round(clock.to_recording_ms(entry.end_offset_ms))
        spoken_ms = len(entry.text) * parameters.ms_per_letter
        has_end = end_ms - start_ms >= spoken_ms / 3 and end_ms > start_ms
        return cls(entry, start_ms, end_ms if has_end else start_ms + spoken_ms, has_end)


def _run_onsets(segments: Sequence[Segment], parameters: AlignmentParameters) -> list[int]:
    onsets: list[int] = []
    end_ms: int | None = None
    for segment in sorted(segments, key=lambda segment: segment.start_offset_ms):
        if end_ms is None or segment.start_offset_ms - end_ms > parameters.run_gap_ms:
            onsets.append(segment.start_offset_ms)
        end_ms = max(segment.end_offset_ms, end_ms or 0)
    return onsets


def _cut_at_starts(own: Sequence[_Placed], speech: Sequence[Segment], parameters: AlignmentParameters) -> list[Segment]:
    """Return the segments, cut where a later entry starts well inside one that an earlier entry began."""
    pieces: list[Segment] = []
    starts = [later.start_ms for earlier, later in pairwise(own) if later.start_ms > earlier.start_ms]
    for segment in speech:
        at_ms = segment.start_offset_ms
        for start_ms in starts:
            if at_ms + parameters.cut_ms < start_ms < segment.end_offset_ms - parameters.cut_ms:
                pieces.append(replace(segment, start_offset_ms=at_ms, end_offset_ms=start_ms))
                at_ms = start_ms
        pieces.append(replace(segment, start_offset_ms=at_ms))
    return pieces


def _share_out(
    own: Sequence[_Placed], speech: Sequence[Segment], parameters: AlignmentParameters
) -> tuple[list[list[Segment]], list[Segment]]:
    """Return each entry's speech, and the speech that is nobody's: a segment goes to the entry it overlaps most.

    An entry without an end of its own also takes what follows it, up to the party's next entry.
    """
    shares: list[list[Segment]] = [[] for _ in own]
    left: list[Segment] = []
    for segment in speech:
        best = max(range(len(own)), key=lambda index: _belonging_ms(own, index, segment, parameters), default=None)
        if best is None or _belonging_ms(own, best, segment, parameters) <= 0:
            left.append(segment)
        else:
            shares[best].append(segment)
    return shares, left


def _belonging_ms(own: Sequence[_Placed], index: int, segment: Segment, parameters: AlignmentParameters) -> float:
    """Return how much of `segment` lies in the entry's time; the tolerance around it counts for a tenth."""
    placed = own[index]
    end_ms = placed.end_ms
    if not placed.has_end and index + 1 < len(own):
        end_ms = max(end_ms, own[index + 1].start_ms)
    inside = _shared_ms(segment, placed.start_ms, end_ms)
    around = _shared_ms(segment, placed.start_ms - parameters.early_ms, end_ms + parameters.late_ms)
    return max(inside, 0) + 0.1 * max(around, 0)


def _shared_ms(segment: Segment, start_ms: int, end_ms: int) -> int:
    return min(segment.end_offset_ms, end_ms) - max(segment.start_offset_ms, start_ms)


def _aligned(placed: _Placed, share: Sequence[Segment]) -> AlignedEntry:
    start_ms = share[0].start_offset_ms if share else placed.start_ms
    end_ms = share[-1].end_offset_ms if share else max(placed.end_ms, start_ms)
    entry = replace(placed.entry, start_offset_ms=start_ms, end_offset_ms=end_ms)
    return AlignedEntry(entry=entry, segments=tuple(share), moved_ms=start_ms - placed.entry.start_offset_ms)


def _confidence(laid: Sequence[AlignedEntry], segments: Sequence[Segment], untold: Sequence[Segment]) -> float:
    if not laid or not segments:
        return 0.0
    spoken = sum(aligned.has_speech for aligned in laid) / len(laid)
    told = 1 - sum(s.duration_ms for s in untold) / sum(s.duration_ms for s in segments)
    return spoken * told
