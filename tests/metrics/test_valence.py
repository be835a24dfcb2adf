import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.metrics.valence import SCORE_THRESHOLD, score_of
from callscope.metrics.words import tokens_of
from tests.metrics.sentiment.labelled import LABELLED, NEGATIVE, NEUTRAL, POSITIVE


def score(text: str) -> float:
    found = score_of(tokens_of(text))
    assert found is not None
    return found


def test_negation_turns_and_degree_words_change_a_valence() -> None:
    assert score("good") > 0 > score("not good")
    assert score("very good") > score("good") > score("slightly good") > 0
    assert score("very bad") < score("bad") < score("slightly bad") < 0
    assert score("it isn't good") < 0


def test_what_comes_after_but_weighs_more() -> None:
    assert score("the food was great but the service was horrible") < 0
    assert score("the service was horrible but the food was great") > 0


@pytest.mark.parametrize("text", ["", "Monday at ten", "Yes please, can you help me cancel it?"])
def test_words_without_feeling_have_no_score(text: str) -> None:
    assert score_of(tokens_of(text)) is None


def category(text: str) -> str:
    found = score_of(tokens_of(text)) or 0.0
    return POSITIVE if found > SCORE_THRESHOLD else NEGATIVE if found < -SCORE_THRESHOLD else NEUTRAL


def test_it_agrees_with_people_on_three_of_four_sentences_and_seldom_says_the_opposite() -> None:
    agreed = sum(category(text) == sentiment for text, sentiment, _ in LABELLED)
    opposite = sum({category(text), sentiment} == {POSITIVE, NEGATIVE} for text, sentiment, _ in LABELLED)
    assert agreed >= 0.75 * len(LABELLED)
    assert opposite <= 0.05 * len(LABELLED)


@given(st.lists(st.sampled_from(["good", "bad", "not", "very", "but", "monday", "horrible", "love"])))
def test_a_score_stays_between_its_ends(words: list[str]) -> None:
    found = score_of(tuple(words))
    assert found is None or -1 < found < 1
