"""A session of an unmodified LiveKit agent: `livekit_observability.py CUSTOMER_PCM AGENT_PCM`.

Where it sends is in `LIVEKIT_OBSERVABILITY_URL`, its key pair in `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`. There is
no LiveKit server: the job is made as a worker's process makes it, and ends as there.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession, utils
from livekit.agents.job import (
    JobAcceptArguments,
    JobContext,
    JobExecutorType,
    JobProcess,
    RunningJobInfo,
    _JobContextVar,
)
from livekit.protocol import agent, models
from livekit_agent import Brain, Desk
from livekit_plugin import Ears, Loudspeaker, Microphone, Mouth


def make_job() -> JobContext:
    job = agent.Job(
        id="AJ_observed",
        agent_name="Desk",
        room=models.Room(sid="RM_observed", name="desk-room"),
        enable_recording=True,
    )
    info = RunningJobInfo(
        accept_arguments=JobAcceptArguments(name="", identity="desk", metadata=""),
        job=job,
        url="ws://127.0.0.1:1",
        token="",
        worker_id="W_1",
        fake_job=False,
    )
    process = JobProcess(executor_type=JobExecutorType.THREAD, user_arguments=None, http_proxy=None)
    return JobContext(
        proc=process,
        info=info,
        room=rtc.Room(),
        on_connect=lambda: None,
        on_shutdown=lambda _: None,
        inference_executor=None,  # type: ignore[arg-type] # no model runs beside this one
    )


async def main(customer_pcm: bytes, agent_pcm: bytes) -> None:
    job = make_job()
    _JobContextVar.set(job)
    utils.http_context._new_session_ctx()
    job._on_setup()
    job._prepare_telemetry()
    session: AgentSession[None] = AgentSession(
        stt=Ears(customer_pcm), llm=Brain(), tts=Mouth(agent_pcm), turn_detection="stt", vad=None
    )
    session.input.audio = Microphone(customer_pcm)
    session.output.audio = Loudspeaker()
    answered = asyncio.Event()

    @session.on("conversation_item_added")
    def note(event: Any) -> None:
        if event.item.type == "message" and event.item.role == "assistant":
            answered.set()

    await session.start(Desk())
    await asyncio.wait_for(answered.wait(), timeout=60)
    await session.aclose()
    await job._on_session_end()
    await job._on_cleanup()
    await utils.http_context._close_http_ctx()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_bytes()))
