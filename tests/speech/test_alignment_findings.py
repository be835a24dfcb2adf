from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.speech.alignment import align
from callscope.speech.alignment_findings import PLACES_NAMED, alignment_findings
from tests.speech.test_alignment import entry, made_call, speech


def findings_of(said: list[Segment], spoken: list[Segment], *, offset_ms: int = 0) -> dict[str, str]:
    lines = [
        entry(one.role, one.start_offset_ms + offset_ms, one.end_offset_ms + offset_ms, f"secret {index} words")
        for index, one in enumerate(said)
    ]
    return {finding.code: finding.message for finding in alignment_findings(align(lines, spoken))}


def test_a_transcript_that_fits_is_nothing_odd() -> None:
    call = made_call(1)
    assert findings_of(call, call) == {}


def test_another_clock_is_told_with_how_far_it_is_off() -> None:
    call = made_call(2)
    found = findings_of(call, call, offset_ms=3_000)
    assert list(found) == ["transcript_clock"]
    assert "-3.0 s" in found["transcript_clock"]


def test_text_nobody_speaks_is_counted_and_placed() -> None:
    call = made_call(3)
    absent = call[7]
    found = findings_of(call, [segment for segment in call if segment is not absent])
    at_ms = absent.start_offset_ms
    assert f"1 of {len(call)} entries" in found["text_without_speech"]
    assert f"{at_ms // 60_000}:{at_ms % 60_000 / 1000:04.1f}" in found["text_without_speech"]


def test_speech_nobody_wrote_down_is_counted_and_placed_but_not_a_cough() -> None:
    call = made_call(4)
    end_ms = call[-1].end_offset_ms
    cough = speech(Role.AGENT, end_ms + 20_000, end_ms + 20_300)
    assert findings_of(call, [*call, cough]) == {}
    untold = speech(Role.AGENT, end_ms + 30_000, end_ms + 32_000)
    assert "2.0 s of speech in 1 places" in findings_of(call, [*call, untold])["speech_without_text"]


def test_many_places_are_named_up_to_a_limit_and_words_never() -> None:
    call = made_call(5, turn_count=60)
    message = findings_of(call, call[:40])["text_without_speech"]
    assert message.count(":") == PLACES_NAMED + 1
    assert "and 12 more" in message
    assert "secret" not in message
