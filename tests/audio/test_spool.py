from pathlib import Path

import numpy as np
import pytest

from callscope.audio.errors import NotAudio
from callscope.audio.spool import spooled
from tests.support.tones import tone_wav


def test_a_recording_can_be_read_at_any_place_channel_by_channel(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(tone_wav(seconds=41))
    with spooled(tmp_path / "call.wav", scratch_dir=tmp_path) as channels:
        assert [(samples.size, samples.dtype) for samples in channels] == [(41 * 16_000, np.float32)] * 2
        assert float(np.abs(channels[1][-16_000:]).max()) > 0.01
    assert [path.name for path in tmp_path.iterdir()] == ["call.wav"]


def test_what_is_no_audio_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_text("no sound in here")
    with pytest.raises(NotAudio), spooled(tmp_path / "call.wav", scratch_dir=tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["call.wav"]
