"""A session of an unmodified LiveKit agent, sent by its own telemetry."""

import base64
from datetime import timedelta

import httpx
import pytest

from callscope.core.errors import InvalidInput
from callscope.integrations.livekit_agents import read_header
from callscope.integrations.livekit_token import is_good
from tests.support.agents import run_agent
from tests.support.api import NOW
from tests.support.live_api import Live
from tests.support.livekit_tokens import SECRET, token


@pytest.mark.slow
async def test_an_unmodified_agent_becomes_a_call(server: str, live: Live, spoken: tuple[str, str]) -> None:
    environment = {
        "LIVEKIT_OBSERVABILITY_URL": server,
        "LIVEKIT_API_KEY": "devkey",
        "LIVEKIT_API_SECRET": SECRET,
    }
    await run_agent("livekit_observability.py", *spoken, environment=environment)
    await live.work()

    call = await live.only_call()
    assert (call["status"], call["endedStatus"], call["externalId"]) == ("ENDED", "AGENT_ENDED_CALL", "AJ_observed")
    assert call["properties"]["livekit_room_name"] == "desk-room"
    assert await live.column("SELECT name FROM agent") == ["Desk"]
    assert await live.column("SELECT prompt FROM agent_prompt_version") == ["You answer the phone."]
    entries = await live.transcript(call["id"])
    assert [(one["role"], one["text"]) for one in entries] == [
        ("CUSTOMER", "I would like to change my delivery address please."),
        ("AGENT", "It arrives on Friday."),
    ]
    assert await live.column("SELECT result FROM tool_invocation") == ["order 7 is on its way"]
    (metrics,) = await live.column("SELECT payload->'metrics' FROM transcript_entry WHERE role = 'agent'")
    assert metrics["llm_node_ttft"] >= 0.05
    measured = await live.measured(call["id"])
    assert (measured.probe.codec, measured.probe.channel_count) == ("opus", 2)
    assert await live.column("SELECT status FROM analysis") == ["COMPLETED"]
    assert await live.column("SELECT count(*) FROM trace_link") >= [1]


@pytest.mark.parametrize("kind", ["traces/otlp/v0", "logs/otlp/v0", "metrics/otlp/v0", "recordings/v0"])
async def test_strangers_are_turned_away(server: str, kind: str) -> None:
    protobuf = {"content-type": "application/x-protobuf"}
    async with httpx.AsyncClient(base_url=server, headers=protobuf) as client:
        for headers in ({}, {"authorization": f"Bearer {token(secret='another')}"}):
            answer = await client.post(f"/observability/{kind}", content=b"x", headers=headers)
            assert answer.status_code == 401, answer.text


@pytest.mark.parametrize(
    "bad",
    [
        token(secret="another"),
        token(iss="another"),
        token(exp=(NOW - timedelta(minutes=2)).timestamp()),
        token(nbf=(NOW + timedelta(minutes=2)).timestamp()),
        token(observability={"write": False}),
        token(exp=None),
        "",
        "a.b.c",
        "..",
    ],
)
def test_bad_tokens(bad: str) -> None:
    assert is_good(token(), api_key="devkey", secret=SECRET, at=NOW)
    assert not is_good(bad, api_key="devkey", secret=SECRET, at=NOW)


def test_an_unsigned_token_is_bad() -> None:
    _, content, _ = token().split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert not is_good(f"{head}.{content}.", api_key="devkey", secret=SECRET, at=NOW)


@pytest.mark.parametrize("content", [b"\x0a", b"\x0a\x05abc", b"\x0b", b"\xff\xff\xff"])
def test_a_broken_header_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="no header"):
        read_header(content)
