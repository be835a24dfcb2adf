"""A number told in plain words."""

import pytest

from callscope.cli.analysis.explanation import explain_metric
from callscope.metrics.registry import MetricNotFound
from tests.support.measurements import example_measurement, untimed_measurement


def test_it_tells_value_sums_places_and_thresholds() -> None:
    told = explain_metric("silence_duration", example_measurement())
    assert told.startswith("Silence (silence_duration, version 1)")
    assert "How it is computed" in told
    assert "For the call it is" in told
    assert "It rests on: count" in told
    assert "dead air: nobody spoke for" in told
    assert "dead_air_ms = 3000" in told


def test_it_lists_events_with_their_place_and_party() -> None:
    told = explain_metric("response_time", example_measurement())
    assert "For the agent it is" in told
    assert "at 3.95 s, customer: 650 ms" in told


def test_an_absent_value_says_why() -> None:
    told = explain_metric("turn_count", untimed_measurement("One channel holds both parties."))
    assert "there is no value (DATA_MISSING): One channel holds both parties." in told


def test_a_metric_there_is_not_is_an_error() -> None:
    with pytest.raises(MetricNotFound):
        explain_metric("no_such_metric", example_measurement())
