"""What goes out gzipped and what as it is, by an application of every kind of answer."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from callscope.api.compression import CompressionMiddleware

LONG = b"what was said, and said again " * 200


def answering(*, media_type: str, status: int = 200, body: bytes = LONG, etag: str | None = None) -> Route:
    async def answer(request: Request) -> Response:
        assert request.method in ("GET", "POST")
        headers = {} if etag is None else {"etag": etag}
        return Response(body, status_code=status, media_type=media_type, headers=headers)

    return Route("/answer", answer, methods=["GET", "POST"])


async def ask(route: Route, *, method: str = "GET", encoding: str = "gzip") -> httpx.Response:
    app = Starlette(routes=[route])
    app.add_middleware(CompressionMiddleware)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as client:
        return await client.request(method, "/answer", headers={"accept-encoding": encoding})


@pytest.mark.parametrize(
    "media_type",
    ["text/html; charset=utf-8", "text/javascript", "application/json", "application/x-ndjson", "text/csv"],
)
async def test_text_is_gzipped_and_says_so(media_type: str) -> None:
    answer = await ask(answering(media_type=media_type))
    assert answer.content == LONG
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(LONG) // 10
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "media_type",
    ["text/event-stream", "audio/wav", "application/octet-stream", "application/vnd.apache.parquet", "video/mp4"],
)
async def test_streams_sound_and_packed_files_go_out_as_they_are(media_type: str) -> None:
    answer = await ask(answering(media_type=media_type))
    assert "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(LONG)


async def test_part_of_a_file_goes_out_as_it_is() -> None:
    answer = await ask(answering(media_type="text/plain", status=206))
    assert "content-encoding" not in answer.headers


async def test_small_answers_and_answers_to_other_methods_go_out_as_they_are() -> None:
    assert "content-encoding" not in (await ask(answering(media_type="text/plain", body=b"x" * 1023))).headers
    assert "content-encoding" not in (await ask(answering(media_type="text/plain"), method="POST")).headers


async def test_who_takes_no_gzip_gets_none_and_caches_are_told() -> None:
    answer = await ask(answering(media_type="text/plain", etag='"abc"'), encoding="identity")
    assert answer.content == LONG
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == '"abc"'


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"'])
async def test_an_etag_of_gzipped_bytes_is_a_weak_one(etag: str) -> None:
    assert (await ask(answering(media_type="text/plain", etag=etag))).headers["etag"] == 'W/"abc"'


async def test_a_long_answer_is_gzipped_piece_by_piece() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield LONG

    async def answer(request: Request) -> Response:
        assert request.method == "GET"
        return StreamingResponse(pieces(), media_type="application/x-ndjson")

    found = await ask(Route("/answer", answer))
    assert found.content == LONG * 3
    assert "content-length" not in found.headers


async def test_an_error_is_readable_too() -> None:
    async def answer(request: Request) -> Response:
        assert request.method == "GET"
        return PlainTextResponse(LONG, status_code=500)

    assert (await ask(Route("/answer", answer))).content == LONG


async def test_the_service_compresses_what_it_answers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["openapi"]
