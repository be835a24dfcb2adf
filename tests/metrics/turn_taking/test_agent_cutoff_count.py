from tests.support.conversations import AGENT, CUSTOMER, conversation, entry, facts, turn
from tests.support.metric_values import call_value, spans

TALK = conversation(turn(AGENT, (0, 2000)), turn(CUSTOMER, (3000, 4000)), turn(AGENT, (5000, 6000)))
LINES = [
    entry(AGENT, "Let me see the", 0, 2000),
    entry(CUSTOMER, "Hello?", 3000, 4000),
    entry(AGENT, "Here it is.", 5000, 6000),
]


def test_cut_off_utterances_are_counted_among_all() -> None:
    value = call_value("agent_cutoff_count", facts(TALK, transcript=LINES))
    assert (value.value, value.statistics) == (1, {"numerator": 1, "denominator": 2})
    assert spans(value) == [(0, 2000)]
    assert value.evidence[0].reason == "the agent broke off after 'the'"


def test_finished_speech_counts_zero() -> None:
    assert call_value("agent_cutoff_count", facts(TALK, transcript=LINES[1:])).value == 0
