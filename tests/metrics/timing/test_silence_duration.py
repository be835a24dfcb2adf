from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, facts, turn
from tests.support.metric_values import call_value, spans


def test_silence_between_first_and_last_speech_is_added_up() -> None:
    talk = conversation(
        turn(AGENT, (1000, 2000), (2500, 3000)),
        turn(CUSTOMER, (6000, 7000), response_ms=3000),
        turn(AGENT, (9999, 11_000), response_ms=2999),
    )
    value = call_value("silence_duration", facts(talk))
    assert value.value == 500 + 3000 + 2999
    assert value.statistics == {
        "count": 3,
        "dead_air_count": 1,
        "dead_air_ms": 3000,
        "numerator": 6499,
        "denominator": 10_000,
    }
    assert spans(value) == [(3000, 6000)]
    assert value.evidence[0].reason == "dead air: nobody spoke for 3000 ms"
    assert value.parameters["dead_air_ms"] == 3000


def test_a_pause_of_one_party_under_the_others_speech_is_no_silence() -> None:
    talk = conversation(turn(AGENT, (0, 4000)), turn(CUSTOMER, (500, 700), (3000, 4500)))
    value = call_value("silence_duration", facts(talk))
    assert (value.state, value.value, value.evidence) == (ValueState.SUCCESS, 0, ())


def test_a_call_without_speech_has_no_silence_to_measure() -> None:
    value = call_value("silence_duration", facts(conversation()))
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "Nobody spoke.")
