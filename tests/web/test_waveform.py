import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.recording import Peaks
from callscope.web.waveform import slice_peaks


def peaks_of(count: int, *, bucket_ms: int = 10, seed: int = 1) -> Peaks:
    generator = np.random.default_rng(seed)
    pairs = np.sort(generator.integers(-127, 128, (2, count, 2)), axis=2).astype(np.int8)
    return Peaks(bucket_ms=bucket_ms, channels=tuple(channel.tobytes() for channel in pairs))


def pairs_of(channel: bytes) -> list[tuple[int, int]]:
    values = np.frombuffer(channel, dtype=np.int8).tolist()
    return list(zip(values[::2], values[1::2], strict=True))


def test_a_slice_within_the_bound_is_the_stored_buckets() -> None:
    peaks = peaks_of(100)
    start_ms, part = slice_peaks(peaks, start_ms=205, end_ms=300, bucket_count=50)
    assert (start_ms, part.bucket_ms) == (200, 10)
    assert pairs_of(part.channels[1]) == pairs_of(peaks.channels[1])[20:30]


@given(
    count=st.integers(1, 400),
    start=st.integers(0, 4500),
    length=st.integers(0, 4500),
    wanted=st.integers(1, 300),
)
def test_a_slice_is_bounded_and_keeps_every_extreme(count: int, start: int, length: int, wanted: int) -> None:
    peaks = peaks_of(count)
    first_ms, part = slice_peaks(peaks, start_ms=start, end_ms=start + length, bucket_count=wanted)
    covered = pairs_of(peaks.channels[0])[first_ms // 10 : -(-max(start + length, start + 1) // 10)]
    shown = pairs_of(part.channels[0])
    assert first_ms <= start
    assert len(shown) <= wanted
    assert len(shown) == -(-len(covered) * 10 // part.bucket_ms)
    step = part.bucket_ms // 10
    groups = [covered[index : index + step] for index in range(0, len(covered), step)]
    assert shown == [(min(low for low, _ in group), max(high for _, high in group)) for group in groups]


def test_a_slice_beyond_the_end_is_empty() -> None:
    _, part = slice_peaks(peaks_of(10), start_ms=5000, end_ms=6000, bucket_count=10)
    assert part.channels == (b"", b"")
