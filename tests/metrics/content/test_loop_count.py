from tests.support.conversations import AGENT, CUSTOMER, facts, said
from tests.support.metric_values import call_value, spans

STUCK = (AGENT, "Sorry, I didn't catch that.")


def test_an_utterance_said_over_and_over_is_one_loop() -> None:
    call = facts(
        transcript=said(
            STUCK, (CUSTOMER, "Monday."), (AGENT, "I didn't catch that, um, sorry!"), (CUSTOMER, "MONDAY!"), STUCK
        )
    )
    value = call_value("loop_count", call)
    assert (value.value, value.statistics) == (1, {"looped_entry_count": 3})
    assert spans(value) == [(0, 900), (2000, 2900), (4000, 4900)]
    assert value.evidence[1].reason == "said 3 times, here for the 2. time"


def test_saying_it_twice_or_shortly_or_as_the_customer_is_none() -> None:
    for line in ((AGENT, "Okay, thanks."), (CUSTOMER, "Give me a human please")):
        assert call_value("loop_count", facts(transcript=said(line, line, line))).value == 0
    assert call_value("loop_count", facts(transcript=said(STUCK, STUCK))).value == 0
