from pathlib import Path

import numpy as np
import pytest

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.speech.analysis import analyze_recording
from callscope.speech.growing import CONTEXT_MS, hear_on
from tests.support.signals import write_audio
from tests.support.synthetic_calls import Condition, SyntheticCall, make_call
from tests.support.voices import committed_voices

SAMPLES_PER_MS = 16
NEAR_MS = 60


@pytest.fixture(scope="module")
def call() -> SyntheticCall:
    first, second = committed_voices()
    return make_call(4, {Role.AGENT: first, Role.CUSTOMER: second}, Condition.CLEAN, exchanges=7)


def written(tmp_path: Path, samples: np.ndarray) -> Path:
    return write_audio(tmp_path / "call.wav", samples.astype(np.float32), 16_000, "pcm_s16le")


@pytest.mark.parametrize("step_ms", [1300, 5461])
def test_piece_by_piece_the_same_is_heard_as_at_once(tmp_path: Path, call: SyntheticCall, step_ms: int) -> None:
    length_ms = call.samples.shape[1] // SAMPLES_PER_MS
    heard: tuple[Segment, ...] = ()
    for until_ms in range(0, length_ms, step_ms):
        start_ms = max(0, until_ms - CONTEXT_MS)
        stretch = call.samples[:, start_ms * SAMPLES_PER_MS : (until_ms + step_ms) * SAMPLES_PER_MS]
        heard = hear_on(written(tmp_path, stretch), start_ms=start_ms, heard=heard, until_ms=until_ms)

    whole = analyze_recording(written(tmp_path, call.samples)).segments
    assert whole is not None
    assert [one.role for one in heard] == [one.role for one in whole]
    for one, other in zip(heard, whole, strict=True):
        assert abs(one.start_offset_ms - other.start_offset_ms) <= NEAR_MS
        assert abs(one.end_offset_ms - other.end_offset_ms) <= NEAR_MS


def test_silence_is_heard_as_nobody(tmp_path: Path) -> None:
    assert hear_on(written(tmp_path, np.zeros((2, 48_000))), start_ms=0, heard=(), until_ms=0) == ()
