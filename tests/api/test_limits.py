import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from callscope.api.limits import FAILURES_AT_ONCE, LONGEST_DELAY_S, LimitMiddleware, RequestLimits, TokenBuckets
from callscope.api.request_ids import RequestIdMiddleware

KEY = {"authorization": "Bearer rk_live_one"}
OTHER = {"authorization": "Bearer rk_live_two"}


Endpoint = Callable[[Request], Awaitable[Response]]


async def answer_well(_: Request) -> Response:
    return JSONResponse({})


class Waits(list[float]):
    """A sleep that notes how long it should have been."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@asynccontextmanager
async def serving(
    limits: RequestLimits, endpoint: Endpoint = answer_well
) -> AsyncIterator[tuple[httpx.AsyncClient, Waits]]:
    paths = ("/v1/call", "/v1/traces", "/health")
    app = Starlette(routes=[Route(path, endpoint, methods=["GET", "POST"]) for path in paths])
    waits = Waits()
    app.add_middleware(LimitMiddleware, limits=limits, sleep=waits)
    app.add_middleware(RequestIdMiddleware)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://callscope.test") as client:
        yield client, waits


async def test_every_answer_says_what_is_left() -> None:
    async with serving(RequestLimits(requests_per_minute=180)) as (client, _):
        first, second = [await client.get("/v1/call", headers=KEY) for _ in range(2)]

    assert [answer.headers["ratelimit-limit"] for answer in (first, second)] == ["3", "3"]
    assert int(first.headers["ratelimit-remaining"]) == 2
    assert int(second.headers["ratelimit-remaining"]) in (1, 2)
    assert first.headers["ratelimit-reset"] == "1"
    assert "retry-after" not in first.headers


async def test_a_key_that_hurries_is_told_when_to_come_back_and_others_are_not() -> None:
    async with serving(RequestLimits(requests_per_minute=1)) as (client, _):
        good, refused = [await client.post("/v1/call", headers=KEY) for _ in range(2)]
        other = await client.post("/v1/call", headers=OTHER)

    assert (good.status_code, other.status_code) == (200, 200)
    assert refused.status_code == 429
    assert (refused.json()["type"], refused.json()["code"]) == ("rate_limit", "too_many_requests")
    assert refused.json()["request_id"] == refused.headers["x-request-id"]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-remaining"] == "0"


async def test_senders_of_traces_are_told_in_a_way_that_they_retry() -> None:
    async with serving(RequestLimits(requests_per_minute=1)) as (client, _):
        refused = [await client.post("/v1/traces", headers=KEY) for _ in range(2)][1]

    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1


async def test_health_is_not_limited() -> None:
    async with serving(RequestLimits(requests_per_minute=1)) as (client, _):
        answers = [await client.get("/health", headers=KEY) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize(("max_concurrent", "max_of_key"), [(1, 5), (5, 1)])
async def test_what_is_too_much_at_once_is_sent_again_later(max_concurrent: int, max_of_key: int) -> None:
    entered, hold = asyncio.Event(), asyncio.Event()

    async def wait(_: Request) -> Response:
        entered.set()
        await hold.wait()
        return JSONResponse({})

    limits = RequestLimits(max_concurrent=max_concurrent, max_concurrent_of_key=max_of_key)
    async with serving(limits, wait) as (client, _):
        held = asyncio.create_task(client.get("/v1/call", headers=KEY))
        await entered.wait()
        refused = await client.get("/v1/call", headers=KEY)
        hold.set()
        assert (await held).status_code == 200
        after = await client.get("/v1/call", headers=KEY)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert after.status_code == 200


async def test_wrong_keys_are_answered_ever_later_and_right_ones_at_once() -> None:
    async def answer(request: Request) -> Response:
        return Response(status_code=200 if request.headers["authorization"] == KEY["authorization"] else 401)

    async with serving(RequestLimits(), answer) as (client, waits):
        for number in range(FAILURES_AT_ONCE + 30):
            assert (await client.get("/v1/call", headers={"authorization": f"Bearer {number}"})).status_code == 401
        count = len(waits)
        assert (await client.get("/v1/call", headers=KEY)).status_code == 200

    assert waits == sorted(waits)
    assert (count, len(waits), waits[-1]) == (30, 30, LONGEST_DELAY_S)


def test_a_bucket_refills_steadily_and_no_further_than_full() -> None:
    now = 0.0
    buckets = TokenBuckets(capacity=2, per_s=0.5, clock=lambda: now)

    assert [buckets.take(b"a").deficit for _ in range(3)] == [0.0, 0.0, 1.0]
    now = 2.0
    assert [buckets.take(b"a").deficit for _ in range(2)] == [0.0, 1.0]
    now = 1000.0
    assert [buckets.take(b"a").deficit for _ in range(3)] == [0.0, 0.0, 1.0]
