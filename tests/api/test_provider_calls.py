"""Vapi's and Retell's messages, from the wire to the call."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from callscope.pipeline.app import create_app
from callscope.pipeline.context import ArtifactKey
from tests.support.api import NOW, ApiUnderTest
from tests.support.live_api import Live
from tests.support.provider_messages import (
    VAPI_ID,
    retell_event,
    vapi_report,
    vapi_status,
    vapi_update,
)
from tests.support.recording_server import RecordingServer, Reply, SeenRequest, running_recording_server
from tests.support.tones import tone_wav

NO_RECORDING = {"artifact": {"messages": vapi_report()["message"]["artifact"]["messages"]}}


@pytest.fixture
async def provider() -> AsyncIterator[RecordingServer]:
    async with running_recording_server() as running:
        yield running


async def test_a_vapi_call_runs_and_ends(live: Live) -> None:
    await live.send("vapi", vapi_status("in-progress"))
    await live.send("vapi", vapi_update(3))
    await live.read()

    call = await live.only_call()
    assert (call["status"], call["externalId"]) == ("IN_PROGRESS", VAPI_ID)
    assert len(await live.transcript(call["id"])) == 2

    await live.send("vapi", vapi_report(**NO_RECORDING))
    await live.send("vapi", vapi_update(2))
    await live.work()

    call = await live.only_call()
    assert (call["status"], call["durationMs"], call["summary"]) == (
        "ENDED",
        6500,
        "The customer asked for an order.",
    )
    assert len(await live.transcript(call["id"])) == 3
    assert await live.column("SELECT source FROM call") == ["VAPI"]
    assert await live.column("SELECT vapi_call_id FROM call") == [VAPI_ID]


async def test_artifacts_are_fetched_with_the_key_past_a_redirect_and_while_missing(
    live: Live, provider: RecordingServer, database_url: str
) -> None:
    seen: list[str] = []

    def serve(request: SeenRequest) -> Reply:
        seen.append(request.headers.get("authorization", ""))
        if len(seen) == 1:
            return Reply(status=404)
        return Reply(status=302, headers={"location": provider.url("/stored.wav", host="localhost")})

    provider.serve("/artifact", serve)
    provider.serve("/stored.wav", Reply(body=tone_wav(seconds=1)))
    url = provider.url("/artifact")
    keys = (ArtifactKey(domain="127.0.0.1", key="vapi-key", scheme="http"),)
    jobs = create_app(replace(live.context, artifact_keys=keys), database_url=database_url)
    await live.send("vapi", vapi_report(artifact={"recordingUrl": url, "messages": []}))
    async with jobs.open_async():
        await replace(live, jobs=jobs).read()

    recording, _ = await live.recording((await live.only_call())["id"])
    assert recording.content_type == "audio/wav"
    assert seen == ["Bearer vapi-key", "Bearer vapi-key"]
    (stored,) = (request for request in provider.requests if request.path == "/stored.wav")
    assert "authorization" not in stored.headers


async def test_a_retell_call_is_explained_after_its_end(live: Live) -> None:
    for event in ("call_started", "call_ended", "call_analyzed", "call_analyzed"):
        await live.send("retell", retell_event(event))
        await live.read()

    call = await live.only_call()
    assert (call["status"], call["summary"], call["durationMs"]) == ("ENDED", "About an order.", 6000)
    assert call["properties"]["retell_user_sentiment"] == "Positive"
    assert len(await live.transcript(call["id"])) == 3
    assert await live.column("SELECT count(*) FROM analysis") == [1]


async def test_retells_signature_is_checked_where_the_key_is_known(live: Live, api: ApiUnderTest) -> None:
    body = json.dumps(retell_event("call_started")).encode()
    unix_ms = str(round(NOW.timestamp() * 1000))
    digest = hmac.new(b"retell-key", body + unix_ms.encode(), hashlib.sha256).hexdigest()
    api.app.state.integrations = replace(api.app.state.integrations, retell_secret="retell-key")

    good = {"x-retell-signature": f"v={unix_ms},d={digest}"}
    assert (await live.client.post("/v1/integrations/retell", content=body, headers=good)).status_code == 200
    unsigned = await live.client.post("/v1/integrations/retell", content=body)
    assert unsigned.status_code == 401
    assert "CALLSCOPE_RETELL_API_KEY" in unsigned.json()["message"]


@pytest.mark.parametrize(
    ("path", "field", "payload"),
    [
        ("/v1/vapi/call", "vapiEndOfCallReportPayload", vapi_report(**NO_RECORDING)),
        ("/v1/retell/call", "retellCallEndedPayload", retell_event("call_ended")),
    ],
)
async def test_the_older_routes_answer_with_the_call(
    live: Live, path: str, field: str, payload: dict[str, object]
) -> None:
    body = {field: payload, "properties": {"planTier": "gold"}}
    created = await live.client.post(path, json=body)
    assert created.status_code == 200, created.text
    call = await live.only_call()
    assert created.json()["data"]["callId"] == call["id"]
    assert call["properties"]["plan_tier"] == "gold"

    again = await live.client.post(path, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_external_id")
    skipped = await live.client.post(path, json={**body, "skipAlreadyImported": True})
    assert skipped.json()["data"]["callId"] == call["id"]


async def test_a_report_that_is_none_is_refused(live: Live) -> None:
    response = await live.client.post("/v1/vapi/call", json={"vapiEndOfCallReportPayload": vapi_status("ended")})

    assert response.status_code == httpx.codes.BAD_REQUEST
    assert "end-of-call-report" in response.json()["message"]
