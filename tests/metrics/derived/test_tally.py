import pytest

from callscope.core.metric import MetricValue, ValueState
from callscope.core.metric_definition import Tally
from callscope.metrics.derived.tally import evaluate
from tests.support.derived_metrics import A, at, defined, whole, without
from tests.support.metric_values import spans

BAD = Tally(source=A, source_slug="appropriate", counts_when=False)
BAD_SHARE = Tally(source=A, source_slug="appropriate", counts_when=False, is_rate=True)
VERDICTS = (
    at(0, 10, value=True),
    at(20, 30, value=False),
    at(40, 50, value=False),
    whole(value=False),
)


def told(tally: Tally, *values: MetricValue) -> MetricValue:
    return evaluate(defined(tally), tally, {A: values})


def test_verdicts_on_events_are_counted_and_shown() -> None:
    value = told(BAD, *VERDICTS)
    assert (value.value, value.statistics) == (2, {"numerator": 2, "denominator": 3})
    assert spans(value) == [(20, 30), (40, 50)]


def test_few_verdicts_make_no_rate() -> None:
    value = told(BAD_SHARE, *VERDICTS)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "2 of 3: fewer than 10 events make no rate.")
    assert value.statistics == {"numerator": 2, "denominator": 3}


def test_many_verdicts_make_a_rate() -> None:
    verdicts = [at(start, start + 5, value=start % 40 != 0) for start in range(0, 100, 10)]
    assert told(BAD_SHARE, *verdicts).value == pytest.approx(0.3)


def test_nothing_to_judge_is_zero_and_no_judge_is_missing() -> None:
    assert told(BAD, without(ValueState.NOT_APPLICABLE)).value == 0
    assert told(BAD_SHARE, without(ValueState.NOT_APPLICABLE)).state is ValueState.NOT_APPLICABLE
    missing = told(BAD, without(ValueState.DATA_MISSING, "No judge is configured."))
    assert (missing.state, missing.reason) == (
        ValueState.DATA_MISSING,
        "source has no value: No judge is configured.",
    )
    assert told(BAD).reason == "The call has no value of appropriate."
