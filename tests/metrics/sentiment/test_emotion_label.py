from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, facts, said
from tests.support.metric_values import event_values, places, values_of

TALK = said(
    (CUSTOMER, "I already told you, this is really annoying."),
    (AGENT, "I apologize."),
    (CUSTOMER, "Thank you."),
    (CUSTOMER, "Monday."),
)


def test_what_shows_an_emotion_is_labelled_with_its_cues() -> None:
    events = event_values("emotion_label", facts(transcript=TALK), CUSTOMER)
    assert [event.value for event in events] == ["frustration", "gratitude"]
    assert places(events) == [((0, 900),), ((2000, 2900),)]
    assert events[0].reason == "said: already told you, annoying"


def test_a_party_that_shows_none_has_none() -> None:
    call = facts(transcript=said((AGENT, "Half past ten."), (CUSTOMER, "Yes.")))
    assert {value.state for value in values_of("emotion_label", call)} == {ValueState.NOT_APPLICABLE}


def test_another_language_cannot_be_read() -> None:
    call = facts(transcript=said((AGENT, "Merci, thank you."), language="fr"))
    assert {value.state for value in values_of("emotion_label", call)} == {ValueState.DATA_MISSING}
