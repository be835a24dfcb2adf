import pytest

from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, entry, facts, turn
from tests.support.metric_values import call_value

TALK = conversation(turn(AGENT, (0, 4000), (10_000, 12_000)), turn(CUSTOMER, (5000, 6000), response_ms=1000))


def test_words_over_own_speech_time_not_call_time() -> None:
    said = [entry(AGENT, "one two three four five six"), entry(AGENT, "seven eight nine ten eleven twelve", 10_000)]
    value = call_value("speaking_rate", facts(TALK, transcript=said), AGENT)
    assert value.value == pytest.approx(120.0)
    assert value.statistics == {"numerator": 12, "denominator": 6000}
    assert value.confidence == 0.8
    assert value.method == "channel_audio (built) + transcript"


def test_too_few_words_give_counts_and_no_rate() -> None:
    value = call_value("speaking_rate", facts(TALK, transcript=[entry(CUSTOMER, "yes of course")]), CUSTOMER)
    assert (value.state, value.reason) == (
        ValueState.NOT_APPLICABLE,
        "3 words of the customer are too few for a rate.",
    )
    assert value.statistics == {"numerator": 3, "denominator": 1000}


def test_words_without_speech_have_no_rate() -> None:
    talk = conversation(turn(AGENT, (0, 4000)))
    value = call_value("speaking_rate", facts(talk, transcript=[entry(CUSTOMER, "word " * 20)]), CUSTOMER)
    assert (value.state, value.reason) == (ValueState.NOT_APPLICABLE, "The customer never spoke.")


def test_no_transcript_is_missing_data() -> None:
    value = call_value("speaking_rate", facts(TALK), AGENT)
    assert (value.state, value.reason) == (ValueState.DATA_MISSING, "The call has no transcript.")


def test_every_missing_input_is_named() -> None:
    value = call_value("speaking_rate", facts(None, reason="One channel."), AGENT)
    assert value.reason == "One channel. The call has no transcript."


def test_a_script_without_spaces_cannot_be_counted() -> None:
    value = call_value("speaking_rate", facts(TALK, transcript=[entry(AGENT, "お電話ありがとうございます")]), AGENT)
    assert value.state is ValueState.DATA_MISSING
