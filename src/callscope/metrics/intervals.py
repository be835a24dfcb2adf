"""Time arithmetic over segments: who speaks, when both do, when nobody does. Order of the input never matters."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Generic, NamedTuple, Protocol, TypeVar

from callscope.core.call import Role
from callscope.core.conversation import Segment

Interval = tuple[int, int]
"""Start and end in milliseconds, start < end."""


class Silence(NamedTuple):
    """A stretch in which nobody speaks, between the segment that ended last before it and the next to begin."""

    before: Segment
    after: Segment

    @property
    def start_offset_ms(self) -> int:
        """Where speech stopped."""
        return self.before.end_offset_ms

    @property
    def end_offset_ms(self) -> int:
        """Where speech began again."""
        return self.after.start_offset_ms

    @property
    def duration_ms(self) -> int:
        """Its length."""
        return self.end_offset_ms - self.start_offset_ms


class Begun(Protocol):
    """Anything that begins somewhere in a call."""

    @property
    def start_offset_ms(self) -> int:
        """Where it begins."""
        ...


Item = TypeVar("Item", bound=Begun)


class Track(Generic[Item]):
    """Segments or turns of one party, looked up by time."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = sorted(items, key=attrgetter("start_offset_ms"))
        self._onsets = [item.start_offset_ms for item in self._items]

    def last_begun(self, at_ms: int) -> Item:
        """Return the last that begins at or before `at_ms`.

        Raises:
            LookupError: nothing has begun by then.
        """
        index = bisect_right(self._onsets, at_ms)
        if index == 0:
            raise LookupError(f"nothing begins at or before {at_ms} ms")
        return self._items[index - 1]


def merged(segments: Iterable[Segment]) -> tuple[Interval, ...]:
    """Return the disjoint intervals, in order, that `segments` cover together, whoever speaks."""
    found: list[Interval] = []
    for start, end in sorted((segment.start_offset_ms, segment.end_offset_ms) for segment in segments):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def covered_ms(intervals: Iterable[Interval]) -> int:
    """Return the total length of disjoint intervals."""
    return sum(end - start for start, end in intervals)


def of(role: Role, segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Return the party's own segments."""
    return tuple(segment for segment in segments if segment.role is role)


def speech_ms(role: Role, segments: Iterable[Segment]) -> int:
    """Return how long the party speaks; stretches its segments share count once."""
    return covered_ms(merged(of(role, segments)))


def overlaps(segments: Sequence[Segment]) -> tuple[Interval, ...]:
    """Return the intervals in which both parties speak, in order."""
    agent, customer = (merged(of(role, segments)) for role in (Role.AGENT, Role.CUSTOMER))
    found: list[Interval] = []
    at_agent = at_customer = 0
    while at_agent < len(agent) and at_customer < len(customer):
        start = max(agent[at_agent][0], customer[at_customer][0])
        end = min(agent[at_agent][1], customer[at_customer][1])
        if start < end:
            found.append((start, end))
        if agent[at_agent][1] <= customer[at_customer][1]:
            at_agent += 1
        else:
            at_customer += 1
    return tuple(found)


def silences(segments: Iterable[Segment]) -> tuple[Silence, ...]:
    """Return every stretch of silence between the first and the last speech, in order."""
    ordered = sorted(segments, key=attrgetter("start_offset_ms", "end_offset_ms"))
    found: list[Silence] = []
    latest: Segment | None = None
    for segment in ordered:
        if latest is not None and segment.start_offset_ms > latest.end_offset_ms:
            found.append(Silence(before=latest, after=segment))
        if latest is None or segment.end_offset_ms > latest.end_offset_ms:
            latest = segment
    return tuple(found)
