from callscope.core.metric import ValueState
from tests.support.channel_reports import channel_report, facts_with
from tests.support.conversations import AGENT, CUSTOMER
from tests.support.metric_values import call_value


def test_each_party_has_the_figure_of_its_own_channel() -> None:
    facts = facts_with(channel_report(0, CUSTOMER, clipped_ratio=0.02), channel_report(1, AGENT))
    assert call_value("clipped_ratio", facts, CUSTOMER).value == 0.02
    assert call_value("clipped_ratio", facts, AGENT).value == 0.0


def test_one_channel_for_both_tells_nothing_of_either() -> None:
    value = call_value("clipped_ratio", facts_with(channel_report(0, None)), AGENT)
    assert value.state is ValueState.DATA_MISSING
    assert value.reason == "No channel of the recording is the agent's own."
