"""Both parties in one channel: its speech told apart by a transcript that has times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.recording import Span
from callscope.core.transcript import TranscriptEntry
from callscope.speech.alignment import AlignedEntry, Alignment, AlignmentParameters, align

PARAMETERS = AlignmentParameters(run_gap_ms=200)
"""The other party's answer may follow at once, so runs of speech end at every gap the detector sees."""
LEAST_SPOKEN_RATIO = 0.5
"""With fewer of its entries on speech, a transcript is not one of this recording, or its times are not."""
LEAST_COVERED_RATIO = 0.5
"""An entry said into the other party's speech lies on speech by at least this much."""

_ANYONE = Role.AGENT
"""Alignment works party by party; in one channel both are taken for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribedSpeech:
    """The channel's speech by party, ascending, and how the transcript lies on it. Speech without text is nobody's.

    `spoken_ratio` is the share of entries that lie on speech.
    """

    segments: tuple[Segment, ...]
    alignment: Alignment
    spoken_ratio: float


def align_one_channel(entries: Sequence[TranscriptEntry], speech: Sequence[Span]) -> TranscribedSpeech | None:
    """Return whose the channel's `speech` is by the times of `entries`; None when they do not lie on speech.

    Where entries of both parties claim one moment of speech, both have it: that is the transcript's word, not heard.
    """
    found = align(
        [replace(entry, role=_ANYONE) for entry in entries],
        [Segment(role=_ANYONE, start_offset_ms=start, end_offset_ms=end) for start, end in speech],
        PARAMETERS,
    )
    brought = {entry.id: entry for entry in entries}
    laid = [_of_its_party(aligned, brought[aligned.entry.id].role) for aligned in found.entries]
    laid = [aligned if aligned.has_speech else _said_into(aligned, speech) for aligned in laid]
    laid = _until_own_end(laid, brought, found)
    spoken = sum(aligned.has_speech for aligned in laid)
    if not laid or spoken < LEAST_SPOKEN_RATIO * len(laid):
        return None
    silent = tuple(aligned.entry for aligned in laid if not aligned.has_speech)
    segments = [segment for aligned in laid for segment in aligned.segments]
    return TranscribedSpeech(
        segments=tuple(sorted(segments, key=lambda segment: segment.start_offset_ms)),
        alignment=replace(found, entries=tuple(laid), text_without_speech=silent),
        spoken_ratio=spoken / len(laid),
    )


def _of_its_party(aligned: AlignedEntry, role: Role) -> AlignedEntry:
    segments: list[Segment] = []
    for segment in aligned.segments:
        # Speech cut at another entry's start, whose both sides came to this one.
        if segments and segments[-1].end_offset_ms == segment.start_offset_ms:
            segments[-1] = replace(segments[-1], end_offset_ms=segment.end_offset_ms)
        else:
            segments.append(replace(segment, role=role))
    return replace(aligned, entry=replace(aligned.entry, role=role), segments=tuple(segments))


def _said_into(aligned: AlignedEntry, speech: Sequence[Span]) -> AlignedEntry:
    """Return the entry with the speech of its time, which alignment gave to the entry around it."""
    start_ms, end_ms = aligned.entry.start_offset_ms, aligned.entry.end_offset_ms
    shared = [(max(first, start_ms), min(last, end_ms)) for first, last in speech if first < end_ms and start_ms < last]
    if sum(last - first for first, last in shared) < max(LEAST_COVERED_RATIO * (end_ms - start_ms), 1):
        return aligned
    own = (Segment(role=aligned.entry.role, start_offset_ms=first, end_offset_ms=last) for first, last in shared)
    return replace(aligned, segments=tuple(own))


def _until_own_end(
    laid: Sequence[AlignedEntry], brought: Mapping[UUID, TranscriptEntry], found: Alignment
) -> list[AlignedEntry]:
    """Return the entries, those cut off by the next one's start prolonged to their own end in the same speech."""
    prolonged = list(laid)
    for index, (before, after) in enumerate(pairwise(laid)):
        if not before.segments or not after.segments:
            continue
        last, first = before.segments[-1], after.segments[0]
        told_end_ms = round(found.clock.to_recording_ms(brought[before.entry.id].end_offset_ms))
        end_ms = min(told_end_ms, first.end_offset_ms)
        if last.end_offset_ms == first.start_offset_ms and end_ms > last.end_offset_ms:
            segments = (*before.segments[:-1], replace(last, end_offset_ms=end_ms))
            prolonged[index] = replace(before, entry=replace(before.entry, end_offset_ms=end_ms), segments=segments)
    return prolonged
