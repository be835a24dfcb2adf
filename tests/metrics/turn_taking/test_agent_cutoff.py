import pytest

from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, entry, facts, interruption, turn
from tests.support.metric_values import event_values, places, values_of

TALK = conversation(turn(AGENT, (0, 2000)), turn(CUSTOMER, (3000, 4000)))


@pytest.mark.parametrize("text", ["I have found your", "I have found \u2014", "Yes,", "That is a", "You'll get an"])
def test_speech_that_breaks_off_is_shown(text: str) -> None:
    lines = [entry(AGENT, text, 0, 2000), entry(CUSTOMER, "Hello?", 3000, 4000)]
    values = event_values("agent_cutoff", facts(TALK, transcript=lines), AGENT)
    assert [value.value for value in values] == [True]
    assert places(values) == [((0, 2000),)]


@pytest.mark.parametrize("text", ["I have found it", "Yes, I am", "What for?", "It is a.", "Here you are"])
def test_a_finished_sentence_is_none(text: str) -> None:
    lines = [entry(AGENT, text, 0, 2000), entry(CUSTOMER, "I saw the", 3000, 4000)]
    (value,) = values_of("agent_cutoff", facts(TALK, transcript=lines))
    assert value.state is ValueState.NOT_APPLICABLE


def test_an_agent_that_yields_is_not_cut_off() -> None:
    broken_in = conversation(
        turn(AGENT, (0, 2000)),
        turn(CUSTOMER, (1500, 4000)),
        interruptions=[interruption(CUSTOMER, 1500, 500, stopped_after_ms=500)],
    )
    lines = [entry(AGENT, "I have found your", 0, 2000), entry(CUSTOMER, "Wait", 1500, 4000)]
    (value,) = values_of("agent_cutoff", facts(broken_in, transcript=lines))
    assert value.state is ValueState.NOT_APPLICABLE


def test_only_the_end_of_what_the_agent_says_in_one_go_counts() -> None:
    lines = [entry(AGENT, "I have found your", 0, 900), entry(AGENT, "order.", 1000, 2000)]
    (value,) = values_of("agent_cutoff", facts(TALK, transcript=lines))
    assert value.state is ValueState.NOT_APPLICABLE
