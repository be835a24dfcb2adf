"""The likeliest way through a call: which voice each moment of speech is, given that voices seldom change."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from callscope.core.recording import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCosts:
    """Log-odds: what a second of speech with a margin of 1 adds, and what speaks against a change of voice."""

    evidence_per_second: float
    change: float
    gap_change: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A moment of speech that is one voice's: the grain of the path. `segment` is the run of speech it lies in."""

    segment: int
    start_ms: int
    end_ms: int


def cut_cells(segments: Sequence[Span], cell_ms: int) -> list[Cell]:
    """Return the segments cut every `cell_ms`; the last cell of each is up to half longer or shorter."""
    cells = []
    for index, (start, end) in enumerate(segments):
        edges = [*range(start, max(end - cell_ms // 2, start + 1), cell_ms), end]
        cells += [Cell(index, first, last) for first, last in pairwise(edges)]
    return cells


def cell_margins(
    windows: list[tuple[int, Span]],
    margins: npt.NDArray[np.float64],
    cells: list[Cell],
) -> npt.NDArray[np.float64]:
    """Return the margin at each cell's middle, interpolated between the middles of its segment's windows."""
    segment_of = np.array([segment for segment, _ in windows])
    middle_ms = np.array([(start + end) / 2 for _, (start, end) in windows])
    first = np.searchsorted(segment_of, [cell.segment for cell in cells], side="left")
    last = np.searchsorted(segment_of, [cell.segment for cell in cells], side="right")
    return np.array(
        [
            np.interp((cell.start_ms + cell.end_ms) / 2, middle_ms[start:end], margins[start:end])
            for cell, start, end in zip(cells, first, last, strict=True)
        ]
    )


def likeliest_path(cells: list[Cell], margins: npt.NDArray[np.float64], costs: PathCosts) -> npt.NDArray[np.int64]:
    """Return the voice of each cell, 0 or 1: the two-state path of the highest log-odds (Viterbi)."""
    scores = np.zeros(2)
    came_from = np.zeros((len(cells), 2), dtype=np.int64)
    for position, (cell, margin) in enumerate(zip(cells, margins, strict=True)):
        inside = position > 0 and cells[position - 1].segment == cell.segment
        cost = costs.change if inside else costs.gap_change
        for voice in (0, 1):
            came_from[position, voice] = voice if scores[voice] >= scores[1 - voice] - cost else 1 - voice
        reached = np.maximum(scores, scores[::-1] - cost)
        seconds = (cell.end_ms - cell.start_ms) / 1000
        scores = reached + np.array([-0.5, 0.5]) * costs.evidence_per_second * margin * seconds
    path = np.zeros(len(cells), dtype=np.int64)
    voice = int(np.argmax(scores))
    for position in range(len(cells) - 1, -1, -1):
        path[position] = voice
        voice = int(came_from[position, voice])
    return path
