from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, entry, facts
from tests.support.metric_values import call_value


def test_the_words_of_each_party() -> None:
    said = [entry(AGENT, "It's 3.50 — really."), entry(CUSTOMER, "Oh."), entry(AGENT, "Well-known, yes/no?")]
    agent = call_value("word_count", facts(transcript=said), AGENT)
    assert (agent.value, agent.statistics, agent.confidence) == (5, {"entry_count": 2}, 0.8)
    assert call_value("word_count", facts(transcript=said), CUSTOMER).value == 1


def test_a_party_without_an_entry_said_nothing() -> None:
    assert call_value("word_count", facts(transcript=[entry(AGENT, "hello")]), CUSTOMER).value == 0


def test_no_transcript_is_missing_data_not_zero_words() -> None:
    value = call_value("word_count", facts(), AGENT)
    assert (value.state, value.value) == (ValueState.DATA_MISSING, None)


def test_a_script_without_spaces_is_said_to_be_uncountable() -> None:
    said = [entry(AGENT, "您好,请问有什么可以帮您"), entry(CUSTOMER, "hello there")]
    agent = call_value("word_count", facts(transcript=said), AGENT)
    assert agent.state is ValueState.DATA_MISSING
    assert "written without spaces" in str(agent.reason)
    assert call_value("word_count", facts(transcript=said), CUSTOMER).value == 2
