import numpy as np
import pytest

from callscope.audio.levels import ChannelLevels, LevelMeter
from callscope.audio.spectrum import FrameAnalyzer, dequantize, quantize, to_decibels


def measure(samples: np.ndarray) -> tuple[tuple[ChannelLevels, ...], bool]:
    meter, analyzer = LevelMeter(samples.shape[0]), FrameAnalyzer(samples.shape[0])
    for start in range(0, samples.shape[1], 32_000):
        block = samples[:, start : start + 32_000].astype(np.float32)
        meter.add(block, analyzer.analyze(block))
    return meter.channels(), meter.is_one_signal_twice


def tone(frequency_hz: float, seconds: int = 4, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency_hz * np.arange(16_000 * seconds) / 16_000)


def test_peak_and_offset() -> None:
    (levels,), _ = measure((tone(400) + 0.1)[None])
    assert levels.peak_db == pytest.approx(20 * np.log10(0.6), abs=0.1)
    assert levels.dc_offset == pytest.approx(0.1, abs=1e-3)


def test_silence_has_no_peak_and_no_bandwidth() -> None:
    (levels,), _ = measure(np.zeros((1, 16_000)))
    assert (levels.peak_db, levels.bandwidth_hz, levels.clipped_ratio) == (None, None, 0.0)


def test_clipping_is_the_share_of_samples_at_full_scale() -> None:
    (levels,), _ = measure(np.clip(tone(200, level=2.0), -1, 1)[None])
    assert levels.clipped_ratio == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize("cutoff_hz", [3400, 7000])
def test_bandwidth_is_where_the_sound_ends(cutoff_hz: int) -> None:
    noise = np.fft.rfft(np.random.default_rng(3).standard_normal(64_000))
    noise[int(cutoff_hz * 4) :] = 0
    (levels,), _ = measure(0.1 * np.fft.irfft(noise)[None])
    assert levels.bandwidth_hz == pytest.approx(cutoff_hz, abs=400)


def test_two_channels_of_one_sound_are_known() -> None:
    voice, other = tone(300), tone(500)
    rounded = np.rint(voice * 127) / 127
    assert measure(np.stack([voice, voice]))[1]
    assert not measure(np.stack([voice, other]))[1]
    assert not measure(np.stack([voice, voice + 0.2 * other]))[1]
    assert measure(np.stack([voice, 0.999 * voice + 0.01 * (rounded - voice)]))[1]


def test_levels_survive_their_byte_form_within_a_quarter_decibel() -> None:
    power = np.geomspace(1e-12, 1, 500).astype(np.float32)
    decibels = to_decibels(power)
    assert np.abs(dequantize(quantize(decibels)) - decibels).max() <= 0.26
