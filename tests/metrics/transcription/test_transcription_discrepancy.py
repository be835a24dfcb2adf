import pytest

from tests.support.comparisons import comparison, difference, words
from tests.support.conversations import facts
from tests.support.metric_values import call_value


@pytest.mark.parametrize(
    ("reference", "other", "is_grave"),
    [
        ("fifteen", "fifty", True),
        ("can", "can't", True),
        ("cancel", "council", True),
        ("", "not", True),
        ("refund", "", True),
        ("options", "option", False),
        ("the", "a", False),
        ("uh", "", False),
        ("", "please", False),
        ("one two", "one to", True),
    ],
)
def test_numbers_negations_and_other_words_change_the_meaning(reference: str, other: str, *, is_grave: bool) -> None:
    heard = comparison(words(10, difference(reference, other)), words(10))
    value = call_value("transcription_discrepancy", facts(comparison=heard))
    assert (value.value, value.statistics) == (int(is_grave), {"difference_count": 1})
    assert len(value.evidence) == int(is_grave)


def test_equal_transcripts_have_none() -> None:
    value = call_value("transcription_discrepancy", facts(comparison=comparison(words(9), words(3))))
    assert (value.value, value.statistics) == (0, {"difference_count": 0})
