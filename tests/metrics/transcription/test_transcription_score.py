from callscope.core.metric import ValueState
from tests.support.comparisons import comparison, difference, words
from tests.support.conversations import facts
from tests.support.metric_values import call_value


def test_words_that_agree_are_a_share_of_both_parties_words() -> None:
    heard = comparison(words(10, difference("nine", "five")), words(10, difference("", "uh"), difference("a b", "")))
    value = call_value("transcription_score", facts(comparison=heard))
    assert (value.value, value.statistics) == (0.85, {"numerator": 17, "denominator": 20})


def test_without_recognised_words_there_is_no_score() -> None:
    silent = facts(comparison=comparison(words(0), words(0)))
    assert call_value("transcription_score", silent).state is ValueState.NOT_APPLICABLE
