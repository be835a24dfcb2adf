"""Compressed payloads, inflated up to a limit and not a byte further."""

import zlib

from callscope.traces.errors import NotOtlp, PayloadTooLarge, UnsupportedMedia

GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS


def inflate(body: bytes, encoding: str, *, max_bytes: int) -> bytes:
    """Return the content of `body` under an HTTP `Content-Encoding`.

    Raises UnsupportedMedia for another encoding than gzip, deflate and identity, NotOtlp for broken data,
    PayloadTooLarge as soon as the content passes `max_bytes`.
    """
    match encoding.strip().lower():
        case "" | "identity":
            if len(body) > max_bytes:
                raise _too_large(max_bytes)
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, GZIP_WINDOW_BITS, max_bytes)
        case "deflate":
            return _inflate(body, _deflate_window_bits(body), max_bytes)
        case _:
            raise UnsupportedMedia("The content encoding must be gzip, deflate or identity.")


def _deflate_window_bits(body: bytes) -> int:
    """Return how to read "deflate": a zlib stream by the standard, a bare one from senders that misread it."""
    is_zlib = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _inflate(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    parts, left_bytes, rest = [], max_bytes, body
    while rest:
        # gzip allows several members, one after another.
        stream = zlib.decompressobj(window_bits)
        try:
            part = stream.decompress(rest, left_bytes + 1)
        except zlib.error as error:
            raise NotOtlp("The body is not compressed as its content encoding says.") from error
        left_bytes -= len(part)
        if left_bytes < 0:
            raise _too_large(max_bytes)
        if not stream.eof:
            raise NotOtlp("The compressed body ends too early.")
        parts.append(part)
        rest = stream.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _too_large(max_bytes: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The payload inflates to more than {max_bytes} bytes. Send fewer spans at a time.")
