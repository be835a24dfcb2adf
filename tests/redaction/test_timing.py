from callscope.core.project_rules import RedactionClass
from callscope.redaction.detect import find
from callscope.redaction.timing import MARGIN_MS, shares_of, spans_of

CARD = frozenset({RedactionClass.PAYMENT_CARD})


def shares(text: str) -> tuple[tuple[float, float], ...]:
    return shares_of(text, find(text, CARD))


def test_digits_take_longer_to_say_than_letters() -> None:
    ((start, end),) = shares("My card number is 4111 1111 1111 1111 thanks")

    assert 0.1 < start < 0.3
    assert 0.85 < end < 1


def test_words_alone_take_no_share() -> None:
    assert shares("Hello, how are you?") == ()


def test_a_stretch_is_covered_with_a_margin_that_stays_near_the_utterance() -> None:
    ((start_ms, end_ms),) = spans_of(1000, 5000, [(0.5, 1.0)])

    assert 2000 < start_ms < 3000
    assert end_ms == 5000 + MARGIN_MS


def test_nothing_begins_before_the_recording() -> None:
    assert next(spans_of(0, 100, [(0.0, 1.0)]))[0] == 0
