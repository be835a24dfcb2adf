"""A whole site, served from a thread of this process, with a demo call, its trace, and traces of any size."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import uvicorn

from callscope.boot.app import create_app
from callscope.boot.settings import Settings
from callscope.boot.wiring import Wiring, open_wiring
from callscope.core.call import CallDirection, InterfaceType
from callscope.core.ids import new_id
from callscope.core.new_call import AgentByName, NewCall, NewCallAgent, ReceivedRequest
from callscope.core.recording import Recording, RecordingKind
from callscope.core.trace import Span, SpanStatus
from callscope.services import analyses, ingest, recordings, trace_parts, traces
from callscope.services.keys import create_key
from callscope.services.measuring import measure_recording
from callscope.storage import spans as span_rows
from callscope.storage.objects import recording_key
from callscope.traces.payload import MediaType
from tests.support.demo_calls import DEMO
from tests.support.spans import made_span

KEY = "rk_live_of_the_traced_site"
STARTED_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SPANS_PER_STATEMENT = 2000


@dataclass(frozen=True)
class TracedSite:
    """Where the site is, its call with a trace, and the traces made for it by their number of spans."""

    url: str
    call_id: UUID
    trace_id: str
    bare_call_id: UUID
    sized: dict[int, str]


@contextmanager
def traced_site(database_url: str, folder: Path, sizes: tuple[int, ...] = ()) -> Iterator[TracedSite]:
    """Serve a site on a migrated database; it is stopped in the end."""
    ready, ended = threading.Event(), threading.Event()
    found: list[TracedSite | BaseException] = []

    async def live() -> None:
        async with open_wiring(Settings(data_dir=folder), database_url) as wiring:
            site = await _fill(wiring, sizes)
            server = uvicorn.Server(uvicorn.Config(create_app(wiring), port=0, log_level="warning", access_log=False))
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
                await asyncio.sleep(0.02)
            port = server.servers[0].sockets[0].getsockname()[1]
            found.append(replace(site, url=f"http://127.0.0.1:{port}"))
            ready.set()
            await asyncio.to_thread(ended.wait)
            server.should_exit = True
            await serving

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # noqa: BLE001 - raised again where the site is asked for
            found.append(error)
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        site = found[0]
        if isinstance(site, BaseException):
            raise site
        yield site
    finally:
        ended.set()
        thread.join(timeout=60)


async def _fill(wiring: Wiring, sizes: tuple[int, ...]) -> TracedSite:
    async with wiring.sessions.begin() as session:
        project_id = (await create_key(session, project_name="default", name="site", plain_key=KEY)).project_id
    call_id = await _store_call(wiring, project_id, "demo-double-charge")
    bare_call_id = await _store_call(wiring, project_id, "demo-without-trace")
    trace_id = await _store_trace(wiring, project_id, call_id)
    sized = {size: await _store_sized(wiring, project_id, size) for size in sizes}
    return TracedSite(url="", call_id=call_id, trace_id=trace_id, bare_call_id=bare_call_id, sized=sized)


async def _store_call(wiring: Wiring, project_id: UUID, external_id: str) -> UUID:
    path = DEMO / "recordings" / "double-charge.ogg"
    measured = await asyncio.to_thread(measure_recording, path)
    async with wiring.sessions.begin() as session:
        call = await ingest.create_call(
            session,
            _new_call(external_id),
            project_id=project_id,
            request=ReceivedRequest(api_key_id=None, body=external_id.encode(), body_digest=b"", unknown_fields=()),
            now=STARTED_AT,
        )
    key = recording_key(project_id, call.id)
    content = await asyncio.to_thread(path.read_bytes)
    stored = await wiring.objects.put(key, _once(content), max_bytes=2**30)
    recording = Recording(
        id=new_id(),
        project_id=project_id,
        call_id=call.id,
        kind=RecordingKind.STEREO,
        object_key=key,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        content_type="audio/ogg",
        fetched_at=STARTED_AT,
    )
    async with wiring.sessions.begin() as session:
        analysis = await analyses.latest(session, project_id, call.id)
        await recordings.keep(session, recording)
        await analyses.record_recording_analysis(
            session, analysis, recording=recording, found=measured.analysis, at=STARTED_AT
        )
        await analyses.record_measurement(
            session, analysis, conversation=measured.conversation, values=measured.values, at=STARTED_AT
        )
        while analysis.stage.next is not None:
            await analyses.advance(session, analysis, at=STARTED_AT)
            analysis = replace(analysis, stage=analysis.stage.next)
        await analyses.advance(session, analysis, at=STARTED_AT)
    return call.id


def _new_call(external_id: str) -> NewCall:
    agent = AgentByName(name="Billing desk", custom_id="billing-desk", description=None)
    return NewCall(
        direction=CallDirection.INBOUND,
        interface_type=InterfaceType.PHONE,
        started_at=STARTED_AT,
        recording_url="https://recordings.example/call.ogg",
        stereo_recording_url=None,
        ended_status=None,
        external_id=external_id,
        vapi_call_id=None,
        livekit_room_id=None,
        source="API",
        agents=(NewCallAgent(path=("agent",), identity=agent, endpoint=None, prompt=None),),
        customers=(),
        transcript=None,
        tools=(),
    )


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _store_trace(wiring: Wiring, project_id: UUID, call_id: UUID) -> str:
    """Send the demo's trace of the call, with one span that failed, and measure the call by it."""
    trace = json.loads((DEMO / "traces" / "double-charge.json").read_text())
    sent = trace["resourceSpans"][0]["scopeSpans"][0]["spans"]
    for span in sent:
        for name in ("startTimeUnixNano", "endTimeUnixNano"):
            span[name] = str(int(span[name]) + int(STARTED_AT.timestamp()) * 1_000_000_000)
        if span["name"] == "function_tool":
            span["status"] = {"code": 2, "message": "The ledger did not answer."}
    async with wiring.sessions.begin() as session:
        await traces.accept(
            session,
            project_id=project_id,
            media_type=MediaType.JSON,
            encoding="identity",
            body=json.dumps(trace).encode(),
            now=STARTED_AT,
        )
        await traces.drain(session, max_count=9, max_bytes=10**8, max_inflated_bytes=10**8, now=STARTED_AT)
    async with wiring.sessions.begin() as session:
        await traces.match_call(session, project_id, call_id, now=STARTED_AT)
        await trace_parts.measure(session, project_id, call_id, now=STARTED_AT)
    return str(sent[0]["traceId"])


async def _store_sized(wiring: Wiring, project_id: UUID, size: int) -> str:
    """Store a trace of that many spans, twenty a turn, every hundredth failed."""
    trace_id = f"{size:032x}"
    made = (
        replace(_sized_span(number), trace_id=trace_id, status=SpanStatus.ERROR if number % 100 == 0 else SpanStatus.OK)
        for number in range(1, size + 1)
    )
    built = list(made)
    async with wiring.sessions.begin() as session:
        for first in range(0, size, SPANS_PER_STATEMENT):
            await span_rows.insert(session, project_id, built[first : first + SPANS_PER_STATEMENT])
        await span_rows.summarize(session, project_id, [trace_id], at=STARTED_AT)
    return trace_id


def _sized_span(number: int) -> Span:
    names = ("agent_turn", "llm_node", "llm_request", "tts_node", "function_tool", "stt_node")
    parent = None if number % 20 == 1 else (number - 1) // 20 * 20 + 1
    attributes = {
        "lk.response.ttft": 0.2,
        "gen_ai.request.model": "small",
        "lk.response.text": "It is on its way. " * 5,
    }
    return made_span(
        names[0 if parent is None else number % 5 + 1],
        number * 20,
        number * 20 + 350,
        number=number,
        parent=parent,
        **attributes,
    )
