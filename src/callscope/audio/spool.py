"""A recording decoded once into a file, to be read at any place afterwards in memory that does not grow with it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callscope.audio.decode import MAX_DURATION_MS, SAMPLE_RATE_HZ, RecordingReader

_BLOCK_SAMPLES = 20 * SAMPLE_RATE_HZ

Channels = tuple[npt.NDArray[np.float32], ...]
"""One float32 [n] a channel, full scale ±1 at 16 kHz, mapped from a file."""


@contextmanager
def spooled(
    path: Path, *, scratch_dir: Path | None = None, max_duration_ms: int = MAX_DURATION_MS
) -> Iterator[Channels]:
    """Yield the recording's channels until the end of the block.

    An hour of one channel takes 230 MB of disk in `scratch_dir` (None: the system's); a killed process gives it back.

    Raises:
        NotAudio, DecodeFailed, RecordingTooLong: as `RecordingReader`.
    """
    with tempfile.TemporaryFile(dir=scratch_dir, prefix="callscope-samples-") as file:
        with RecordingReader(path, max_duration_ms=max_duration_ms) as reader:
            for block in reader.blocks(_BLOCK_SAMPLES):
                file.write(np.ascontiguousarray(block.T).tobytes())
            channel_count = reader.channel_count
        file.flush()
        mapped = np.memmap(file, dtype=np.float32, mode="r").reshape(-1, channel_count)
        yield tuple(np.asarray(mapped[:, index]) for index in range(channel_count))
