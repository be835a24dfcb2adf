from callscope.core.metric import ValueState
from tests.support.comparisons import comparison, difference, words
from tests.support.conversations import AGENT, CUSTOMER, facts
from tests.support.metric_values import call_value, spans

HEARD = comparison(
    words(0), words(10, difference("nine", "five"), difference("", "uh"), difference("please", "", 4000))
)


def test_errors_are_a_share_of_the_recognised_words_and_quoted() -> None:
    value = call_value("transcription_wer", facts(comparison=HEARD), CUSTOMER)
    assert (value.value, value.statistics) == (0.3, {"numerator": 3, "denominator": 10})
    assert spans(value) == [(1000, 1001), (1000, 1001), (4000, 4001)]
    assert [span.reason for span in value.evidence] == [
        "'nine' was written as 'five'",
        "'uh' was added",
        "'please' was left out",
    ]


def test_without_recognised_words_there_is_no_rate() -> None:
    assert call_value("transcription_wer", facts(comparison=HEARD), AGENT).state is ValueState.NOT_APPLICABLE


def test_one_transcript_cannot_be_compared() -> None:
    value = call_value("transcription_wer", facts(), AGENT)
    assert value.state is ValueState.DATA_MISSING
    assert "has not two transcripts" in str(value.reason)
