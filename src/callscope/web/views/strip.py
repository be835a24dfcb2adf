"""The small drawing of a call in a list: who spoke when, on one line each, with slow answers and failed barge-ins."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from callscope.core.call_figures import STRIP_COLUMNS, CallFigures, StripMark

CUSTOMER_TOP, AGENT_TOP, WAIT_TOP = 0, 7, 14
LANE_HEIGHT, WAIT_HEIGHT = 6, 3
HELD = 1
RUN = re.compile(bytes([HELD]) + b"+")


@dataclass(frozen=True, slots=True, kw_only=True)
class StripView:
    """The drawing as SVG paths by the colour that fills them, and what it shows in words."""

    paths: tuple[tuple[str, str], ...]
    words: str
    width: int = STRIP_COLUMNS
    height: int = WAIT_TOP + WAIT_HEIGHT


def view_strip(figures: CallFigures | None) -> StripView | None:
    """Return the drawing, None for a call whose parties could not be timed."""
    if figures is None or figures.strip is None:
        return None
    columns = figures.strip
    both = StripMark.AGENT | StripMark.CUSTOMER
    drawn = (
        ("customer", _path(columns, StripMark.CUSTOMER, CUSTOMER_TOP, LANE_HEIGHT)),
        ("agent", _path(columns, StripMark.AGENT, AGENT_TOP, LANE_HEIGHT)),
        ("overlap", _path(columns, both, LANE_HEIGHT, 1)),
        ("gap-slow", _path(columns, StripMark.SLOW, WAIT_TOP, WAIT_HEIGHT)),
        ("gap-severe", _path(columns, StripMark.SEVERE, WAIT_TOP, WAIT_HEIGHT)),
        ("failed", _flags(columns)),
    )
    return StripView(paths=tuple((colour, path) for colour, path in drawn if path), words=_words(columns))


def _path(columns: bytes, mark: int, top: int, height: int) -> str:
    """Return one box a run of columns that have all of `mark`."""
    return "".join(f"M{start} {top}h{end - start}v{height}h{start - end}z" for start, end in _runs(columns, mark))


def _flags(columns: bytes) -> str:
    starts = (start for start, _ in _runs(columns, StripMark.FAILED_BARGE_IN))
    return "".join(f"M{start} {CUSTOMER_TOP}h2v{AGENT_TOP + LANE_HEIGHT}h-2z" for start in starts)


def _runs(columns: bytes, mark: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of columns that have all of `mark`."""
    return (run.span() for run in RUN.finditer(columns.translate(_holding(mark))))


@cache
def _holding(mark: int) -> bytes:
    """Return what `bytes.translate` makes a `HELD` of each column with that has all of `mark`, and a zero of others."""
    # Plain numbers: a flag's own operators take a hundred times as long.
    wanted = int(mark)
    return bytes(HELD if column & wanted == wanted else 0 for column in range(256))


def _words(columns: bytes) -> str:
    shares = {
        name: round(100 * columns.translate(_holding(mark)).count(HELD) / len(columns))
        for name, mark in (("agent", StripMark.AGENT), ("customer", StripMark.CUSTOMER))
    }
    slow = sum(1 for mark in (StripMark.SLOW, StripMark.SEVERE) for _ in _runs(columns, mark))
    failed = sum(1 for _ in _runs(columns, StripMark.FAILED_BARGE_IN))
    parts = [f"agent speaks {shares['agent']} % of the call", f"customer {shares['customer']} %"]
    parts += [f"{slow} slow {'answer' if slow == 1 else 'answers'}"] if slow else []
    parts += [f"{failed} failed {'barge-in' if failed == 1 else 'barge-ins'}"] if failed else []
    return ", ".join(parts)
