"""Audio and video containers, told by their first bytes: a name or a header says nothing."""

SNIFFED_BYTES = 4096
"""How much of a file `sniff` wants to see."""

WAVE_FORMS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
AIFF_FORMS = (b"AIFF", b"AIFC")
MP4_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
AUDIO_ONLY_BRANDS = (b"M4A ", b"M4B ", b"F4A ")
TRANSPORT_STREAM_PACKET_BYTES = 188

PREFIXES = (
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"caff", "audio/x-caf"),
    (b".snd", "audio/basic"),
    (b"#!AMR", "audio/amr"),
    (b"0&\xb2u\x8ef\xcf\x11", "audio/x-ms-wma"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
)

MPEG_BITRATES_KBPS = {
    (3, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version (3 is MPEG-1, 2 stands for MPEG-2 and 2.5) and layer, index 1 to 14 (ISO/IEC 11172-3, 13818-3)."""
MPEG_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def sniff(first: bytes) -> str | None:
    """Return the content type of a file that begins with `first`, None when it is no container that holds audio."""
    if first[:4] in WAVE_FORMS and first[8:12] == b"WAVE":
        return "audio/wav"
    if first[:4] == b"FORM" and first[8:12] in AIFF_FORMS:
        return "audio/aiff"
    if first[4:8] in MP4_ATOMS:
        return "audio/mp4" if first[8:12] in AUDIO_ONLY_BRANDS else "video/mp4"
    for prefix, content_type in PREFIXES:
        if first.startswith(prefix):
            return content_type
    if first[:1] == b"G" and first[TRANSPORT_STREAM_PACKET_BYTES : TRANSPORT_STREAM_PACKET_BYTES + 1] == b"G":
        return "video/mp2t"
    return _sniff_mpeg_audio(first)


def can_be_recording(content_type: str | None) -> bool:
    """Return whether a server that declares this type may still be serving a recording. Silence and "bytes" may."""
    media_type = (content_type or "").split(";", 1)[0].strip().lower()
    if media_type.startswith(("audio/", "video/")):
        return True
    return media_type in {
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "application/binary",
        "application/x-binary",
        "application/force-download",
        "application/ogg",
        "application/mp4",
    }


def _sniff_mpeg_audio(first: bytes) -> str | None:
    """Find two frames in a row, since one sync pattern turns up in anything. Filler may come before the first."""
    for position in range(max(0, min(len(first), SNIFFED_BYTES) - 3)):
        if first[position] != 0xFF or first[position + 1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the sync pattern
            continue
        if first[position + 1] & 0xF6 == 0xF0:  # noqa: PLR2004 - ADTS: layer bits zero
            length_bytes, content_type = _adts_frame_bytes(first[position : position + 7]), "audio/aac"
        else:
            length_bytes, content_type = _mpeg_frame_bytes(first[position : position + 4]), "audio/mpeg"
        following = first[position + length_bytes : position + length_bytes + 2] if length_bytes else b""
        is_repeated = len(following) == 2 and following[0] == 0xFF and following[1] & 0xFE == first[position + 1] & 0xFE  # noqa: PLR2004
        if is_repeated or (length_bytes and position == 0 and len(first) <= length_bytes + 1):
            return content_type
    return None


def _mpeg_frame_bytes(header: bytes) -> int:
    """Return the length of the frame with this header, 0 when it is none."""
    version, layer = (header[1] >> 3) & 3, 4 - ((header[1] >> 1) & 3)
    bitrate_index, rate_index, padding = header[2] >> 4, (header[2] >> 2) & 3, (header[2] >> 1) & 1
    if version == 1 or layer == 4 or bitrate_index in (0, 15) or rate_index == 3:  # noqa: PLR2004 - reserved values
        return 0
    bits_per_second = 1000 * MPEG_BITRATES_KBPS[(3 if version == 3 else 2, layer)][bitrate_index - 1]  # noqa: PLR2004
    rate_hz = MPEG_RATES_HZ[version][rate_index]
    if layer == 1:
        return (12 * bits_per_second // rate_hz + padding) * 4
    factor = 72 if layer == 3 and version != 3 else 144  # noqa: PLR2004 - half the samples a frame in MPEG-2 layer III
    return factor * bits_per_second // rate_hz + padding


def _adts_frame_bytes(header: bytes) -> int:
    """Return the length of the AAC frame with this header, 0 when it is none."""
    if len(header) < 7 or (header[2] >> 2) & 0xF == 0xF:  # noqa: PLR2004 - header length, reserved rate
        return 0
    length_bytes = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length_bytes if length_bytes > 7 else 0  # noqa: PLR2004 - longer than its own header
