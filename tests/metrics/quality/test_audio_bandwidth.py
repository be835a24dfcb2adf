from callscope.core.metric import ValueState
from tests.support.channel_reports import channel_report, facts_with
from tests.support.conversations import AGENT, CUSTOMER
from tests.support.metric_values import call_value


def test_each_party_has_the_figure_of_its_own_channel() -> None:
    facts = facts_with(channel_report(0, CUSTOMER, bandwidth_hz=7200), channel_report(1, AGENT))
    assert call_value("audio_bandwidth", facts, CUSTOMER).value == 7200
    assert call_value("audio_bandwidth", facts, AGENT).value == 3400


def test_one_channel_for_both_tells_nothing_of_either() -> None:
    value = call_value("audio_bandwidth", facts_with(channel_report(0, None)), AGENT)
    assert value.state is ValueState.DATA_MISSING
    assert value.reason == "No channel of the recording is the agent's own."


def test_a_channel_without_the_figure_says_why() -> None:
    facts = facts_with(channel_report(0, CUSTOMER, bandwidth_hz=None), channel_report(1, AGENT))
    value = call_value("audio_bandwidth", facts, CUSTOMER)
    assert value.state is ValueState.NOT_APPLICABLE
    assert "loud enough" in str(value.reason)
