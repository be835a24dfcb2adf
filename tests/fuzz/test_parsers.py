"""Parsers of bytes from outside: whatever comes in, they return, or raise what is documented. Nothing else, no hang.

More than a test run has time for: `CALLSCOPE_FUZZ_COUNT=200000 pytest tests/fuzz/test_parsers.py`.
"""

import gzip
import json
import os
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.audio.errors import NotAudio
from callscope.audio.probe import probe
from callscope.core.errors import CallscopeError
from callscope.outbound.containers import SNIFFED_BYTES, sniff
from callscope.outbound.errors import UrlForbidden
from callscope.outbound.urls import parse_url
from callscope.services.signing import PLAY_RECORDING, SignatureInvalid, Signer
from callscope.traces.decode import decode_spans
from callscope.traces.inflate import inflate
from callscope.traces.payload import MediaType, read_payload
from tests.support.api import SettableClock, authorization, build_app_under_test, make_key, minimal_call
from tests.support.mutation import mutations
from tests.support.otlp import body, span
from tests.support.tones import tone_wav

COUNT = int(os.environ.get("CALLSCOPE_FUZZ_COUNT", "1500"))
MAX_BYTES = 1024**2
SPANS = body(
    span(1, attributes={"text": "words", "count": 3, "list": ["a", 1, {"inner": 2.5}], "raw": b"\x00\x01"}),
    span(2, parent_span_id=(1).to_bytes(8, "big"), name="child"),
)
JSON_SPANS = json.dumps(
    {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "desk"}}]},
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": "0102030405060708090a0b0c0d0e0f10",
                                "spanId": "0102030405060708",
                                "name": "work",
                                "startTimeUnixNano": "1769850600000000000",
                                "endTimeUnixNano": "1769850601000000000",
                            }
                        ]
                    }
                ],
            }
        ]
    }
).encode()


@pytest.mark.parametrize(("media_type", "sample"), [(MediaType.PROTOBUF, SPANS), (MediaType.JSON, JSON_SPANS)])
def test_payloads_of_traces(media_type: MediaType, sample: bytes) -> None:
    for content in mutations([sample], count=COUNT, seed=1):
        try:
            list(decode_spans(read_payload(content, media_type)))
        except CallscopeError:
            continue


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_bodies(encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    bomb = pack(b"\0" * (4 * MAX_BYTES))
    for content in mutations([pack(SPANS), bomb], count=COUNT // 5, seed=2):
        try:
            assert len(inflate(content, encoding, max_bytes=MAX_BYTES)) <= MAX_BYTES
        except CallscopeError:
            continue


def test_beginnings_of_files() -> None:
    samples = [
        tone_wav(seconds=0.1)[:SNIFFED_BYTES],
        b"OggS\0\2" + bytes(60),
        b"\xff\xfb\x90\x00" * 40,
        b"\0\0\0\x20ftypM4A ",
    ]
    for content in mutations(samples, count=COUNT, seed=3):
        assert sniff(content) is None or "/" in str(sniff(content))


def test_containers(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    for content in mutations([tone_wav(seconds=0.05)], count=COUNT // 10, seed=4):
        path.write_bytes(content)
        try:
            found = probe(path)
        except NotAudio:
            continue
        assert found.channel_count >= 1


def test_urls() -> None:
    samples = [
        b"https://example.com:8443/a.wav?x=1#y",
        b"http://[2606:4700::1111]/a",
        b"http://user:pw@127.0.0.1:80/%2e",
    ]
    for content in mutations(samples, count=COUNT, seed=5):
        try:
            parsed = parse_url(content.decode("utf-8", "replace"))
        except UrlForbidden:
            continue
        assert parsed.scheme in ("http", "https")
        assert parsed.userinfo == b""


def test_signatures() -> None:
    signer = Signer(b"secret" * 6, SettableClock())
    good = signer.sign(PLAY_RECORDING, "id", expires_in=timedelta(hours=1))
    signer.check(PLAY_RECORDING, "id", **good)
    for content in mutations([json.dumps(dict(good)).encode()], count=COUNT, seed=6):
        bent = content.decode("latin-1")
        for expires, signature in ((bent, good["signature"]), (good["expires"], bent)):
            with pytest.raises(SignatureInvalid):
                signer.check(PLAY_RECORDING, "id", expires=expires, signature=signature)


async def test_bodies_of_calls(engine: AsyncEngine) -> None:
    """Transcripts included: an odd one is a 4xx with a reason, never a 5xx."""
    api = build_app_under_test(engine)
    key = await make_key(api.transactions)
    call: dict[str, Any] = minimal_call(
        agent={"name": "Desk", "prompt": {"resolvedPrompt": "Be kind."}},
        customer={"phoneNumberE164": "+14155550100"},
        transcript=[
            {
                "role": "AGENT",
                "text": "Hello — Привет 😀",
                "startOffsetMs": 0,
                "endOffsetMs": 900,
                "payload": {"a": [1]},
            },
            {"role": "CUSTOMER", "text": "Hi", "startOffsetMs": 950, "endOffsetMs": 900},
        ],
        properties={"plan": "gold", "count": 3, "nested": {"deep": [None, True]}},
    )
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    headers = authorization(key) | {"content-type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test", headers=headers) as client:
        for content in mutations([json.dumps(call).encode()], count=COUNT // 30, seed=7):
            response = await client.post("/v1/call", content=content)
            assert response.status_code < 500, (content, response.text)
