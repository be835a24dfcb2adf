import io
from collections.abc import Callable

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.outbound.containers import SNIFFED_BYTES, can_be_recording, sniff


def encoded(container: str, codec: str, *, rate_hz: int = 16000) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hz)
        samples = (np.sin(np.arange(rate_hz) / 20) * 8000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.rate = rate_hz
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate_hz)
        for converted in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("container", "codec", "expected"),
    [
        ("wav", "pcm_s16le", "audio/wav"),
        ("wav", "pcm_mulaw", "audio/wav"),
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("ogg", "libopus", "audio/ogg"),
        ("ipod", "aac", "audio/mp4"),
        ("mp4", "aac", "video/mp4"),
        ("flac", "flac", "audio/flac"),
        ("adts", "aac", "audio/aac"),
        ("matroska", "libopus", "audio/webm"),
        ("aiff", "pcm_s16be", "audio/aiff"),
    ],
)
def test_real_files_are_told(container: str, codec: str, expected: str) -> None:
    assert sniff(encoded(container, codec)[:SNIFFED_BYTES]) == expected


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000])
def test_bare_mp3_frames_are_told_at_every_rate(rate_hz: int) -> None:
    whole = encoded("mp3", "libmp3lame", rate_hz=rate_hz)
    assert whole.startswith(b"ID3")
    bare = whole[whole.index(b"\xff") :]

    assert sniff(bare[:SNIFFED_BYTES]) == "audio/mpeg"
    assert sniff((b"\0" * 100 + bare)[:SNIFFED_BYTES]) == "audio/mpeg"


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0AVI LIST",
        b"<!DOCTYPE html><html>",
        b'{"error": "not found"}',
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"\xff\xfe<\0h\0t\0m\0l\0",
        b"\xff" * 4096,
        b"\0" * 4096,
    ],
)
def test_other_files_are_told_apart(first: bytes) -> None:
    assert sniff(first) is None


@given(st.binary(max_size=600))
def test_any_bytes_get_an_answer(first: bytes) -> None:
    assert sniff(first) is None or "/" in str(sniff(first))


@pytest.mark.parametrize("truncate", [lambda file: file[:16], lambda file: file[:600]])
def test_a_short_beginning_is_enough(truncate: Callable[[bytes], bytes]) -> None:
    assert sniff(truncate(encoded("wav", "pcm_s16le"))) == "audio/wav"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (None, True),
        ("", True),
        ("audio/wav", True),
        ("video/mp4; codecs=x", True),
        ("application/octet-stream", True),
        ("Audio/MPEG", True),
        ("text/html; charset=utf-8", False),
        ("application/json", False),
        ("image/png", False),
    ],
)
def test_declared_types(content_type: str | None, expected: bool) -> None:
    assert can_be_recording(content_type) is expected
