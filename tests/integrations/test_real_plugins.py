"""Calls of real agents with the real plug-ins, of which only the addresses were set."""

import pytest

from tests.support.agents import RECORDING, run_agent
from tests.support.live_api import Live

pytestmark = pytest.mark.slow

PIPECAT_TOLERANCE_MS = 150
"""The agent lives by a clock that waits for it, so what is left is how well an onset is heard."""
LIVEKIT_TOLERANCE_MS = 500
"""The plug-in stamps speech and the first sound by an event loop that lags behind on a busy machine."""

LIVEKIT_CHUNK_BYTES = 256 * 1024
LIVEKIT_BYTES_PER_MS = 48 * 2 * 2
LIVEKIT_CHUNK_COUNT = 5
"""Those of a call on a machine that keeps up with it."""


async def test_pipecat(server: str, live: Live, spoken: tuple[str, str]) -> None:
    await run_agent("pipecat_plugin.py", server, live.key.plain_key, *spoken)
    assert await live.column("SELECT count(*) FROM integration_message") == [2]
    await live.work()

    call = await live.only_call()
    assert (call["status"], call["endedStatus"]) == ("ENDED", "CUSTOMER_ENDED_CALL")
    assert call["externalId"] == "pc-plugin"
    assert await live.column("SELECT source FROM call") == ["PIPECAT"]
    assert await live.column("SELECT custom_id FROM agent") == ["desk-v3"]
    entries = await live.transcript(call["id"])
    assert [(one["role"], one["text"]) for one in entries] == [
        ("AGENT", "Thank you for calling, how may I help you today?"),
        ("CUSTOMER", "I would like to change my delivery address please."),
        ("AGENT", "Let me look that up in our system."),
    ]
    assert await live.column("SELECT parameters FROM tool_invocation") == [{"order": 7}]
    recording, _ = await live.recording(call["id"])
    assert recording.findings == ()
    measured = await live.measured(call["id"])
    assert (measured.probe.sample_rate_hz, measured.probe.channel_count) == (48_000, 2)
    await assert_heard_where_the_transcript_says(live, call["id"], PIPECAT_TOLERANCE_MS)


async def test_livekit(server: str, live: Live, spoken: tuple[str, str]) -> None:
    await run_agent("livekit_plugin.py", server, live.key.plain_key, *spoken, environment=RECORDING)
    await live.work()

    call = await live.only_call()
    assert (call["status"], call["endedStatus"]) == ("ENDED", "AGENT_ENDED_CALL")
    assert (call["externalId"], call["properties"]["livekit_room_name"]) == ("RM_plugin", "desk-room")
    assert await live.column("SELECT livekit_room_id FROM call") == ["RM_plugin"]
    assert await live.column("SELECT source FROM call") == ["LIVEKIT"]
    entries = await live.transcript(call["id"])
    assert [(one["role"], one["text"]) for one in entries] == [
        ("CUSTOMER", "I would like to change my delivery address please."),
        ("AGENT", "It arrives on Friday."),
    ]
    (metrics,) = await live.column("SELECT payload->'metrics' FROM transcript_entry WHERE role = 'agent'")
    assert [one["kind"] for one in metrics] == ["eou", "llm", "llm", "tts"]
    assert metrics[1]["ttft"] >= 0.05
    recording, _ = await live.recording(call["id"])
    assert recording.findings == ()
    measured = await live.measured(call["id"])
    assert (measured.probe.sample_rate_hz, measured.probe.channel_count) == (48_000, 2)
    # The call takes its seconds, and more on a busy machine: every chunk of it is in the recording.
    sizes_bytes = await live.column("SELECT size_bytes FROM live_chunk ORDER BY chunk_index")
    assert len(sizes_bytes) >= LIVEKIT_CHUNK_COUNT
    assert set(sizes_bytes[:-1]) == {LIVEKIT_CHUNK_BYTES}
    assert measured.duration_ms == round(sum(sizes_bytes) / LIVEKIT_BYTES_PER_MS)
    await assert_heard_where_the_transcript_says(live, call["id"], LIVEKIT_TOLERANCE_MS)


async def assert_heard_where_the_transcript_says(live: Live, call_id: str, tolerance_ms: int) -> None:
    query = "SELECT abs(heard_start_ms - start_offset_ms) FROM transcript_entry WHERE heard_start_ms IS NOT NULL"
    distances_ms = await live.column(query)
    assert len(distances_ms) == len(await live.transcript(call_id))
    assert max(distances_ms) <= tolerance_ms
