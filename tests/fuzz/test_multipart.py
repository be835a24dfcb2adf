"""The parser of uploads in parts, through the one route that takes them: an odd body is a 4xx, never a 5xx, no hang."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.livekit_intake import UPLOAD_PATH, KeyPair, LivekitIntake
from callscope.storage.objects import Objects
from callscope.storage.statements import Statements
from tests.fuzz.test_parsers import COUNT
from tests.support.api import build_app_under_test
from tests.support.livekit_tokens import API_KEY, SECRET, token
from tests.support.mutation import mutations
from tests.support.tones import tone_wav

BOUNDARY = "0123456789abcdef"
HEADERS = {"authorization": f"Bearer {token()}", "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
SESSION = {
    "header": ("header.binpb", b"\x0a\x04room", "application/protobuf"),
    "chat_history": ("chat_history.json", b'{"items": []}', "application/json"),
    "audio": ("audio.ogg", tone_wav(seconds=0.02), "audio/ogg"),
}


def body_in_parts() -> bytes:
    """Return a good upload."""
    request = httpx.Request("POST", "http://callscope.test", files=SESSION, headers=HEADERS)
    return request.read()


# A body that ends in the middle of a file: Starlette leaves its temporary file to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
async def test_uploads_in_parts(engine: AsyncEngine, tmp_path: Path) -> None:
    api = build_app_under_test(engine)
    api.app.state.livekit = LivekitIntake(
        key_pair=KeyPair(api_key=API_KEY, secret=SECRET, project="default"),
        transactions=api.transactions,
        statements=Statements(engine),
        objects=Objects.open(None, default_dir=tmp_path),
        clock=api.clock,
        max_recording_bytes=10**6,
    )
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test", headers=HEADERS) as client:
        good = body_in_parts()
        for content in mutations([good, good[:200], good[-200:]], count=COUNT // 15, seed=8):
            response = await client.post(UPLOAD_PATH, content=content)
            assert response.status_code < 500, (content, response.text)
