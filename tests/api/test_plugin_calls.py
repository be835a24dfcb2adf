"""What the plug-ins send becomes one call, whatever the order and however often."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import httpx
import pytest

from tests.support.api import NOW, ApiUnderTest, authorization, make_key
from tests.support.live_api import Live
from tests.support.plugin_calls import ended, started

NO_AUDIO = {"recordingSampleRate": None, "recordingNumChannels": None}


async def test_a_started_call_runs(live: Live) -> None:
    await live.send("pipecat", started())
    await live.work()

    call = await live.only_call()
    assert (call["status"], call["externalId"], call["startedAt"]) == ("IN_PROGRESS", "pc-1", "2026-01-31T12:00:00Z")
    assert "endedAt" not in call or call["endedAt"] is None
    assert await live.column("SELECT source FROM call") == ["PIPECAT"]
    assert await live.column("SELECT prompt FROM agent_prompt_version") == ["You answer the phone."]
    assert await live.column("SELECT custom_id FROM agent") == ["desk-v3"]
    assert await live.column("SELECT count(*) FROM analysis") == [0]


async def test_an_ended_call_has_all_that_was_sent(live: Live) -> None:
    await live.send("pipecat", started())
    await live.send("pipecat", ended(**NO_AUDIO))
    await live.work()

    call = await live.only_call()
    assert (call["status"], call["endedStatus"]) == ("ENDED", "CUSTOMER_ENDED_CALL")
    assert (call["startedAt"], call["durationMs"]) == ("2026-01-31T12:00:00.500000Z", 6000)
    assert call["properties"]["call_ended_reason"] == "client-disconnected"
    entries = await live.transcript(call["id"])
    assert [(one["role"], one["startOffsetMs"], one["endOffsetMs"]) for one in entries] == [
        ("AGENT", 200, 1500),
        ("CUSTOMER", 2000, 3100),
        ("AGENT", 4000, 5000),
    ]
    assert all(one["participantId"] for one in entries)
    assert await live.column("SELECT name FROM tool_invocation") == ["look_up"]
    assert await live.column("SELECT parameters FROM tool_invocation") == [{"order": 7}]
    assert await live.column("SELECT result FROM tool_invocation") == [{"state": "sent"}]
    assert await live.column("SELECT end_offset_ms - start_offset_ms FROM tool_invocation") == [500]
    assert await live.column("SELECT status FROM analysis") == ["COMPLETED"]
    assert await live.column("SELECT value FROM metric_value WHERE slug = 'turn_count'") != []


STEPS = (started(), started(), ended(**NO_AUDIO), ended(**NO_AUDIO))


@pytest.mark.parametrize("order", sorted(set(permutations((0, 1, 2, 3), 4)))[::5])
async def test_order_and_repeats_change_nothing(live: Live, order: Sequence[int]) -> None:
    for step in order:
        await live.send("pipecat", STEPS[step])
        await live.work()

    call = await live.only_call()
    assert (call["status"], call["durationMs"]) == ("ENDED", 6000)
    assert [agent["id"] for agent in call["agents"]] == [call["agents"][0]["id"]]
    entries = await live.transcript(call["id"])
    assert len(entries) == 3
    assert len({one["participantId"] for one in entries}) == 2
    assert None not in {one["participantId"] for one in entries}
    assert await live.column("SELECT count(*) FROM tool_invocation WHERE agent_id IS NOT NULL") == [1]
    assert await live.column("SELECT status FROM analysis") == ["COMPLETED"]
    assert await live.column("SELECT count(*) FROM call_customer") == [1]


async def test_an_end_without_a_start_is_a_call(live: Live) -> None:
    await live.send("pipecat", ended(**NO_AUDIO, callStartedAt=None))
    await live.work()

    call = await live.only_call()
    assert (call["status"], call["agents"]) == ("ENDED", [])
    assert call["startedAt"] == "2026-01-31T12:00:00.500000Z"


async def test_messages_wait_in_the_inbox(live: Live) -> None:
    await live.send("pipecat", started())

    assert await live.column("SELECT call_ref FROM integration_message WHERE handled_at IS NULL") == ["pc-1"]
    assert await live.column("SELECT task_name FROM procrastinate_jobs") == ["message.read"]
    assert await live.calls() == []


async def test_a_call_without_an_end_is_closed(live: Live) -> None:
    await live.send("pipecat", started())
    await live.work()
    live.clock.moment = NOW + timedelta(minutes=59)
    await sweep(live)
    assert (await live.only_call())["status"] == "IN_PROGRESS"

    live.clock.moment = NOW + timedelta(minutes=61)
    await sweep(live)

    assert (await live.only_call())["status"] == "ENDED"
    assert await live.column("SELECT status FROM analysis") == ["COMPLETED"]


async def test_an_end_after_the_sweep_counts(live: Live) -> None:
    await live.send("pipecat", started())
    await live.work()
    live.clock.moment = NOW + timedelta(hours=2)
    await sweep(live)
    await live.send("pipecat", ended(**NO_AUDIO))
    await live.work()

    call = await live.only_call()
    assert (call["endedStatus"], call["durationMs"]) == ("CUSTOMER_ENDED_CALL", 6000)
    assert len(await live.transcript(call["id"])) == 3
    assert await live.column("SELECT status FROM analysis ORDER BY id") == ["COMPLETED", "COMPLETED"]


async def test_a_deleted_call_does_not_come_back(live: Live) -> None:
    await live.send("pipecat", started())
    await live.work()
    await live.client.delete(f"/v1/call/{(await live.only_call())['id']}")
    await live.send("pipecat", ended(**NO_AUDIO))
    await live.work()

    assert await live.calls() == []
    (fault,) = await live.column("SELECT fault FROM integration_message WHERE fault IS NOT NULL")
    assert "no call" in fault


async def test_a_property_of_another_type_is_noted(live: Live) -> None:
    created = await live.client.post(
        "/v1/call",
        json={
            "recordingUrl": "https://recordings.example/a.wav",
            "startedAt": "2026-01-31T09:30:00Z",
            "interfaceType": "PHONE",
            "callDirection": "INBOUND",
            "properties": {"callEndedReason": 7},
        },
    )
    assert created.status_code == 201
    await live.send("pipecat", ended(**NO_AUDIO))
    await live.work()

    (fault,) = await live.column("SELECT fault FROM integration_message")
    assert "`call_ended_reason` is of type number" in fault
    assert len(await live.calls()) == 2


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"event": "call-started"}, "pipecatCallId"),
        ({"pipecatCallId": "x"}, "event"),
        ({"event": "call-paused", "pipecatCallId": "x"}, "event"),
        ([], ""),
    ],
)
async def test_a_message_about_no_call_is_refused(live: Live, message: Any, field: str) -> None:
    response = await live.client.post("/v1/integrations/pipecat", json=message)

    assert response.status_code == 400
    assert field in response.json()["message"]
    assert await live.column("SELECT count(*) FROM integration_message") == [0]


@pytest.mark.usefixtures("live")
async def test_either_header_carries_the_key(api: ApiUnderTest) -> None:
    bound = await make_key(api.transactions, integration="pipecat")
    transport = httpx.ASGITransport(app=api.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as bare:
        by_header = {"x-roark-api-key": bound.plain_key}
        assert (await bare.post("/v1/integrations/pipecat", json=started(), headers=by_header)).status_code == 200
        bearer = authorization(bound)
        assert (await bare.post("/v1/integrations/pipecat", json=started(), headers=bearer)).status_code == 200
        other = await bare.post("/v1/integrations/livekit-sdk", json=started(), headers=by_header)
        assert other.status_code == 403
        assert "`pipecat`" in other.json()["message"]
        assert (await bare.get("/v1/call", headers=bearer)).status_code == 403
        assert (await bare.post("/v1/integrations/pipecat", json=started())).status_code == 401


async def sweep(live: Live) -> None:
    await live.jobs.tasks["live_call.sweep"].defer_async(timestamp=0)
    await live.work()
