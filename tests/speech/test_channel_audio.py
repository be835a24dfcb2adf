import numpy as np
import pytest

from callscope.speech.channel_audio import quietest_ms, read_from


def test_a_reader_gives_what_there_is() -> None:
    read = read_from(np.arange(100 * 16, dtype=np.float32))
    assert read(10, 12).tolist() == list(range(160, 192))
    assert read(90, 200).size == 160
    assert read(-50, 1).size == 16
    assert read(500, 600).size == 0


def test_the_quietest_moment_is_found() -> None:
    samples = np.full(2_000 * 16, 0.1, dtype=np.float32)
    samples[700 * 16 : 760 * 16] = 0
    samples[1_500 * 16 : 1_600 * 16] = 0
    read = read_from(samples)
    assert quietest_ms(read, 400, 1_000) == pytest.approx(730, abs=10)
    assert quietest_ms(read, 1_000, 1_900) == pytest.approx(1_550, abs=30)


def test_without_enough_audio_the_middle_must_do() -> None:
    assert quietest_ms(read_from(np.zeros(16, dtype=np.float32)), 100, 300) == 200
