import httpx

from tests.support.api import ApiUnderTest, count_rows, minimal_call


async def test_a_minimal_call_is_stored_with_its_first_job(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/call", json=minimal_call())

    assert response.status_code == 201, response.text
    data = response.json()["data"]
    assert data["status"] == "ENDED"
    assert data["startedAt"] == "2026-01-31T09:30:00Z"
    assert data["agents"] == data["customers"] == []
    assert response.headers["x-request-id"].startswith("req_")
    rows = await count_rows(api.transactions, "call", "analysis", "procrastinate_jobs", "ingest_request")
    assert set(rows.values()) == {1}
    assert api.probe.asked == ["https://recordings.example/call.wav"]
