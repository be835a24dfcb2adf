from callscope.core.metric import ValueState
from tests.support.channel_reports import channel_report, facts_with
from tests.support.conversations import AGENT, CUSTOMER
from tests.support.metric_values import call_value


def test_each_party_has_its_score_and_the_band_it_was_heard_in() -> None:
    facts = facts_with(channel_report(0, CUSTOMER), channel_report(1, AGENT, bandwidth_hz=7300))
    narrow, wide = (call_value("speech_quality_background", facts, role) for role in (CUSTOMER, AGENT))
    assert (narrow.value, narrow.confidence) == (4.1, 0.7)
    assert "telephone band" in str(narrow.reason)
    assert "wide band" in str(wide.reason)


def test_an_unjudged_party_says_why() -> None:
    silent = facts_with(channel_report(0, CUSTOMER, perceived=None), channel_report(1, AGENT))
    assert "enough of this party's speech" in str(call_value("speech_quality_background", silent, CUSTOMER).reason)
    off = facts_with(
        channel_report(0, CUSTOMER, perceived=None), channel_report(1, AGENT, perceived=None), perceived_reason="Off."
    )
    value = call_value("speech_quality_background", off, AGENT)
    assert (value.state, value.reason) == (ValueState.DATA_MISSING, "Off.")
