"""Calls of the plug-ins are listened to while they run."""

from datetime import timedelta
from uuid import UUID

import pytest

from callscope.core.call import Role
from callscope.core.jobs import HEARING_QUEUE
from callscope.pipeline.hearing import hear_live_call
from callscope.services import live_hearing
from callscope.services.live_hearing import HeardCall
from tests.support.api import NOW
from tests.support.live_api import Live
from tests.support.plugin_calls import ended, started
from tests.support.synthetic_calls import Condition, SyntheticCall, make_call
from tests.support.voices import committed_voices

RATE_HZ = 16_000
CHUNK_MS = 4000
NEAR_MS = 80


@pytest.fixture(scope="module")
def spoken() -> SyntheticCall:
    agent, customer = committed_voices()
    return make_call(4, {Role.AGENT: agent, Role.CUSTOMER: customer}, Condition.CLEAN, exchanges=5)


def chunks_of(call: SyntheticCall) -> list[bytes]:
    pcm = (call.samples.T * 32767).astype("<i2").tobytes()
    size = CHUNK_MS * RATE_HZ // 1000 * 4
    return [pcm[first : first + size] for first in range(0, len(pcm), size)]


async def send(live: Live, index: int, content: bytes) -> None:
    """Send a chunk at the moment at which it is recorded."""
    live.clock.moment = NOW + timedelta(milliseconds=CHUNK_MS * (index + 1))
    assert (await live.upload("pipecat", "pc-1", index, content)).status_code == 200


async def hear(live: Live) -> HeardCall | None:
    """Listen as the job does, and return what its page reads."""
    call_id = UUID((await live.only_call())["id"])
    await hear_live_call(live.context, live.key.project_id, call_id)
    async with live.sessions() as session:
        return await live_hearing.read(session, call_id)


async def waiting(live: Live) -> int:
    queues = await live.column("SELECT queue_name FROM procrastinate_jobs WHERE status = 'todo'")
    return queues.count(HEARING_QUEUE)


async def test_who_speaks_is_heard_from_the_chunks_that_have_come_in(live: Live, spoken: SyntheticCall) -> None:
    await live.send("pipecat", started())
    await live.read()
    assert await waiting(live) == 1
    assert await hear(live) is None

    reached: list[int] = []
    for index, content in enumerate(chunks_of(spoken)):
        await send(live, index, content)
        found = await hear(live)
        assert found is not None
        reached.append(found.until_ms)

    assert found is not None
    # How fast samples come in is known from the second chunk on.
    assert reached[1:-1] == [CHUNK_MS * count for count in range(2, len(reached))]
    heard = [(turn.role, turn.start_offset_ms) for turn in found.conversation.turns]
    for turn in spoken.turns:
        assert any(role is turn.role and abs(start_ms - turn.start_ms) <= NEAR_MS for role, start_ms in heard)
    assert {value.slug for value in found.values} >= {"response_time", "longest_pause", "overtalk_ratio"}


async def test_a_chunk_on_its_way_is_waited_for_and_then_given_up(live: Live, spoken: SyntheticCall) -> None:
    chunks = chunks_of(spoken)
    await live.send("pipecat", started())
    await live.read()
    await send(live, 0, chunks[0])
    await live.upload_url("pipecat", "pc-1", 1)
    await send(live, 2, chunks[2])
    first = await hear(live)
    live.clock.moment += timedelta(minutes=1)
    second = await hear(live)

    assert first is not None
    assert second is not None
    assert (first.until_ms < CHUNK_MS, second.until_ms) == (True, 3 * CHUNK_MS)


async def test_a_call_that_has_ended_is_heard_no_more(live: Live, spoken: SyntheticCall) -> None:
    await live.send("pipecat", started())
    await live.read()
    await send(live, 0, chunks_of(spoken)[0])
    assert await hear(live) is not None
    queued = await waiting(live)
    await live.send("pipecat", ended())
    await live.read()

    assert await hear(live) is None
    assert await waiting(live) == queued
