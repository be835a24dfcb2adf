from callscope.core.metric import ValueState
from tests.support.conversations import facts
from tests.support.metric_values import call_value
from tests.support.recordings import analysis


def test_the_recording_tells_the_length_without_doubt() -> None:
    value = call_value("call_duration", facts(duration_ms=12_345, recording=analysis(duration_ms=12_345)))
    assert (value.value, value.confidence) == (12_345, 1.0)
    assert value.method == "recording (made up)"


def test_a_length_only_the_sender_knows_is_less_certain() -> None:
    value = call_value("call_duration", facts(duration_ms=12_345))
    assert (value.value, value.confidence, value.method) == (12_345, 0.8, "reported")


def test_an_unknown_length_is_missing_not_zero() -> None:
    value = call_value("call_duration", facts(duration_ms=None))
    assert (value.state, value.value, value.confidence) == (ValueState.DATA_MISSING, None, None)
    assert "no recording was decoded" in str(value.reason)


def test_an_empty_recording_is_zero_long() -> None:
    assert call_value("call_duration", facts(duration_ms=0)).value == 0
