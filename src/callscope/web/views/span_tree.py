"""Spans in the order a reader wants them: every span under the one that caused it."""

from collections.abc import Sequence

NONE = -1


def in_tree_order(parents: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the places of spans in reading order, and how many spans each of them lies under.

    Spans come by their start, `parents` holding the place of each one's parent: siblings stay as they come. A span
    whose parent is not there (-1), or whose parents form a circle, counts as one without.
    """
    children: dict[int, list[int]] = {}
    for place, parent in enumerate(parents):
        children.setdefault(parent, []).append(place)
    order: list[int] = []
    depths: list[int] = []
    # A stack and not a recursion: a sender may nest as deep as it likes.
    waiting = [(place, 0) for place in reversed(children.get(NONE, ()))]
    while waiting:
        place, depth = waiting.pop()
        order.append(place)
        depths.append(depth)
        waiting.extend((child, depth + 1) for child in reversed(children.get(place, ())))
    if len(order) < len(parents):
        circling = sorted(set(range(len(parents))).difference(order))
        order += circling
        depths += [0] * len(circling)
    return order, depths
