"""Segments to turns: who holds the floor, who answers how fast, who interrupts whom.

The rules, on one party's segments against the other's:

* A segment is a **backchannel** when it lasts at most `backchannel_max_ms`, lies during or within the other party's
  turn, and that party goes on: its speech reaches past the segment, or sets in again at most
  `backchannel_resume_ms` after it. In a pause of the other party the whole pause must be that short, else every
  quick "yes" to a question would be a backchannel.
* Any other segment **takes the floor** unless its party holds it already. Whoever holds the floor keeps it as long
  as its own speech, pauses up to `floor_pause_ms` included, outlasts the other's: who talks on through an
  interruption gave nothing away.
* **Response time** is the onset of a turn minus the end of the other party's last speech before it; a turn that
  starts inside the other's speech has an overlap instead.
* An **interruption** is a turn's onset inside the other party's speech, overlapping it by more than
  `interruption_overlap_ms`. The interrupted party **yields** when it stops at most `yield_limit_ms` after the
  onset.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Interruption, Segment, TimingBasis, Turn, TurnKind
from callscope.speech.parameters import DEFAULT_TURNS, TurnParameters, as_record

TURNS_VERSION = "turns-1"


@dataclass(slots=True)
class _OpenTurn:
    """A turn still growing; its segments do not overlap and come in order."""

    role: Role
    kind: TurnKind
    segments: list[Segment]

    @property
    def end_offset_ms(self) -> int:
        return self.segments[-1].end_offset_ms


class _Track:
    """One party's segments, looked up by time."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._segments = tuple(segments)
        self._onsets = [segment.start_offset_ms for segment in self._segments]

    def last_begun(self, at_ms: int) -> Segment | None:
        """Return the last segment that begins at or before `at_ms`."""
        index = bisect_right(self._onsets, at_ms)
        return self._segments[index - 1] if index else None

    def next_after(self, at_ms: int) -> Segment | None:
        """Return the first segment that begins after `at_ms`."""
        index = bisect_right(self._onsets, at_ms)
        return self._segments[index] if index < len(self._segments) else None

    def run_end_ms(self, segment: Segment, *, before_ms: int, pause_ms: int) -> int:
        """Return where the speech under way in `segment` ends, pauses up to `pause_ms` bridged until `before_ms`."""
        end_ms = segment.end_offset_ms
        following = self.next_after(segment.start_offset_ms)
        while following is not None and following.start_offset_ms <= min(end_ms + pause_ms, before_ms):
            end_ms = following.end_offset_ms
            following = self.next_after(following.start_offset_ms)
        return end_ms


def build_conversation(
    segments: Iterable[Segment],
    *,
    basis: TimingBasis,
    confidence: float,
    parameters: TurnParameters = DEFAULT_TURNS,
) -> Conversation:
    """Return the conversation that `segments` of both parties make up.

    Segments may come in any order; overlapping segments of one party are joined first.
    """
    ordered = join_overlaps(segments)
    tracks = {role: _Track(segment for segment in ordered if segment.role is role) for role in Role}
    turns = tuple(_close(turn, tracks[turn.role.other]) for turn in _group(ordered, tracks, parameters))
    found = (_interruption(turn, tracks[turn.role.other], parameters) for turn in turns)
    return Conversation(
        basis=basis,
        segments=ordered,
        turns=turns,
        interruptions=tuple(interruption for interruption in found if interruption is not None),
        confidence=confidence,
        parameters=as_record(parameters),
        version=TURNS_VERSION,
    )


def join_overlaps(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Return `segments` by onset, those of one party that touch or overlap joined into one."""
    joined: list[Segment] = []
    last_of: dict[Role, int] = {}
    for segment in sorted(segments, key=_by_onset):
        at = last_of.get(segment.role)
        if at is not None and segment.start_offset_ms <= joined[at].end_offset_ms:
            end = max(joined[at].end_offset_ms, segment.end_offset_ms)
            joined[at] = Segment(role=segment.role, start_offset_ms=joined[at].start_offset_ms, end_offset_ms=end)
        else:
            last_of[segment.role] = len(joined)
            joined.append(segment)
    return tuple(joined)


def _by_onset(segment: Segment) -> tuple[int, int, Role]:
    # Of two that start together the longer holds the floor.
    return segment.start_offset_ms, -segment.end_offset_ms, segment.role


def _group(ordered: Sequence[Segment], tracks: dict[Role, _Track], parameters: TurnParameters) -> list[_OpenTurn]:
    """Return turns and backchannels in order of onset."""
    turns: list[_OpenTurn] = []
    holder: _OpenTurn | None = None
    challenger: _OpenTurn | None = None
    for segment in ordered:
        if holder is None:
            holder = _started(turns, segment, TurnKind.TURN)
        elif segment.role is holder.role:
            holder.segments.append(segment)
        elif _is_backchannel(segment, holder, tracks, parameters):
            _started(turns, segment, TurnKind.BACKCHANNEL)
        else:
            standing = _challenge(turns, challenger, segment, parameters)
            outlasts = _speech_end_ms(holder, segment, tracks, parameters) >= segment.end_offset_ms
            holder, challenger = (holder, standing) if outlasts else (standing, None)
    return turns


def _started(turns: list[_OpenTurn], segment: Segment, kind: TurnKind) -> _OpenTurn:
    turn = _OpenTurn(segment.role, kind, [segment])
    turns.append(turn)
    return turn


def _challenge(
    turns: list[_OpenTurn], challenger: _OpenTurn | None, segment: Segment, parameters: TurnParameters
) -> _OpenTurn:
    """Return the turn of a party that speaks without holding the floor: the one it has, if it only paused."""
    if challenger is not None:
        pause_ms = segment.start_offset_ms - challenger.end_offset_ms
        if pause_ms <= parameters.backchannel_resume_ms:
            challenger.segments.append(segment)
            return challenger
    return _started(turns, segment, TurnKind.TURN)


def _speech_end_ms(holder: _OpenTurn, segment: Segment, tracks: dict[Role, _Track], parameters: TurnParameters) -> int:
    """Return until when the holder speaks on against `segment`."""
    return tracks[holder.role].run_end_ms(
        holder.segments[-1], before_ms=segment.end_offset_ms, pause_ms=parameters.floor_pause_ms
    )


def _is_backchannel(
    segment: Segment, holder: _OpenTurn, tracks: dict[Role, _Track], parameters: TurnParameters
) -> bool:
    if segment.duration_ms > parameters.backchannel_max_ms:
        return False
    if _goes_on_to_the_floor(segment, holder, tracks, parameters):
        return False
    if holder.end_offset_ms > segment.end_offset_ms:
        return True
    resumed = tracks[holder.role].next_after(segment.start_offset_ms)
    if resumed is None:
        return False
    starts_in_overlap = holder.end_offset_ms > segment.start_offset_ms
    silent_from_ms = segment.end_offset_ms if starts_in_overlap else holder.end_offset_ms
    return resumed.start_offset_ms - silent_from_ms <= parameters.backchannel_resume_ms


def _goes_on_to_the_floor(
    segment: Segment, holder: _OpenTurn, tracks: dict[Role, _Track], parameters: TurnParameters
) -> bool:
    """Whether the speaker of `segment` soon speaks again and the holder does not: it began a turn."""
    own_next = tracks[segment.role].next_after(segment.start_offset_ms)
    if own_next is None or own_next.start_offset_ms - segment.end_offset_ms > parameters.backchannel_resume_ms:
        return False
    resumed = tracks[holder.role].next_after(segment.start_offset_ms)
    resumes_first = resumed is not None and resumed.start_offset_ms <= own_next.start_offset_ms
    stops_soon = holder.end_offset_ms - segment.end_offset_ms < parameters.floor_pause_ms
    return stops_soon and not resumes_first


def _close(turn: _OpenTurn, other: _Track) -> Turn:
    onset_ms = turn.segments[0].start_offset_ms
    heard = other.last_begun(onset_ms)
    overlap_ms = 0 if heard is None else max(0, min(heard.end_offset_ms, turn.end_offset_ms) - onset_ms)
    answers = turn.kind is TurnKind.TURN and heard is not None and overlap_ms == 0
    return Turn(
        role=turn.role,
        kind=turn.kind,
        start_offset_ms=onset_ms,
        end_offset_ms=turn.end_offset_ms,
        segments=tuple(turn.segments),
        response_time_ms=onset_ms - heard.end_offset_ms if answers and heard is not None else None,
        overlap_at_onset_ms=overlap_ms,
    )


def _interruption(turn: Turn, other: _Track, parameters: TurnParameters) -> Interruption | None:
    """Return the interruption that the onset of `turn` is, None when it is none."""
    under_way = other.last_begun(turn.start_offset_ms)
    if turn.kind is not TurnKind.TURN or under_way is None or under_way.start_offset_ms == turn.start_offset_ms:
        return None
    overlap_ms = min(under_way.end_offset_ms, turn.segments[0].end_offset_ms) - turn.start_offset_ms
    if overlap_ms <= parameters.interruption_overlap_ms:
        return None
    stopped_ms = other.run_end_ms(
        under_way, before_ms=turn.segments[0].end_offset_ms, pause_ms=parameters.floor_pause_ms
    )
    stop_latency_ms = stopped_ms - turn.start_offset_ms
    yielded = stop_latency_ms <= parameters.yield_limit_ms
    return Interruption(
        by=turn.role,
        at_offset_ms=turn.start_offset_ms,
        overlap_ms=overlap_ms,
        yielded=yielded,
        stop_latency_ms=stop_latency_ms if yielded else None,
    )
