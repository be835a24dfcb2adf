from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from callscope.core.call import Role
from callscope.core.recording import Span
from callscope.core.transcript import TranscriptEntry
from callscope.speech.channel_audio import Samples, read_from
from callscope.speech.stt.clips import ClipParameters
from callscope.speech.stt.recognizer import HeardClip, HeardWord
from callscope.speech.stt.transcription import SpokenChannel, transcribe, words_of

PARAMETERS = ClipParameters(padding_ms=200)


class ScriptedRecognizer:
    """Answers from a script and keeps what it was asked."""

    batch_size = 2
    version = "scripted"

    def __init__(self, *answers: HeardClip) -> None:
        self._answers = iter(answers)
        self.asked: list[tuple[int, str | None]] = []

    def recognize(self, clips: Sequence[Samples], *, language: str | None) -> Iterator[HeardClip]:
        for clip in clips:
            self.asked.append((clip.size // 16, language))
            yield next(self._answers)


def heard(*words: tuple[str, int, int], language: str | None = "en") -> HeardClip:
    timed = tuple(HeardWord(text=text, start_ms=start, end_ms=end, confidence=0.5) for text, start, end in words)
    return HeardClip(words=timed, language=language)


def channel(*segments: Span, role: Role = Role.AGENT) -> SpokenChannel:
    return SpokenChannel(role=role, read=read_from(np.zeros(100_000 * 16, dtype=np.float32)), segments=segments)


def run(recognizer: ScriptedRecognizer, *channels: SpokenChannel, language: str | None = None) -> list[TranscriptEntry]:
    return list(transcribe(channels, recognizer, language=language, parameters=PARAMETERS))


def test_words_come_back_at_the_recordings_time_one_entry_per_run_of_speech() -> None:
    recognizer = ScriptedRecognizer(heard(("hello", 250, 700), ("there", 700, 1150), ("bye", 1650, 2300)))
    first, second = run(recognizer, channel((1_000, 2_000), (60_000, 61_000)))
    assert (first.text, first.start_offset_ms, first.end_offset_ms) == ("hello there", 1_050, 1_950)
    assert (second.text, second.start_offset_ms, second.end_offset_ms) == ("bye", 60_050, 60_700)
    assert (first.role, first.language_code, first.participant_id) == (Role.AGENT, "en", None)
    assert [(word.text, word.start_ms, word.end_ms) for word in words_of(first)] == [
        ("hello", 1_050, 1_500),
        ("there", 1_500, 1_950),
    ]


def test_words_never_lie_outside_detected_speech() -> None:
    recognizer = ScriptedRecognizer(heard(("early", 0, 150), ("on", 150, 1_500), ("late", 1_350, 1_390)))
    (entry,) = run(recognizer, channel((1_000, 2_000)))
    assert all(1_000 <= word.start_ms <= word.end_ms <= 2_000 for word in words_of(entry))


def test_without_speech_the_recogniser_is_not_asked() -> None:
    recognizer = ScriptedRecognizer()
    assert run(recognizer, channel(), channel(role=Role.CUSTOMER)) == []
    assert recognizer.asked == []


def test_a_clip_without_words_makes_no_entry() -> None:
    assert run(ScriptedRecognizer(heard(language=None)), channel((0, 3_000))) == []


def test_the_language_first_heard_in_a_channel_is_kept_for_the_rest_of_it() -> None:
    answers = [heard(("a", 0, 500), language="de")] * 3 + [heard(("b", 0, 500), language="en")]
    recognizer = ScriptedRecognizer(*answers)
    long_channel = channel((0, 20_000), (22_000, 42_000), (44_000, 64_000))
    run(recognizer, long_channel, channel((0, 5_000), role=Role.CUSTOMER))
    assert [language for _, language in recognizer.asked] == [None, None, "de", None]


def test_entries_are_yielded_before_the_next_batch_is_heard() -> None:
    recognizer = ScriptedRecognizer(*[heard(("a", 300, 500))] * 3)
    entries = transcribe([channel((0, 20_000), (22_000, 42_000), (44_000, 64_000))], recognizer)
    next(entries)
    assert len(recognizer.asked) < 3


def test_the_payload_tells_how_sure_the_words_are() -> None:
    (entry,) = run(ScriptedRecognizer(heard(("a", 300, 500))), channel((0, 3_000)))
    assert entry.payload is not None
    assert entry.payload["confidence"] == pytest.approx(0.5)
    assert entry.payload["recognizer"] == "scripted"
    assert entry.payload["isTimed"] is True
