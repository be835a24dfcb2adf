import httpx
import pytest

from callscope.api.routes.monitoring import MetricsContext
from callscope.api.telemetry import Telemetry
from callscope.services.keys import CreatedKey
from tests.support.api import ApiUnderTest, minimal_call

TOKEN = {"authorization": "Bearer scrape-me"}


@pytest.fixture
def telemetry(api: ApiUnderTest) -> Telemetry:
    telemetry = Telemetry()
    api.app.state.metrics = MetricsContext(telemetry=telemetry, token="scrape-me")
    return telemetry


@pytest.mark.usefixtures("telemetry")
async def test_prometheus_reads_how_the_lines_stand(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/call", json=minimal_call())).status_code == 201

    answer = await client.get("/metrics", headers=TOKEN)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'callscope_jobs_due{queue="short"} 1.0' in lines
    assert 'callscope_jobs_due{queue="audio"} 0.0' in lines
    assert 'callscope_webhook_deliveries{status="dead"} 0.0' in lines
    assert any(line.startswith('callscope_jobs_oldest_due_seconds{queue="short"}') for line in lines)


def test_requests_are_counted_by_pattern(telemetry: Telemetry) -> None:
    telemetry.count("GET", "/v1/call/{call_id}", 200, 0.02)

    counted = telemetry._requests.labels("GET", "/v1/call/{call_id}", "200")
    assert counted._value.get() == 1.0


@pytest.mark.usefixtures("telemetry")
@pytest.mark.parametrize("headers", [{"authorization": "Bearer wrong"}, {"authorization": ""}])
async def test_without_the_token_nothing_is_told(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.get("/metrics", headers=headers)).status_code == 401


@pytest.mark.usefixtures("telemetry")
async def test_the_address_is_left_to_a_page_for_whoever_bears_no_token(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    assert (await client.get("/metrics")).status_code == 404, "the pages, which are not installed here, have one there"


async def test_an_installation_without_a_token_has_no_such_route(client: httpx.AsyncClient, key: CreatedKey) -> None:
    assert (await client.get("/metrics", headers={"authorization": f"Bearer {key.plain_key}"})).status_code == 404


async def test_every_answer_tells_browsers_what_not_to_do(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/v1/call", "/nowhere"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "strict-transport-security" not in headers
    assert (await client.get("/v1/call")).headers["cache-control"] == "no-store"
