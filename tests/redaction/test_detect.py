from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.project_rules import RedactionClass
from callscope.redaction.detect import find, mask
from callscope.redaction.spoken_digits import digit_runs
from tests.support.labelled_speech import labelled_speech

EVERYTHING = frozenset(RedactionClass)
LEAST_RECALL = 0.97
LEAST_PRECISION = 0.97


def masked(text: str, before: str = "", kinds: frozenset[RedactionClass] = EVERYTHING) -> str:
    return mask(text, find(text, kinds, before=before))


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("", "It is 4111 1111 1111 1111, thanks.", "It is [PAYMENT_CARD], thanks."),
        ("", "four one one one, " * 4 + "right", "four one one one, " * 4 + "right"),
        ("Your card number?", "4111 1111", "[PAYMENT_CARD]"),
        ("The security code on the back?", "It's 123.", "It's [PAYMENT_CARD]."),
        ("When does it expire?", "The expiry is 04/27.", "The expiry is [PAYMENT_CARD]."),
        ("", "Send it to DE89 3704 0044 0532 0130 00 please", "Send it to [BANK_ACCOUNT] please"),
        ("", "Call +49 30 901820 tomorrow", "Call [PHONE] tomorrow"),
        ("", "double five five, oh one double two, is my phone", "[PHONE], is my phone"),
        ("", "maria dot lopez at gmail dot com", "[EMAIL]"),
        ("Your birthday?", "March the third 1980", "[DATE_OF_BIRTH]"),
        ("", "My social is 078-05-1120", "My social is [NATIONAL_ID]"),
        ("Your PIN?", "twelve thirty four", "[PIN]"),
        ("", "the password is hunter2", "the password is [PASSWORD]"),
        ("", "I forgot my password, is there another way?", "I forgot my password, is there another way?"),
        ("", "It costs 250 dollars, on May 4th at 10:30.", "It costs 250 dollars, on May 4th at 10:30."),
    ],
)
def test_what_is_masked_and_what_is_not(before: str, text: str, expected: str) -> None:
    assert masked(text, before) == expected


def test_only_what_was_asked_for_is_masked() -> None:
    text = "Mail a@example.com or call 415 555 2671."

    assert masked(text, kinds=frozenset({RedactionClass.EMAIL})) == "Mail [EMAIL] or call 415 555 2671."
    assert masked(text, kinds=frozenset()) == text


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("four one five", ["415"]),
        ("forty two eleven", ["4211"]),
        ("double seven oh", ["770"]),
        ("12-34 and five", ["1234", "5"]),
        ("one apple, two pears", ["1", "2"]),
        ("five five, uh, six", ["556"]),
        ("nothing", []),
    ],
)
def test_spoken_and_written_digits_make_runs(text: str, digits: list[str]) -> None:
    assert [run.digits for run in digit_runs(text)] == digits


@pytest.mark.parametrize("kind", RedactionClass)
def test_recall_and_precision_on_a_labelled_set_hold(kind: RedactionClass) -> None:
    count = defaultdict[str, int](int)
    for said in labelled_speech(seed=7, count_per_kind=40):
        if said.kind is kind:
            covered = {
                place for one in find(said.text, EVERYTHING, before=said.before) for place in range(one.start, one.end)
            }
            wanted = set(range(said.start, said.end))
            count["wanted"] += len(wanted)
            count["covered"] += len(covered)
            count["hit"] += len(wanted & covered)

    assert count["hit"] >= LEAST_RECALL * count["wanted"]
    assert count["hit"] >= LEAST_PRECISION * count["covered"]


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_read_and_finds_never_overlap(text: str, before: str) -> None:
    found = find(text, EVERYTHING, before=before)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
