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
READABLE_CODECS = (  # named as FFmpeg's decoders are
    "aac,aac_latm,ac3,eac3,alac,flac,vorbis,opus,libopus,speex,"
    "mp1,mp1float,mp2,mp2float,mp3,mp3float,mp3adu,mp3adufloat,mp3on4,mp3on4float,"
    "amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,gsm,gsm_ms,ilbc,evrc,qcelp,truespeech,"
    "g722,g723_1,g726,g726le,g728,g729,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_yamaha,"
    "pcm_alaw,pcm_mulaw,pcm_s8,pcm_s8_planar,pcm_u8,pcm_f16le,pcm_f24le,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,"
    "pcm_s16be,pcm_s16be_planar,pcm_s16le,pcm_s16le_planar,pcm_s24be,pcm_s24le,pcm_s24le_planar,pcm_s32be,pcm_s32le,"
    "pcm_s32le_planar,pcm_s64be,pcm_s64le,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le"
)
# Play-list formats (HLS, concat, DASH) would make the demuxer open other files and addresses, so they are not in the
# list above, and no protocol but `file` may be opened. Opening a file decodes some of each stream in it: pictures,
# whose decoders are FFmpeg's weakest, are passed over undecoded.
_OPEN_OPTIONS = {
    "format_whitelist": READABLE_CONTAINERS,
    "codec_whitelist": READABLE_CODECS,
    "protocol_whitelist": "file",
}
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
    """Return the first audio stream that we decode.

    Raises:
        NotAudio: there is none.
    """
    foreign = []
    for stream in container.streams.audio:
        if stream.codec_context is None or stream.codec_context.sample_rate <= 0 or stream.channels <= 0:
            continue
        if stream.codec_context.name in READABLE_CODECS.split(","):
            return stream
        foreign.append(stream.codec_context.name)
    if foreign:
        raise NotAudio(f"The recording's sound is {foreign[0]}, which is not decoded here. Send WAV, MP3, AAC or Opus.")
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
