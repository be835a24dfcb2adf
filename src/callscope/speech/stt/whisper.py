"""Whisper through faster-whisper: batched, on the CPU in 8 bit, from a model that already lies on this machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from callscope.speech.channel_audio import SAMPLE_RATE_HZ, Samples
from callscope.speech.stt.invention import WhisperFigures
from callscope.speech.stt.recognizer import HeardClip, HeardWord

if TYPE_CHECKING:
    from faster_whisper import BatchedInferencePipeline

_SEEK_S = 0.01
"""The unit in which a segment names the start of its clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperParameters:
    """How the model is run."""

    beam_count: int = 1
    batch_size: int = 8
    thread_count: int = 1
    compute_type: str = "int8"
    language_probability: float = 0.5
    """A language less sure than this is not carried on to the following clips."""


DEFAULT = WhisperParameters()


class WhisperRecognizer:
    """See `Recognizer`. One instance holds one loaded model (75 MB to 3 GB); share it."""

    def __init__(self, model_directory: Path, parameters: WhisperParameters = DEFAULT) -> None:
        self._parameters = parameters
        self._pipeline = _load(model_directory, parameters)
        self.batch_size = parameters.batch_size
        self.version = f"whisper {model_directory.name} {parameters.compute_type}"

    def recognize(self, clips: Sequence[Samples], *, language: str | None) -> Iterator[HeardClip]:
        """Return what was heard in each clip of at most 30 s; see `Recognizer`."""
        spoken = language or self._language(clips)
        starts = np.concatenate([[0], np.cumsum([clip.size for clip in clips])]) / SAMPLE_RATE_HZ
        segments, _ = self._pipeline.transcribe(
            np.concatenate(clips),
            language=spoken,
            beam_size=self._parameters.beam_count,
            word_timestamps=True,
            batch_size=self._parameters.batch_size,
            clip_timestamps=[{"start": start, "end": end} for start, end in pairwise(starts)],
        )
        by_clip: dict[int, list[Any]] = {index: [] for index in range(len(clips))}
        for segment in segments:
            by_clip[int(np.argmin(np.abs(starts[:-1] - segment.seek * _SEEK_S)))].append(segment)
        for index, found in by_clip.items():
            duration_s = clips[index].size / SAMPLE_RATE_HZ
            words = _believed_words(found, start_s=float(starts[index]), duration_s=duration_s)
            yield HeardClip(words=words, language=spoken if words else None)

    def _language(self, clips: Sequence[Samples]) -> str | None:
        """Return the language of the longest clip, None when the model is not sure."""
        model = self._pipeline.model
        if not model.model.is_multilingual:
            return "en"
        language, probability, _ = model.detect_language(max(clips, key=len))
        return language if probability >= self._parameters.language_probability else None


def _believed_words(segments: Sequence[Any], *, start_s: float, duration_s: float) -> tuple[HeardWord, ...]:
    """Return the words of believable segments, at the clip's own time."""
    return tuple(
        HeardWord(
            text=word.word.strip().removeprefix("- "),
            start_ms=round(min(max(word.start - start_s, 0), duration_s) * 1000),
            end_ms=round(min(max(word.end - start_s, 0), duration_s) * 1000),
            confidence=round(word.probability, 3),
        )
        for segment in segments
        if _figures(segment).are_believable
        for word in segment.words or ()
        if any(sign.isalnum() for sign in word.word)
    )


def _figures(segment: Any) -> WhisperFigures:  # noqa: ANN401 - faster-whisper brings no types
    return WhisperFigures(
        mean_log_likelihood=segment.avg_logprob,
        no_speech_probability=segment.no_speech_prob,
        compression_ratio=segment.compression_ratio,
        word_count=len(segment.text.split()),
    )


def _load(model_directory: Path, parameters: WhisperParameters) -> "BatchedInferencePipeline":
    from faster_whisper import BatchedInferencePipeline, WhisperModel  # noqa: PLC0415 - a second of import, on first use

    model = WhisperModel(
        str(model_directory),
        device="cpu",
        compute_type=parameters.compute_type,
        cpu_threads=parameters.thread_count,
        local_files_only=True,
    )
    return BatchedInferencePipeline(model)
