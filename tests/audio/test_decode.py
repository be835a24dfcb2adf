from pathlib import Path

import av
import numpy as np
import pytest

from callscope.audio.decode import IrregularityKind, RecordingReader, Samples
from callscope.audio.errors import DecodeFailed, NotAudio, RecordingTooLong
from callscope.audio.probe import probe
from tests.support.signals import burst_onsets_ms, bursts, write_audio

SECONDS = 5
FORMATS = [
    ("a.wav", "pcm_s16le", 8000, {}),
    ("a.wav", "pcm_u8", 8000, {}),
    ("a.wav", "pcm_s24le", 44_100, {}),
    ("a.wav", "pcm_s32le", 48_000, {}),
    ("a.wav", "pcm_f32le", 16_000, {}),
    ("a.wav", "pcm_mulaw", 8000, {}),
    ("a.wav", "pcm_alaw", 8000, {}),
    ("a.mp3", "libmp3lame", 44_100, {"b": "128k"}),
    ("a.mp3", "libmp3lame", 8000, {"b": "32k"}),
    ("a.mp3", "libmp3lame", 24_000, {"flags": "+qscale", "global_quality": "472"}),
    ("a.m4a", "aac", 44_100, {}),
    ("a.mp4", "aac", 48_000, {}),
    ("a.ogg", "libopus", 48_000, {}),
    ("a.ogg", "vorbis", 44_100, {"strict": "-2"}),
]


def read(path: Path, **limits: int) -> tuple[Samples, RecordingReader]:
    with RecordingReader(path, **limits) as reader:
        return np.concatenate(list(reader.blocks(32_000)), axis=1), reader


@pytest.mark.parametrize(("name", "codec", "rate_hz", "options"), FORMATS)
def test_sound_lies_where_it_was_put_in_every_format(
    tmp_path: Path, name: str, codec: str, rate_hz: int, options: dict[str, str]
) -> None:
    path = write_audio(tmp_path / name, bursts(rate_hz, seconds=SECONDS), rate_hz, codec, options=options)
    samples, reader = read(path)
    assert reader.probe.sample_rate_hz == rate_hz
    assert samples.shape[0] == 2
    assert abs(samples.shape[1] / 16 - SECONDS * 1000) < 150
    assert max(map(abs, burst_onsets_ms(samples, seconds=SECONDS))) < 3
    assert reader.irregularities == ()


@pytest.mark.parametrize("channel_count", [1, 2, 4, 6])
def test_every_channel_is_kept(tmp_path: Path, channel_count: int) -> None:
    signal = np.zeros((channel_count, 16_000), dtype=np.float32)
    for channel in range(channel_count):
        signal[channel] = (channel + 1) / 20
    samples, _ = read(write_audio(tmp_path / "a.wav", signal, 16_000, "pcm_s16le"))
    assert samples.mean(axis=1) == pytest.approx(signal[:, 0], abs=1e-3)


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.mp3", bursts(8000, seconds=2), 8000, "libmp3lame")
    assert probe(path.rename(tmp_path / "notes.txt")).codec.startswith("mp3")


def test_blocks_have_the_asked_length_but_for_the_last(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.wav", bursts(8000, seconds=3), 8000, "pcm_s16le")
    with RecordingReader(path) as reader:
        lengths = [block.shape[1] for block in reader.blocks(20_000)]
    assert lengths == [20_000, 20_000, 8000]


def test_an_empty_file_is_not_audio(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(NotAudio, match="0 bytes"):
        probe(tmp_path / "a.wav")


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><title>404</title>" * 40,
        b'{"error": "expired"}',
        b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1/secret.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        bytes(range(256)) * 16,
    ],
)
def test_what_is_no_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises((NotAudio, DecodeFailed)):
        read(tmp_path / "a.wav")


def test_a_video_without_sound_is_not_audio(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(NotAudio, match="video"):
        probe(tmp_path / "a.mp4")


def test_a_header_without_sound_fails_to_decode(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.wav", bursts(8000, seconds=2), 8000, "pcm_s16le")
    path.write_bytes(path.read_bytes()[:78])
    with pytest.raises((DecodeFailed, NotAudio)):
        read(path)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.ogg", "libopus")])
def test_a_cut_off_file_gives_what_it_has(tmp_path: Path, name: str, codec: str) -> None:
    rate_hz = 48_000 if codec == "libopus" else 8000
    path = write_audio(tmp_path / name, bursts(rate_hz, seconds=20), rate_hz, codec)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    samples, _ = read(path)
    assert 8000 < samples.shape[1] / 16 < 12_000


def test_a_cut_off_wav_says_so(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.wav", bursts(8000, seconds=20), 8000, "pcm_s16le")
    path.write_bytes(path.read_bytes()[:160_000])
    _, reader = read(path)
    (damage,) = reader.irregularities
    assert damage.kind is IrregularityKind.TRUNCATED
    assert damage.duration_ms == pytest.approx(15_000, abs=200)


def test_a_hole_in_the_timestamps_is_filled_with_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.mka"
    signal = bursts(16_000, seconds=10)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="stereo")
        for second in (0, 1, 2, 3, 6, 7, 8, 9):
            piece = (signal[:, second * 16_000 : (second + 1) * 16_000].T * 32767).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = 16_000, second * 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    samples, reader = read(path)
    assert samples.shape[1] == 160_000
    assert not samples[:, 4 * 16_000 + 400 : 6 * 16_000 - 400].any()
    (hole,) = reader.irregularities
    assert (hole.kind, hole.at_offset_ms, hole.duration_ms) == (IrregularityKind.HOLE, 4000, 2000)


def test_a_recording_beyond_the_limit_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.wav", bursts(8000, seconds=3), 8000, "pcm_s16le")
    with pytest.raises(RecordingTooLong, match="CALLSCOPE_MAX_RECORDING_MS"):
        read(path, max_duration_ms=2000)
