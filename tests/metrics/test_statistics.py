import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.metrics.statistics import percentile, summary_ms

DURATIONS = st.lists(st.integers(min_value=-10_000, max_value=10_000_000), min_size=1, max_size=200)


@given(values=DURATIONS, share=st.floats(min_value=0, max_value=1))
def test_percentiles_are_the_linear_ones(values: list[int], share: float) -> None:
    assert percentile(values, share) == pytest.approx(float(np.percentile(values, share * 100)), abs=1e-3, rel=1e-9)


@given(values=DURATIONS)
def test_the_order_of_events_does_not_matter(values: list[int]) -> None:
    assert summary_ms(values) == summary_ms(values[::-1])


def test_a_summary_by_hand() -> None:
    assert summary_ms([100, 200, 400, 300]) == {
        "count": 4,
        "sum": 1000,
        "mean": 250,
        "min": 100,
        "max": 400,
        "p50": 250,
        "p90": 370,
        "p95": 385,
    }


def test_one_event_is_every_percentile() -> None:
    summary = summary_ms([730])
    assert {summary[name] for name in ("mean", "min", "max", "p50", "p90", "p95")} == {730}


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_a_share_is_no_per_cent() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1], 95)
