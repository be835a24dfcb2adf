from callscope.core.conversation import Segment
from callscope.speech.one_channel import align_one_channel
from tests.support.conversations import AGENT, CUSTOMER, entry

GREETING = "Good morning, this is the front desk, how can I help?"
QUESTION = "I would like to move my booking to Thursday."


def told(found: tuple[Segment, ...]) -> list[tuple[str, int, int]]:
    return [(segment.role, segment.start_offset_ms, segment.end_offset_ms) for segment in found]


def test_speech_goes_to_the_party_whose_words_lie_there() -> None:
    lines = (entry(AGENT, GREETING, 900, 3_100), entry(CUSTOMER, QUESTION, 4_100, 6_000))
    found = align_one_channel(lines, ((1_000, 3_000), (4_000, 5_200), (5_500, 6_100)))
    assert found is not None
    assert told(found.segments) == [(AGENT, 1_000, 3_000), (CUSTOMER, 4_000, 5_200), (CUSTOMER, 5_500, 6_100)]
    assert found.spoken_ratio == 1.0


def test_an_answer_without_a_pause_ends_the_others_speech() -> None:
    lines = (entry(AGENT, GREETING, 1_000, 3_000), entry(CUSTOMER, QUESTION, 3_050, 6_000))
    found = align_one_channel(lines, ((1_000, 6_000),))
    assert found is not None
    assert told(found.segments) == [(AGENT, 1_000, 3_050), (CUSTOMER, 3_050, 6_000)]


def test_entries_that_claim_one_moment_both_have_it() -> None:
    lines = (entry(AGENT, GREETING, 1_000, 4_000), entry(CUSTOMER, QUESTION, 3_500, 6_000))
    found = align_one_channel(lines, ((1_000, 6_000),))
    assert found is not None
    assert told(found.segments) == [(AGENT, 1_000, 4_000), (CUSTOMER, 3_500, 6_000)]


def test_a_word_said_into_the_others_speech_keeps_its_place() -> None:
    lines = (entry(AGENT, GREETING * 2, 1_000, 7_000), entry(CUSTOMER, "Okay.", 3_000, 3_400))
    found = align_one_channel(lines, ((1_000, 7_000),))
    assert found is not None
    assert told(found.segments) == [(AGENT, 1_000, 7_000), (CUSTOMER, 3_000, 3_400)]
    assert found.alignment.text_without_speech == ()


def test_text_without_speech_is_named_and_has_no_time() -> None:
    lines = (entry(AGENT, GREETING, 1_000, 3_000), entry(CUSTOMER, QUESTION, 30_000, 33_000))
    found = align_one_channel(lines, ((1_000, 3_000),))
    assert found is not None
    assert [said.text for said in found.alignment.text_without_speech] == [QUESTION]
    assert found.alignment.text_without_speech[0].role is CUSTOMER
    assert found.spoken_ratio == 0.5


def test_a_transcript_of_another_call_is_not_believed() -> None:
    lines = tuple(entry(AGENT, GREETING, start, start + 2_000) for start in (40_000, 50_000, 60_000))
    assert align_one_channel(lines, ((1_000, 3_000),)) is None
    assert align_one_channel(lines, ()) is None
