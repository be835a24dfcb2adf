import io
import wave
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from callscope.speech.stt.openai_compatible import (
    OpenAICompatibleRecognizer,
    TranscriptionRefused,
    TranscriptionRequest,
    read_answer,
    transcription_request,
)

SURE: dict[str, Any] = {"avg_logprob": -0.2, "no_speech_prob": 0.01, "compression_ratio": 1.1}


def segment(text: str, start: float, end: float, **figures: float) -> dict[str, Any]:
    return {"text": text, "start": start, "end": end, **SURE, **figures}


def test_the_request_carries_the_clip_and_asks_for_word_times() -> None:
    clip = np.array([0.0, 0.5, -1.0, 2.0] * 400, dtype=np.float32)
    request = transcription_request(clip, model="whisper-1", language="de")
    assert request.path == "/audio/transcriptions"
    assert ("timestamp_granularities[]", "word") in request.fields
    assert {("model", "whisper-1"), ("language", "de"), ("response_format", "verbose_json")} <= set(request.fields)
    with wave.open(io.BytesIO(request.content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 16_000, 1_600)
        assert np.frombuffer(file.readframes(4), dtype="<i2").tolist() == [0, 16383, -32767, 32767]


def test_the_language_is_left_to_the_server_when_unknown() -> None:
    request = transcription_request(np.zeros(16, dtype=np.float32), model="m", language=None)
    assert "language" not in dict(request.fields)


def test_words_with_times_are_taken_as_they_are() -> None:
    answer = {
        "text": "Hello, you.",
        "language": "en",
        "words": [{"word": "Hello,", "start": 0.1, "end": 0.5}, {"word": " you.", "start": 0.5, "end": 9.0}],
        "segments": [segment("Hello, you.", 0.0, 1.2)],
    }
    heard = read_answer(answer, duration_ms=1_200, language=None)
    assert [(word.text, word.start_ms, word.end_ms) for word in heard.words] == [
        ("Hello,", 100, 500),
        ("you.", 500, 1_200),
    ]
    assert (heard.language, heard.is_timed) == ("en", True)


def test_a_spelt_out_language_is_no_code() -> None:
    assert read_answer({"text": "a", "language": "english"}, duration_ms=500, language=None).language is None
    assert read_answer({"text": "a", "language": "english"}, duration_ms=500, language="en").language == "en"


def test_bare_text_is_spread_over_the_clip_and_marked() -> None:
    heard = read_answer({"text": "one three"}, duration_ms=800, language=None)
    assert [(word.text, word.start_ms, word.end_ms) for word in heard.words] == [("one", 0, 300), ("three", 300, 800)]
    assert heard.is_timed is False


def test_segments_without_words_time_what_they_can() -> None:
    answer = {"text": "a b", "segments": [segment("a", 0, 1), segment("b", 5, 6)]}
    heard = read_answer(answer, duration_ms=6_000, language=None)
    assert [(word.start_ms, word.end_ms) for word in heard.words] == [(0, 1_000), (5_000, 6_000)]


@pytest.mark.parametrize(
    "figures", [{"avg_logprob": -1.6}, {"compression_ratio": 3.0}, {"no_speech_prob": 0.9, "avg_logprob": -0.7}]
)
def test_what_the_server_itself_doubts_is_left_out(figures: dict[str, float]) -> None:
    words = [{"word": "thanks", "start": 0.0, "end": 0.4}, {"word": "hello", "start": 2.0, "end": 2.4}]
    doubted, sure = segment("thanks", 0.0, 1.0, **figures), segment("hello", 2.0, 3.0)
    answer = {"text": "thanks hello", "words": words, "segments": [doubted, sure]}
    assert [word.text for word in read_answer(answer, duration_ms=3_000, language=None).words] == ["hello"]
    alone = {"text": "thanks", "words": words[:1], "segments": [doubted]}
    assert read_answer(alone, duration_ms=3_000, language=None).words == ()


@pytest.mark.parametrize("answer", [{}, {"error": {"message": "no"}}, {"text": None}])
def test_an_answer_that_is_no_transcription_is_refused(answer: Mapping[str, Any]) -> None:
    with pytest.raises(TranscriptionRefused):
        read_answer(answer, duration_ms=100, language=None)


def test_every_clip_is_one_request() -> None:
    sent: list[TranscriptionRequest] = []

    def send(request: TranscriptionRequest) -> Mapping[str, Any]:
        sent.append(request)
        return {"text": f"answer {len(sent)}"}

    recognizer = OpenAICompatibleRecognizer(send, model="m")
    clips = [np.zeros(1_600, dtype=np.float32)] * 2
    texts = [" ".join(word.text for word in heard.words) for heard in recognizer.recognize(clips, language=None)]
    assert texts == ["answer 1", "answer 2"]
    assert recognizer.version == "openai-compatible m"
