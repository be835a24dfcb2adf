"""Recognised words follow the masking of their text."""

from callscope.core.call import Role
from callscope.core.ids import new_id
from callscope.core.project_rules import RedactionClass
from callscope.core.transcript import TranscriptEntry
from callscope.services.redaction import masked_entries

KINDS = frozenset({RedactionClass.PAYMENT_CARD})
SAID = ("It's", "4539", "5787", "6362", "1486,", "thanks")


def entry(*words: str, text: str = " ".join(SAID)) -> TranscriptEntry:
    """Return an entry from 1 s to 7 s in which each word takes a second."""
    told = [
        {"text": word, "startOffsetMs": 1000 * place, "endOffsetMs": 1000 * place + 1000, "confidence": 0.9}
        for place, word in enumerate(words, start=1)
    ]
    return TranscriptEntry(
        id=new_id(),
        role=Role.CUSTOMER,
        participant_id=None,
        text=text,
        start_offset_ms=1000,
        end_offset_ms=7000,
        language_code=None,
        payload={"words": told, "isTimed": True},
    )


def test_words_of_a_number_become_one_and_tell_when_it_was_said() -> None:
    (masked,) = masked_entries([entry(*SAID)], KINDS)

    assert masked.text == "It's [PAYMENT_CARD], thanks"
    assert masked.payload is not None
    assert [word["text"] for word in masked.payload["words"]] == ["It's", "[PAYMENT_CARD]", "thanks"]
    assert (masked.payload["words"][1]["startOffsetMs"], masked.payload["words"][1]["endOffsetMs"]) == (2000, 6000)
    assert masked.payload["isTimed"] is True
    assert masked.masked == ((1 / 6, 5 / 6),)


def test_masking_again_changes_nothing() -> None:
    (once,) = masked_entries([entry(*SAID)], KINDS)

    assert masked_entries([once], KINDS) == (once,)


def test_words_that_are_not_those_of_the_text_are_left_out_where_something_is_masked() -> None:
    (masked,) = masked_entries([entry("something", "else")], KINDS)

    assert masked.payload == {"words": [], "isTimed": True}
    assert len(masked.masked) == 1


def test_words_stay_where_nothing_is_masked() -> None:
    harmless = entry("Hello", "there", text="Hello there")

    assert masked_entries([harmless], KINDS) == (harmless,)
