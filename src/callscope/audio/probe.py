"""What a recording is, told by its content: the name and the sender's content type are never looked at."""

from pathlib import Path

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer

from callscope.audio.errors import NotAudio
from callscope.core.recording import Probe

READABLE_CONTAINERS = (
    "wav,w64,mp3,mov,mp4,m4a,3gp,3g2,mj2,ogg,aac,flac,matroska,webm,aiff,au,amr,caf"  # named as FFmpeg's demuxers are
)
# Play-list formats (HLS, concat, DASH) would make the demuxer open other files and addresses, so they are not in the
# list above, and no protocol but `file` may be opened.
_OPEN_OPTIONS = {"format_whitelist": READABLE_CONTAINERS, "protocol_whitelist": "file"}
_MICROSECONDS_PER_MS = 1000


def open_container(path: Path) -> InputContainer:
    """Return `path` opened for demuxing.

    Raises:
        NotAudio: the file is empty, is no audio container, or holds no audio stream.
    """
    if path.stat().st_size == 0:
        raise NotAudio("The recording is empty: the file has 0 bytes. Send the address of the finished recording.")
    try:
        container = av.open(f"file:{path}", mode="r", options=_OPEN_OPTIONS)
    except (av.error.FFmpegError, ValueError) as failure:
        raise NotAudio(
            "The recording is not audio we can read. Send WAV, MP3, MP4/M4A or OGG; "
            "an error page or a play list behind the address looks like this too."
        ) from failure
    try:
        audio_stream(container)
    except NotAudio:
        container.close()
        raise
    return container


def audio_stream(container: InputContainer) -> AudioStream:
    """Return the first audio stream that has a decoder.

    Raises:
        NotAudio: there is none.
    """
    for stream in container.streams.audio:
        if stream.codec_context is not None and stream.codec_context.sample_rate > 0 and stream.channels > 0:
            return stream
    kinds = " and ".join(sorted({stream.type for stream in container.streams})) or "nothing readable"
    raise NotAudio(f"The recording holds {kinds} but no sound. Send the file that has the call's audio.")


def describe(container: InputContainer, stream: AudioStream) -> Probe:
    """Return what container and codec say of themselves."""
    return Probe(
        container=container.format.name,
        codec=stream.codec_context.name,
        sample_rate_hz=stream.codec_context.sample_rate,
        channel_count=stream.channels,
        duration_ms=_declared_duration_ms(container, stream),
    )


def probe(path: Path) -> Probe:
    """Return what the recording at `path` is, without decoding it.

    Raises:
        NotAudio: as `open_container`.
    """
    with open_container(path) as container:
        return describe(container, audio_stream(container))


def _declared_duration_ms(container: InputContainer, stream: AudioStream) -> int | None:
    if stream.duration is not None and stream.time_base is not None:
        return round(float(stream.duration * stream.time_base) * 1000)
    if container.duration is not None and container.duration > 0:
        return round(container.duration / _MICROSECONDS_PER_MS)
    return None
