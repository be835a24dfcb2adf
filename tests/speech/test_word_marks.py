"""Differences laid on the words as they are written, seen from either of the two transcripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.ids import new_id
from callscope.core.transcript import MarkedPiece, PieceKind, TranscriptComparison, TranscriptEntry, TranscriptSource
from callscope.speech.word_errors import compare_transcripts
from callscope.speech.word_marks import mark_entries

SENT, HEARD = TranscriptSource.CUSTOMER_AGENT_REALTIME, TranscriptSource.ROARK_POST_CALL
SIGNS = {PieceKind.BOTH: "{}", PieceKind.HERE: "-{}-", PieceKind.THERE: "+{}+"}


def entries(*texts: str, role: Role = Role.AGENT) -> list[TranscriptEntry]:
    return [
        TranscriptEntry(
            id=new_id(),
            role=role,
            participant_id=None,
            text=text,
            start_offset_ms=1000 * index,
            end_offset_ms=1000 * index + 900,
            language_code=None,
            payload=None,
        )
        for index, text in enumerate(texts)
    ]


def marked(shown: list[TranscriptEntry], other: list[TranscriptEntry], *, is_reference: bool = True) -> list[str]:
    """Return the entries of `shown` with what is only here between minus signs, what is only there between plus."""
    pair = (shown, other) if is_reference else (other, shown)
    comparison = TranscriptComparison(reference=SENT, other=HEARD, by_role=compare_transcripts(*pair))
    pieces = mark_entries(shown, SENT if is_reference else HEARD, comparison)
    return [write(pieces[entry.id]) for entry in shown]


def write(pieces: tuple[MarkedPiece, ...]) -> str:
    return " ".join(SIGNS[piece.kind].format(piece.text) for piece in pieces)


@pytest.mark.parametrize(
    ("shown", "other", "expected"),
    [
        (["Your bill is high."], ["your BILL is high"], ["Your bill is high."]),
        (["Your bill is high."], ["your bull is high"], ["Your -bill- +bull+ is high."]),
        (["Your bill is very high."], ["your bill is high"], ["Your bill is -very- high."]),
        (["Your bill is high."], ["your bill is very high"], ["Your bill is +very+ high."]),
        (["Your bill"], ["your bill is high"], ["Your bill +is high+"]),
        (["Yes."], ["well yes"], ["+well+ Yes."]),
        (["At 25, sir"], ["at twenty five sir"], ["At 25, sir"]),
        (["At 25, sir"], ["at twenty sir"], ["At -25,- sir"]),
        (["one two", "three four"], ["one too three four"], ["one -two- +too+", "three four"]),
        (["one two", "three four"], ["one two and three four"], ["one two", "+and+ three four"]),
        (["one - two"], ["one two"], ["one - two"]),
        (["all gone"], [], ["-all gone-"]),
    ],
)
def test_marks_stand_on_the_words_as_written(shown: list[str], other: list[str], expected: list[str]) -> None:
    assert marked(entries(*shown), entries(*other)) == expected


def test_the_other_transcript_is_marked_the_other_way_round() -> None:
    sent, heard = entries("Your bill is very high, sir."), entries("a your bull is high")
    assert marked(sent, heard) == ["+a+ Your -bill- +bull+ is -very- high, -sir.-"]
    assert marked(heard, sent, is_reference=False) == ["-a- your -bull- +bill+ is +very+ high +sir+"]


def test_each_party_is_marked_by_its_own_words() -> None:
    shown = [*entries("yes sir"), *entries("no", role=Role.CUSTOMER)]
    other = [*entries("yes"), *entries("no no", role=Role.CUSTOMER)]
    assert marked(shown, other) == ["yes -sir-", "no +no+"]


def test_a_transcript_that_changed_since_is_not_marked() -> None:
    sent, heard = entries("your bill"), entries("your bull")
    comparison = TranscriptComparison(reference=SENT, other=HEARD, by_role=compare_transcripts(sent, heard))
    assert mark_entries(entries("your new bill"), SENT, comparison) == {}


WORDS = st.lists(st.sampled_from(["a", "b", "c", "25", "it\u2019s", "-", "O.K."]), max_size=8).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, max_size=4), st.booleans())
def test_nothing_is_lost_and_nothing_invented(mine: list[str], theirs: list[str], is_reference: bool) -> None:
    shown, other = entries(*mine), entries(*theirs)
    pair = (shown, other) if is_reference else (other, shown)
    comparison = TranscriptComparison(reference=SENT, other=HEARD, by_role=compare_transcripts(*pair))
    pieces = mark_entries(shown, SENT if is_reference else HEARD, comparison)
    for entry in shown:
        own = [piece.text for piece in pieces[entry.id] if piece.kind is not PieceKind.THERE]
        assert " ".join(own) == " ".join(entry.text.split())
    compared = comparison.by_role[Role.AGENT]
    missing = [one.other_words if is_reference else one.reference_words for one in compared.differences]
    added = [p.text for e in shown for p in pieces[e.id] if p.kind is PieceKind.THERE]
    has_words = any(entry.text.split() for entry in shown)
    assert not has_words or " ".join(added).split() == [word for words in missing for word in words]
