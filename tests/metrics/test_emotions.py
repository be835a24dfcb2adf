import pytest

from callscope.metrics.emotions import CUES, NEUTRAL, emotion_of
from callscope.metrics.words import tokens_of
from tests.metrics.sentiment.labelled import LABELLED


def label(text: str) -> str:
    found = emotion_of(tokens_of(text))
    return NEUTRAL if found is None else found.label


@pytest.mark.parametrize(("emotion", "cue"), [(emotion, cue) for emotion, cues in CUES.items() for cue in cues])
def test_every_cue_is_found_as_it_is_written(emotion: str, cue: str) -> None:
    assert label(f"Well, {cue}, Monday.") == emotion


@pytest.mark.parametrize("text", ["I'm not angry.", "I am not really worried.", "Monday.", ""])
def test_a_negation_takes_a_cue_away(text: str) -> None:
    assert label(text) == NEUTRAL


def test_the_emotion_with_most_cues_wins_and_the_graver_of_equals() -> None:
    assert label("Thanks, thank you, I was confused.") == "gratitude"
    assert label("Thanks, but this is unacceptable.") == "anger"


def test_it_agrees_with_people_on_three_of_four_sentences() -> None:
    assert sum(label(text) == emotion for text, _, emotion in LABELLED) >= 0.75 * len(LABELLED)
