"""A copy of a recording in which stretches are covered by a tone, on every channel: one hears the other's too."""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from callscope.audio.decode import MAX_DURATION_MS, SAMPLE_RATE_HZ, SAMPLES_PER_MS, RecordingReader, Samples
from callscope.core.recording import Peaks, Span

BEEP_HZ = 1000
BEEP_LEVEL = 0.1
"""A tenth of full scale, -20 dBFS: clear, and no louder than speech."""
BLOCK_SAMPLES = 10 * SAMPLE_RATE_HZ
FULL_SCALE = 32767
PEAK_SCALE = 127


def write_beeped(path: Path, spans: Sequence[Span], target: Path, *, max_duration_ms: int = MAX_DURATION_MS) -> None:
    """Write a recording to `target` as WAV, 16 bit at 16 kHz, with nothing but a tone in `spans` (milliseconds).

    Raises NotAudio, DecodeFailed, RecordingTooLong.
    """
    with RecordingReader(path, max_duration_ms=max_duration_ms) as reader, wave.open(str(target), "wb") as out:
        out.setnchannels(reader.channel_count)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        first_sample = 0
        for block in reader.blocks(BLOCK_SAMPLES):
            beeped = _beeped(block, spans, first_sample)
            out.writeframes(np.rint(np.clip(beeped, -1, 1).T * FULL_SCALE).astype("<i2").tobytes())
            first_sample += block.shape[1]


def beep_peaks(peaks: Peaks, spans: Sequence[Span]) -> Peaks:
    """Return a waveform as that of the copy would be drawn."""
    level = round(BEEP_LEVEL * PEAK_SCALE)
    channels = []
    for channel in peaks.channels:
        pairs = np.frombuffer(channel, dtype=np.int8).reshape(-1, 2).copy()
        for start_ms, end_ms in spans:
            pairs[start_ms // peaks.bucket_ms : -(-end_ms // peaks.bucket_ms)] = (-level, level)
        channels.append(pairs.tobytes())
    return Peaks(bucket_ms=peaks.bucket_ms, channels=tuple(channels))


def _beeped(block: Samples, spans: Sequence[Span], first_sample: int) -> Samples:
    """Return a block that begins at a sample of the recording, its parts in `spans` replaced."""
    beeped = block.copy()
    for start_ms, end_ms in spans:
        start = max(0, start_ms * SAMPLES_PER_MS - first_sample)
        end = min(block.shape[1], end_ms * SAMPLES_PER_MS - first_sample)
        if start < end:
            places = np.arange(first_sample + start, first_sample + end)
            beeped[:, start:end] = BEEP_LEVEL * np.sin(2 * np.pi * BEEP_HZ * places / SAMPLE_RATE_HZ)
    return beeped
