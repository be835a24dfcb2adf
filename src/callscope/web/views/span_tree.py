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
    # A stack and not a recursion: a sender may nest as deep as it likes.
    waiting = children.get(NONE, [])[::-1]
    while waiting:
        place = waiting.pop()
        order.append(place)
        if place in children:
            waiting += children[place][::-1]
    # Every parent stands before its children; the last entry, which -1 points at, is that of no parent.
    depth_of = [0] * len(parents) + [-1]
    for place in order:
        depth_of[place] = depth_of[parents[place]] + 1
    if len(order) < len(parents):
        order += sorted(set(range(len(parents))).difference(order))
    return order, [depth_of[place] for place in order]
