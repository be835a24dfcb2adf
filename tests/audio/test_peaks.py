import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.audio.peaks import MAX_BUCKET_COUNT, PeakCollector, decode_peaks, encode_peaks
from callscope.core.recording import Peaks


def collect(samples: np.ndarray, block: int = 320_000) -> Peaks:
    collector = PeakCollector(samples.shape[0])
    for start in range(0, samples.shape[1], block):
        collector.add(samples[:, start : start + block].astype(np.float32))
    return collector.finish()


def test_peaks_are_the_extremes_of_each_bucket() -> None:
    samples = np.zeros((1, 480))
    samples[0, 5], samples[0, 170], samples[0, 330] = 1.0, -0.5, 0.25
    peaks = collect(samples)
    assert peaks.bucket_ms == 10
    assert np.frombuffer(peaks.channels[0], dtype=np.int8).tolist() == [0, 127, -64, 0, 0, 32]


@pytest.mark.parametrize("minutes", [1, 3, 30])
def test_a_long_recording_has_no_more_buckets_than_a_short_one(minutes: int) -> None:
    samples = np.zeros((1, minutes * 60 * 16_000), dtype=np.float32)
    samples[0, -20] = 1
    peaks = collect(samples)
    count = len(peaks.channels[0]) // 2
    assert count <= MAX_BUCKET_COUNT
    assert (count - 1) * peaks.bucket_ms < minutes * 60_000 <= count * peaks.bucket_ms
    assert np.frombuffer(peaks.channels[0], dtype=np.int8)[-1] == 127


def test_the_block_length_does_not_matter() -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, (2, 4_000_000)).astype(np.float32)
    assert collect(samples, 320_000) == collect(samples, 2_560)


@given(st.integers(1, 100_000), st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=8))
def test_the_binary_form_comes_back(bucket_ms: int, channels: list[bytes]) -> None:
    peaks = Peaks(bucket_ms=bucket_ms, channels=tuple(channels))
    assert decode_peaks(encode_peaks(peaks)) == peaks


@pytest.mark.parametrize("damage", [lambda data: data[:5], lambda data: data[:-1], lambda data: b"XXXX" + data[4:]])
def test_a_damaged_form_is_refused(damage: object) -> None:
    data = encode_peaks(Peaks(bucket_ms=10, channels=(b"\x00\x01",)))
    with pytest.raises(ValueError, match="peaks"):
        decode_peaks(damage(data))  # type: ignore[operator] # a parametrised lambda
