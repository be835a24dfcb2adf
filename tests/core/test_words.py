from hypothesis import given
from hypothesis import strategies as st

from callscope.core.words import LONGEST_WORD, distinct_words, words_in


def test_case_and_accents_do_not_count() -> None:
    assert words_in("Crème BRÛLÉE, Straße: ﬁn Ångström") == ["creme", "brulee", "strasse", "fin", "angstrom"]
    assert words_in("e\u0301te\u0301 plan_tier 3.50 o'brien") == ["ete", "plan", "tier", "3", "50", "o", "brien"]
    assert words_in("\N{MODIFIER LETTER CAPITAL A}\N{GREEK UPSILON WITH HOOK SYMBOL}") == ["aυ"]  # noqa: RUF001 - Greek
    assert words_in(" … !? ") == []


@given(st.text())
def test_folded_words_hold_nothing_that_means_something_to_a_query(text: str) -> None:
    for word in words_in(text):
        assert word
        assert len(word) <= LONGEST_WORD
        assert not set(word) & set("'\\&|!()<>:* \0_")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert words_in(" ".join(words_in(text))) == words_in(text)


def test_words_come_once_and_up_to_a_size() -> None:
    assert distinct_words(["a b", "B c", "é"], max_bytes=100) == ["a", "b", "c", "e"]
    assert distinct_words(["aa bb cc"], max_bytes=5) == ["aa", "bb"]


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_are_read_like_all_others(text: str) -> None:
    assert words_in(f"{text} ü") == [*words_in(text), "u"]
