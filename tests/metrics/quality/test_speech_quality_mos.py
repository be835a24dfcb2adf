from callscope.core.metric import ValueState
from callscope.core.recording import PerceivedQuality
from tests.support.channel_reports import channel_report, facts_with
from tests.support.conversations import AGENT, CUSTOMER
from tests.support.metric_values import call_value


def test_it_is_the_answer_to_one_question_not_the_mean_of_three() -> None:
    facts = facts_with(channel_report(0, CUSTOMER), channel_report(1, AGENT))
    value = call_value("speech_quality_mos", facts, AGENT)
    assert (value.value, value.confidence) == (3.4, 0.7)


def test_what_was_judged_before_it_was_asked_says_so() -> None:
    older = PerceivedQuality(signal=3.6, background=4.1, overall=3.3, window_count=2, method="older")
    facts = facts_with(channel_report(0, CUSTOMER, perceived=older), channel_report(1, AGENT))
    value = call_value("speech_quality_mos", facts, CUSTOMER)
    assert (value.state, value.value) == (ValueState.DATA_MISSING, None)
    assert "analyse it again" in str(value.reason)
