from hypothesis import given
from hypothesis import strategies as st

from callscope.metrics.words import count_words


@given(text=st.text())
def test_a_word_is_a_run_between_white_space_with_a_letter_or_digit(text: str) -> None:
    assert count_words(text) == sum(any(each.isalnum() for each in run) for run in text.split())


def test_marks_of_a_script_do_not_part_its_words() -> None:
    assert count_words("नमस्ते, आप कैसे हैं?") == 4
