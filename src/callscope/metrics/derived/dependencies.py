"""Which metric needs which: an order in which each comes after its sources, or the circle that rules one out."""

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from uuid import UUID

Sources = Mapping[UUID, Collection[UUID]]
"""The metrics that each derived metric reads, by its id."""


class CircularSources(ValueError):
    """Metrics that need each other. `circle` names them in order; the first and the last are the same."""

    def __init__(self, circle: tuple[UUID, ...]) -> None:
        super().__init__("Metrics cannot read each other in a circle: " + " reads ".join(str(each) for each in circle))
        self.circle = circle


def in_order(sources: Sources) -> tuple[UUID, ...]:
    """Return every metric named in `sources`, each after those it reads.

    Raises:
        CircularSources: there is no such order.
    """
    try:
        return tuple(TopologicalSorter(sources).static_order())
    except CycleError as error:
        circle: list[UUID] = error.args[1]
        raise CircularSources(tuple(reversed(circle))) from error


def readers_of(read: Iterable[UUID], sources: Sources) -> frozenset[UUID]:
    """Return every metric that reads one of `read`, itself or through others."""
    found: set[UUID] = set()
    wanted = set(read)
    while wanted:
        wanted = {reader for reader, own in sources.items() if not wanted.isdisjoint(own)} - found
        found |= wanted
    return frozenset(found)
