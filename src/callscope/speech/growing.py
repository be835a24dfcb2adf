"""A recording that is listened to while it grows: a stretch at a time, joined with what was heard before."""

from collections.abc import Sequence
from pathlib import Path

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.speech.analysis import analyze_recording
from callscope.speech.turns import join_overlaps

CONTEXT_MS = 8000
"""Of what was heard before, this much is heard again: the noise has to be learnt anew."""
UNSETTLED_MS = 2000
"""Near its end a stretch may cut a word in two; what was heard there is put right by the next."""
ROLES = (Role.CUSTOMER, Role.AGENT)


def hear_on(path: Path, *, start_ms: int, heard: Sequence[Segment], until_ms: int) -> tuple[Segment, ...]:
    """Return who speaks when, once the stretch at `path`, from `start_ms` on, was heard after `heard` up to `until_ms`.

    The stretch is a file with the customer left and the agent right. Raises NotAudio, DecodeFailed.
    """
    found = analyze_recording(path, roles=ROLES).segments or ()
    settled_ms = until_ms - UNSETTLED_MS
    kept = [segment for segment in heard if segment.start_offset_ms < settled_ms]
    moved = (_moved(segment, start_ms) for segment in found)
    return join_overlaps([*kept, *(segment for segment in moved if segment.end_offset_ms > settled_ms)])


def _moved(segment: Segment, by_ms: int) -> Segment:
    return Segment(
        role=segment.role,
        start_offset_ms=segment.start_offset_ms + by_ms,
        end_offset_ms=segment.end_offset_ms + by_ms,
    )
