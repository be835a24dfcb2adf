"""The smallest real recordings: enough for a file server, not for a measurement."""

import io
import math
import struct
import wave


def tone_wav(*, seconds: float = 1.0, rate_hz: int = 8000, channel_count: int = 2) -> bytes:
    """Return a 16-bit WAV with a 440 Hz tone on every channel."""
    frames = (int(8000 * math.sin(2 * math.pi * 440 * index / rate_hz)) for index in range(int(seconds * rate_hz)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channel_count)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(b"".join(struct.pack("<h", frame) * channel_count for frame in frames))
    return buffer.getvalue()
