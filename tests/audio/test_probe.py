"""What is opened of a file that somebody else made, and what is not."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.resampler import AudioResampler

from callscope.audio.decode import RecordingReader
from callscope.audio.errors import NotAudio
from callscope.audio.probe import open_container, probe

RATE_HZ = 48_000


def written(path: Path, *, sound: str, pictures: str | None = None) -> Path:
    """Write a second of silence, with five noisy pictures beside it if a codec for them is named."""
    with av.open(str(path), "w") as container:
        if pictures is not None:
            film = container.add_stream(pictures, rate=5)
            film.width, film.height, film.pix_fmt = 64, 64, "yuv420p"
        track = container.add_stream(sound, rate=RATE_HZ)
        track.layout = "mono"
        if pictures is not None:
            for number in range(5):
                noise = np.random.default_rng(number).integers(0, 255, (64, 64, 3), dtype=np.uint8)
                picture = av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format="yuv420p")
                picture.pts, picture.time_base = number, Fraction(1, 5)
                container.mux(film.encode(picture))
            container.mux(film.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, RATE_HZ), dtype=np.int16), format="s16", layout="mono")
        silence.sample_rate, silence.pts = RATE_HZ, 0
        fitting = AudioResampler(track.codec_context.format, "mono", RATE_HZ, track.codec_context.frame_size or None)
        for frame in [*fitting.resample(silence), *fitting.resample(None)]:
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


@pytest.mark.parametrize(("name", "pictures", "sound"), [("call.mkv", "ffv1", "libopus"), ("call.mp4", "mpeg4", "aac")])
def test_pictures_beside_the_sound_are_never_decoded(tmp_path: Path, name: str, pictures: str, sound: str) -> None:
    path = written(tmp_path / name, sound=sound, pictures=pictures)

    with av.open(str(path)) as anyhow:
        assert anyhow.streams.video[0].codec_context.pix_fmt == "yuv420p", "opening a file decodes pictures unless told"
    with open_container(path) as ours:
        assert ours.streams.video[0].codec_context.pix_fmt is None
    with RecordingReader(path) as reader:
        assert sum(block.shape[1] for block in reader.blocks(16_000)) == pytest.approx(16_000, abs=100)


def test_sound_by_a_decoder_that_no_recorder_needs_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotAudio, match="The recording's sound is tta, which is not decoded here"):
        probe(written(tmp_path / "call.mkv", sound="tta"))
