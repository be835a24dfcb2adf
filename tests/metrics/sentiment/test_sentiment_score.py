import pytest

from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, facts, said
from tests.support.metric_values import call_value, event_values, places, spans

TALK = said(
    (AGENT, "How can I help you?"),
    (CUSTOMER, "I love it, thanks."),
    (CUSTOMER, "But this is horrible."),
    (CUSTOMER, "Monday."),
)


def test_entries_that_tell_are_scored_and_all_are_averaged() -> None:
    events = event_values("sentiment_score", facts(transcript=TALK), CUSTOMER)
    assert places(events) == [((1000, 1900),), ((2000, 2900),)]
    good, bad = (event.value for event in events)
    assert isinstance(good, float)
    assert isinstance(bad, float)
    assert (good > 0.5, bad < 0) == (True, True)
    value = call_value("sentiment_score", facts(transcript=TALK), CUSTOMER)
    assert value.value == pytest.approx((good + bad) / 3)
    assert (value.statistics["count"], value.statistics["positive_count"], value.statistics["negative_count"]) == (
        3,
        1,
        1,
    )
    assert spans(value) == [(1000, 1900)]
    assert value.confidence == 0.6


def test_a_party_whose_words_tell_nothing_scores_zero() -> None:
    value = call_value("sentiment_score", facts(transcript=TALK), AGENT)
    assert (value.value, value.evidence) == (0.0, ())


def test_a_silent_party_has_no_score_and_another_language_none_at_all() -> None:
    silent = call_value("sentiment_score", facts(transcript=TALK[:1]), CUSTOMER)
    assert silent.state is ValueState.NOT_APPLICABLE
    german = said((CUSTOMER, "Das ist die super Hilfe."), language="de-DE")
    foreign = call_value("sentiment_score", facts(transcript=german), CUSTOMER)
    assert (foreign.state, foreign.reason) == (
        ValueState.DATA_MISSING,
        "It reads English only, and the transcript is in another language: de-DE.",
    )
