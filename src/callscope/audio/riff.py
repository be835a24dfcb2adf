"""What a WAV file's own header promises: FFmpeg trusts the file size instead and never sees that a file was cut off."""

import struct
from pathlib import Path

_CHUNK = struct.Struct("<4sI")
_RIFF_BYTES = 12
_FORMAT_BYTES = 16
_STREAMED_SIZE = 0xFFFF_FF00
"""Writers that cannot seek put 0 or (nearly) the largest size where they do not know it."""
_FARTHEST_BYTES = 1 << 20


def missing_ms(path: Path) -> int:
    """Return how much sound the header of a RIFF/WAVE file promises beyond its end, 0 when none or unknown."""
    with path.open("rb") as file:
        head = file.read(_RIFF_BYTES)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return 0
        bytes_per_second = 0
        while file.tell() < _FARTHEST_BYTES and len(header := file.read(_CHUNK.size)) == _CHUNK.size:
            name, size = _CHUNK.unpack(header)
            if name == b"data":
                return _shortfall_ms(path.stat().st_size - file.tell(), size, bytes_per_second)
            body = file.read(min(size, _FORMAT_BYTES)) if name == b"fmt " else b""
            if len(body) == _FORMAT_BYTES:
                (bytes_per_second,) = struct.unpack_from("<I", body, 8)
            file.seek(size + size % 2 - len(body), 1)
    return 0


def _shortfall_ms(present_bytes: int, promised_bytes: int, bytes_per_second: int) -> int:
    if not 0 < promised_bytes < _STREAMED_SIZE or bytes_per_second == 0:
        return 0
    return max(0, promised_bytes - present_bytes) * 1000 // bytes_per_second
