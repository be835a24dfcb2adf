from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, facts, said
from tests.support.metric_values import call_value


def test_the_most_frequent_emotion_of_each_party() -> None:
    talk = said(
        (CUSTOMER, "I'm confused."),
        (CUSTOMER, "Thank you."),
        (CUSTOMER, "Thanks a lot."),
        (CUSTOMER, "Monday."),
        (AGENT, "Goodbye."),
    )
    value = call_value("dominant_emotion", facts(transcript=talk), CUSTOMER)
    assert (value.value, value.statistics) == ("gratitude", {"count": 4, "confusion_count": 1, "gratitude_count": 2})
    assert call_value("dominant_emotion", facts(transcript=talk), AGENT).value == "neutral"


def test_of_equally_frequent_emotions_the_graver_one_counts() -> None:
    talk = said((CUSTOMER, "Thanks."), (CUSTOMER, "I am furious."))
    assert call_value("dominant_emotion", facts(transcript=talk), CUSTOMER).value == "anger"


def test_who_says_nothing_and_other_languages_have_no_emotion() -> None:
    assert (
        call_value("dominant_emotion", facts(transcript=said((AGENT, "Hello."))), CUSTOMER).state
        is ValueState.NOT_APPLICABLE
    )
    foreign = facts(transcript=said((AGENT, "Hola."), language="es_MX"))
    assert call_value("dominant_emotion", foreign, AGENT).state is ValueState.DATA_MISSING
