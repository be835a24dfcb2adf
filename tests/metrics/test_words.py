import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.metrics.words import _TOKEN, count_words, tokens_of


@given(text=st.text())
def test_a_word_is_a_run_between_white_space_with_a_letter_or_digit(text: str) -> None:
    assert count_words(text) == sum(any(each.isalnum() for each in run) for run in text.split())


def test_marks_of_a_script_do_not_part_its_words() -> None:
    assert count_words("नमस्ते, आप कैसे हैं?") == 4


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's 9:30!", ("it's", "9", "30")),
        ("Well-known, YES/no \u2014 ok", ("well", "known", "yes", "no", "ok")),
        ("Don\u2019t", ("don't",)),
        ("Caf\u00e9 Stra\u00dfe", ("caf\u00e9", "strasse")),
        ("snake_case", ("snake", "case")),
        ("...", ()),
    ],
)
def test_words_are_compared_without_case_and_punctuation(text: str, tokens: tuple[str, ...]) -> None:
    assert tokens_of(text) == tokens


@given(st.text(st.characters(codec="ascii", exclude_characters="'")))
def test_the_quick_way_for_plain_text_gives_the_same_words(text: str) -> None:
    assert tokens_of(text) == tuple(_TOKEN.findall(text.casefold()))
