"""Summaries of durations. One percentile method everywhere, so that figures of two pages can be compared."""

from collections.abc import Sequence

MINIMUM_EVENTS_FOR_RATE = 10
"""Fewer events than this are shown as counts, not as a rate."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of `values` lie, interpolated linearly between neighbours.

    Rank `share * (n - 1)` of the sorted values, counted from 0: the method of PostgreSQL's `percentile_cont`, so the
    figure of one call and that of a fleet mean the same. With one value every percentile is that value.

    Raises:
        ValueError: no values, or a share outside 0 to 1.
    """
    if not values:
        raise ValueError("there is no percentile of nothing")
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, got {share}")
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def summary_ms(durations_ms: Sequence[int]) -> dict[str, int]:
    """Return count, sum, mean, min, max, p50, p90 and p95 of at least one duration, in whole milliseconds.

    The sum lets readers combine calls without averaging averages.
    """
    total_ms = sum(durations_ms)
    ordered = sorted(durations_ms)  # sorting what is sorted costs next to nothing
    return {
        "count": len(durations_ms),
        "sum": total_ms,
        "mean": round(total_ms / len(durations_ms)),
        "min": ordered[0],
        "max": ordered[-1],
        "p50": round(percentile(ordered, 0.50)),
        "p90": round(percentile(ordered, 0.90)),
        "p95": round(percentile(ordered, 0.95)),
    }
