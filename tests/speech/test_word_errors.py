import pytest

from callscope.core.call import Role
from callscope.core.ids import new_id
from callscope.core.transcript import DifferenceKind, TranscriptEntry
from callscope.speech.word_errors import compare_transcripts, compare_words, normalized_words


def test_case_punctuation_and_digits_do_not_count() -> None:
    comparison = compare_words("I don\u2019t know, it is 42 at nine!", "i don't know it is forty-two at 9")
    assert comparison.error_rate == 0
    assert comparison.differences == ()


def test_replaced_left_out_and_added_words_are_told_apart() -> None:
    comparison = compare_words("send it to the old address please", "send this to old address please now")
    assert comparison.error_rate == pytest.approx(3 / 7)
    assert [(d.kind, d.reference_index, d.reference_words, d.other_words) for d in comparison.differences] == [
        (DifferenceKind.REPLACED, 1, ("it",), ("this",)),
        (DifferenceKind.LEFT_OUT, 3, ("the",), ()),
        (DifferenceKind.ADDED, 7, (), ("now",)),
    ]


def test_a_reference_without_words_has_no_rate() -> None:
    comparison = compare_words("...", "hello there")
    assert comparison.error_rate is None
    assert comparison.error_count == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,250 euros", "one thousand two hundred fifty euros"),
        ("room 007", "room zero zero seven"),
        ("call 5551234", "call five five five one two three four"),
        ("20 and 13 and 0", "twenty and thirteen and zero"),
        ("Grüße, Jürgen", "grüsse jürgen"),
    ],
)
def test_words_are_compared_as_they_are_said(text: str, words: str) -> None:
    assert normalized_words(text) == words.split()


def entry(role: Role, start_ms: int, text: str) -> TranscriptEntry:
    return TranscriptEntry(
        id=new_id(),
        role=role,
        participant_id=None,
        text=text,
        start_offset_ms=start_ms,
        end_offset_ms=start_ms + 500,
        language_code=None,
        payload=None,
    )


def test_transcripts_are_compared_per_party_however_they_are_cut() -> None:
    brought = [entry(Role.AGENT, 0, "hello how are you"), entry(Role.CUSTOMER, 900, "fine")]
    own = [
        entry(Role.CUSTOMER, 950, "fine thanks"),
        entry(Role.AGENT, 600, "are you"),
        entry(Role.AGENT, 0, "hello how"),
    ]
    compared = compare_transcripts(brought, own)
    assert compared[Role.AGENT].error_count == 0
    assert compared[Role.CUSTOMER].error_count == 1
