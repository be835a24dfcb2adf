import gzip
import zlib

import pytest

from callscope.traces.errors import NotOtlp, PayloadTooLarge, UnsupportedMedia
from callscope.traces.inflate import inflate

CONTENT = b"spans " * 1000


def bare_deflate(content: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(content) + stream.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (CONTENT, ""),
        (CONTENT, "identity"),
        (gzip.compress(CONTENT, mtime=0), "gzip"),
        (gzip.compress(CONTENT, mtime=0), " GZIP "),
        (gzip.compress(CONTENT[:3000], mtime=0) + gzip.compress(CONTENT[3000:], mtime=0), "gzip"),
        (gzip.compress(CONTENT, mtime=0) + b"\0" * 9, "gzip"),
        (zlib.compress(CONTENT), "deflate"),
        (bare_deflate(CONTENT), "deflate"),
    ],
)
def test_every_encoding_gives_the_content_back(body: bytes, encoding: str) -> None:
    assert inflate(body, encoding, max_bytes=len(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(CONTENT, "identity"), (gzip.compress(CONTENT, mtime=0), "gzip"), (zlib.compress(CONTENT), "deflate")],
)
def test_one_byte_beyond_the_limit_is_refused(body: bytes, encoding: str) -> None:
    with pytest.raises(PayloadTooLarge):
        inflate(body, encoding, max_bytes=len(CONTENT) - 1)


def test_a_zip_bomb_is_refused_without_being_inflated() -> None:
    stream = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    block = b"\0" * 2**20
    bomb = b"".join(stream.compress(block) for _ in range(128)) + stream.flush()
    assert len(bomb) < 2**18
    with pytest.raises(PayloadTooLarge):
        inflate(bomb, "gzip", max_bytes=2**20)


def test_many_empty_gzip_members_end() -> None:
    assert inflate(gzip.compress(b"") * 1000, "gzip", max_bytes=10) == b""


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(CONTENT, mtime=0)[:-9], gzip.compress(CONTENT, mtime=0)[:30], CONTENT[:4]]
)
def test_what_is_not_compressed_as_said_is_refused(body: bytes) -> None:
    with pytest.raises(NotOtlp):
        inflate(body, "gzip", max_bytes=10**6)


def test_other_encodings_are_refused() -> None:
    with pytest.raises(UnsupportedMedia):
        inflate(CONTENT, "br", max_bytes=10**6)
