"""Transcripts too long to be shown at once: cut into parts, and the surroundings of what was found in them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from callscope.metrics.judging.material import Line

OVERLAP_LINES = 2
"""Lines at the end of a part that the next begins with, so that nothing is torn from what it answers."""


def parts_of(lines: Sequence[Line], budget_chars: int) -> tuple[tuple[Line, ...], ...]:
    """Return the lines in parts of at most `budget_chars` each, every word of every line in at least one of them."""
    if sum(_size(line) for line in lines) <= budget_chars:
        return (tuple(lines),)
    parts: list[list[Line]] = [[]]
    size_chars = 0
    for piece in (piece for line in lines for piece in _pieces(line, budget_chars // 2)):
        if size_chars + _size(piece) > budget_chars and parts[-1]:
            overlap = [line for line in parts[-1][-OVERLAP_LINES:] if _size(line) < budget_chars // 8]
            parts.append(overlap)
            size_chars = sum(_size(line) for line in overlap)
        parts[-1].append(piece)
        size_chars += _size(piece)
    return tuple(tuple(part) for part in parts)


def neighbourhood(
    lines: Sequence[Line], numbers: Collection[int], budget_chars: int, *, width: int = 2, ends: int = 3
) -> tuple[Line, ...]:
    """Return the lines of these numbers, `width` lines about each, and the first and last `ends`, in their order.

    Where that is more than `budget_chars`, neighbours are left out, the farthest first; the lines named never are.
    """
    distances: dict[int, int] = {}
    for position, line in enumerate(lines):
        is_end = position < ends or position >= len(lines) - ends
        nearest = min((abs(line.number - number) for number in numbers), default=width + 1)
        if nearest <= width or is_end:
            distances[position] = min(nearest, width)
    for farthest in range(width, 0, -1):
        if sum(_size(lines[position]) for position in distances) <= budget_chars:
            break
        distances = {position: distance for position, distance in distances.items() if distance < farthest}
    return tuple(lines[position] for position in sorted(distances))


def _pieces(line: Line, most_chars: int) -> Iterator[Line]:
    """Yield a line, in several pieces of the same number when it is longer than a part may be."""
    rest = line.text
    while len(rest) > most_chars:
        cut = rest.rfind(" ", 0, most_chars)
        cut = cut if cut > 0 else most_chars
        yield replace(line, text=rest[:cut])
        rest = rest[cut:].lstrip()
    yield replace(line, text=rest)


def _size(line: Line) -> int:
    return len(line.shown) + 1
