"""Whose stretch of a mono channel is whose: windows of speech to voice vectors, two groups, the likeliest path."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from callscope.core.recording import Span
from callscope.speech.channel_audio import ReadSpeech, quietest_ms
from callscope.speech.diarization.clustering import TwoGroups, split_in_two
from callscope.speech.diarization.embedder import Embeddings, SpeakerEmbedder
from callscope.speech.diarization.path import Cell, PathCosts, cell_margins, cut_cells, likeliest_path

METHOD_VERSION = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiarizationParameters:
    """Thresholds, tuned on made-up calls of synthetic and human voices (docs/reference/transcription.md)."""

    hop_ms: int = 800
    """Most distance between two windows of one run of speech."""
    cell_ms: int = 100
    """The grain of the path: changes of voice lie between cells."""
    evidence_per_second: float = 60.0
    """Log-odds that a second of speech with a margin of 1 adds."""
    change_cost: float = 3.0
    """Log-odds against a change of voice inside a run of speech."""
    gap_change_cost: float = 0.3
    """Log-odds against a change of voice over a gap."""
    snap_ms: int = 300
    """A change inside a run of speech moves to the quietest moment this near."""
    one_voice_likeness: float = 0.92
    """Two even groups more alike than this are one voice."""
    uneven_allowance: float = 0.08
    """How much lower that limit is for a group of no size: a few odd windows are not a second voice."""
    least_voice_ms: int = 3500
    """A group with less speech than this is not a second voice, and twice as much is the least that is split."""


DEFAULT = DiarizationParameters()
NO_SPEECH = "There is no speech."
TOO_LITTLE = "There is too little speech to tell two voices apart."
ONE_VOICE = "There is one voice, or a second one that says too little or sounds too much alike to be told apart."
GROUPED_WINDOWS = 3
"""Windows of one run of speech whose mean vector is taken for one voice's while groups are found."""
EVEN_SHARE = 0.35
"""From this share on the smaller group counts as even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of one voice. `speaker` is 0 for the voice heard first, 1 for the other.

    `confidence` is the estimated probability that this stretch is that voice's.
    """

    speaker: int
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diarization:
    """The channel's speech by voice, in call order. Overlap cannot be told in one channel: stretches never overlap.

    `speaker_count` is 0, 1 or 2; `reason` says why there are not two. `confidence` is the time-weighted mean of the
    stretches'. `voice_likeness` is the cosine of both voices, None when there are not two groups.
    """

    stretches: tuple[Stretch, ...]
    speaker_count: int
    reason: str | None
    confidence: float
    voice_likeness: float | None
    parameters: dict[str, Any]
    version: str


def diarize(
    read: ReadSpeech, segments: Sequence[Span], embedder: SpeakerEmbedder, parameters: DiarizationParameters = DEFAULT
) -> Diarization:
    """Return whose speech is whose in the ascending, disjoint `segments` of one 16 kHz channel."""
    speech_ms = sum(end - start for start, end in segments)
    if speech_ms < 2 * parameters.least_voice_ms:
        reason = TOO_LITTLE if segments else NO_SPEECH
        return _undivided(segments, reason, likeness=None, embedder=embedder, parameters=parameters)
    windows = _windows(segments, embedder.window_ms, parameters.hop_ms)
    embeddings = _embed(read, windows, embedder)
    weights = np.array([end - start for _, (start, end) in windows], dtype=np.float64)
    groups = split_in_two(embeddings, weights, _likely_one_voice(windows))
    if groups is None or not _are_two_voices(groups, speech_ms, parameters):
        likeness = None if groups is None else groups.likeness
        return _undivided(segments, ONE_VOICE, likeness=likeness, embedder=embedder, parameters=parameters)
    cells = cut_cells(segments, parameters.cell_ms)
    margins = cell_margins(windows, groups.margins(embeddings), cells)
    stretches = _stretches(cells, likeliest_path(cells, margins, _costs(parameters)), margins)
    return _divided(_snapped(stretches, read, parameters), groups.likeness, embedder, parameters)


def _are_two_voices(groups: TwoGroups, speech_ms: int, parameters: DiarizationParameters) -> bool:
    unevenness = 1 - min(groups.minor_share / EVEN_SHARE, 1)
    limit = parameters.one_voice_likeness - parameters.uneven_allowance * unevenness
    return groups.likeness <= limit and groups.minor_share * speech_ms >= parameters.least_voice_ms


def _windows(segments: Sequence[Span], window_ms: int, hop_ms: int) -> list[tuple[int, Span]]:
    """Return windows spread evenly over each segment, with the segment's number; a short segment is one window."""
    windows = []
    for index, (start, end) in enumerate(segments):
        spare_ms = max(end - start - window_ms, 0)
        count = 1 + -(-spare_ms // hop_ms)
        firsts = np.linspace(start, start + spare_ms, count).round().astype(int).tolist()
        windows += [(index, (first, min(first + window_ms, end))) for first in firsts]
    return windows


def _likely_one_voice(windows: list[tuple[int, Span]]) -> npt.NDArray[np.int64]:
    """Number the windows so that a few neighbours of one run of speech bear the same number."""
    numbers: list[int] = []
    run_length = 0
    for position, (segment, _) in enumerate(windows):
        follows = position > 0 and windows[position - 1][0] == segment and run_length < GROUPED_WINDOWS
        run_length = run_length + 1 if follows else 1
        numbers.append(numbers[-1] + (not follows) if numbers else 0)
    return np.array(numbers)


def _costs(parameters: DiarizationParameters) -> PathCosts:
    return PathCosts(
        evidence_per_second=parameters.evidence_per_second,
        change=parameters.change_cost,
        gap_change=parameters.gap_change_cost,
    )


def _embed(read: ReadSpeech, windows: list[tuple[int, Span]], embedder: SpeakerEmbedder) -> Embeddings:
    """Return a vector per window, reading a bounded number of windows at a time."""
    batches = [windows[at : at + 256] for at in range(0, len(windows), 256)]
    return np.concatenate([embedder.embed([read(start, end) for _, (start, end) in batch]) for batch in batches])


def _stretches(cells: list[Cell], path: npt.NDArray[np.int64], margins: npt.NDArray[np.float64]) -> list[Stretch]:
    """Return runs of cells of one voice within one segment; the voice heard first is speaker 0."""
    runs: list[list[int]] = []
    for position, cell in enumerate(cells):
        last = runs[-1][-1] if runs else None
        if last is not None and cells[last].segment == cell.segment and path[last] == path[position]:
            runs[-1].append(position)
        else:
            runs.append([position])
    stretches = []
    for run in runs:
        toward = float(np.mean(margins[run])) * (1 if path[run[0]] else -1)
        start_ms, end_ms = cells[run[0]].start_ms, cells[run[-1]].end_ms
        confidence = stretch_confidence(toward, end_ms - start_ms)
        speaker = int(path[run[0]] != path[0])
        stretches.append(Stretch(speaker=speaker, start_ms=start_ms, end_ms=end_ms, confidence=confidence))
    return stretches


def stretch_confidence(margin: float, duration_ms: int) -> float:
    """Return the estimated probability that a stretch is the voice's it was given to.

    A logistic fit on the tuning calls, by the mean margin toward that voice and the stretch's length; how it held on
    calls of other voices stands in docs/reference/transcription.md.
    """
    log_odds = -0.53 + 23.9 * margin + 0.7 * float(np.log2(duration_ms / 1000))
    return float(1 / (1 + np.exp(-log_odds)))


def _snapped(stretches: list[Stretch], read: ReadSpeech, parameters: DiarizationParameters) -> list[Stretch]:
    """Move each change inside a run of speech to the quietest 50 ms nearby."""
    for index, (before, after) in enumerate(pairwise(stretches)):
        if before.end_ms != after.start_ms:
            continue
        first = max(before.end_ms - parameters.snap_ms, stretches[index].start_ms + 50)
        last = min(before.end_ms + parameters.snap_ms, after.end_ms - 50)
        at_ms = quietest_ms(read, first, last) if first < last else before.end_ms
        stretches[index] = _resized(stretches[index], stretches[index].start_ms, at_ms)
        stretches[index + 1] = _resized(after, at_ms, after.end_ms)
    return stretches


def _resized(stretch: Stretch, start_ms: int, end_ms: int) -> Stretch:
    return Stretch(speaker=stretch.speaker, start_ms=start_ms, end_ms=end_ms, confidence=stretch.confidence)


def _undivided(
    segments: Sequence[Span],
    reason: str,
    *,
    likeness: float | None,
    embedder: SpeakerEmbedder,
    parameters: DiarizationParameters,
) -> Diarization:
    return Diarization(
        stretches=tuple(Stretch(speaker=0, start_ms=start, end_ms=end, confidence=0.0) for start, end in segments),
        speaker_count=min(len(segments), 1),
        reason=reason,
        confidence=0.0,
        voice_likeness=likeness,
        parameters=asdict(parameters),
        version=f"{METHOD_VERSION} ({embedder.version})",
    )


def _divided(
    stretches: list[Stretch], likeness: float, embedder: SpeakerEmbedder, parameters: DiarizationParameters
) -> Diarization:
    durations = [stretch.end_ms - stretch.start_ms for stretch in stretches]
    confidences = [stretch.confidence for stretch in stretches]
    return Diarization(
        stretches=tuple(stretches),
        speaker_count=2,
        reason=None,
        confidence=float(np.average(confidences, weights=durations)),
        voice_likeness=likeness,
        parameters=asdict(parameters),
        version=f"{METHOD_VERSION} ({embedder.version})",
    )
