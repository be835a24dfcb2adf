"""The API with its doors for integrations, and the jobs that read what came in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from procrastinate import App
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.integration_intake import IntegrationIntake
from callscope.api.recording_intake import RecordingIntake
from callscope.core.jobs import HEARING_QUEUE, LIVE_QUEUE, NETWORK_QUEUE, QUEUE_OF_JOB, SHORT_QUEUE
from callscope.core.recording import MeasuredRecording, Recording
from callscope.outbound.client import OutboundClient
from callscope.pipeline.app import create_app
from callscope.pipeline.context import LiveRules, PipelineContext
from callscope.pipeline.retries import RetrySchedule, RetrySchedules
from callscope.services import analyses, recordings
from callscope.services.keys import CreatedKey
from callscope.services.signing import Signer
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects
from callscope.storage.statements import Statements
from tests.support.api import ApiUnderTest, SettableClock

MAX_CHUNK_BYTES = 4 * 1024**2
MAX_UPLOAD_BYTES = 8 * 1024**2
AT_ONCE = RetrySchedule(first_s=0, growth=1, longest_s=0, max_attempts=3)


@dataclass(frozen=True, kw_only=True)
class Live:
    """A client with a good key, the jobs run when the test says so, and what they made."""

    client: httpx.AsyncClient
    key: CreatedKey
    jobs: App
    context: PipelineContext
    clock: SettableClock

    @property
    def sessions(self) -> SessionFactory:
        return self.context.sessions

    async def work(self) -> None:
        """Run every job that is due, and those they queue, until none is: but for those that queue themselves again."""
        await self._run(sorted({*QUEUE_OF_JOB.values()} - {HEARING_QUEUE}))

    async def read(self) -> None:
        """Read what came in, and go on with it up to where its recording would be measured."""
        await self._run([LIVE_QUEUE, SHORT_QUEUE, NETWORK_QUEUE])

    async def _run(self, queues: list[str]) -> None:
        await self.jobs.run_worker_async(queues=queues, wait=False, install_signal_handlers=False, listen_notify=False)

    async def send(self, integration: str, message: Mapping[str, Any]) -> None:
        response = await self.client.post(f"/v1/integrations/{integration}", json=message)
        assert response.status_code == 200, response.text

    async def upload(self, integration: str, call_ref: str, index: int, content: bytes) -> httpx.Response:
        url = await self.upload_url(integration, call_ref, index)
        async with httpx.AsyncClient(transport=self.client._transport) as bare:
            return await bare.put(url, content=content, headers={"content-type": "audio/pcm"})

    async def upload_url(self, integration: str, call_ref: str, index: int) -> str:
        id_field = {"pipecat": "pipecatCallId", "livekit-sdk": "livekitCallId"}[integration]
        body = {id_field: call_ref, "chunkIndex": index, "contentType": "audio/pcm"}
        response = await self.client.post(f"/v1/integrations/{integration}/chunk-upload-url", json=body)
        assert response.status_code == 200, response.text
        return str(response.json()["data"]["uploadUrl"])

    async def calls(self) -> list[dict[str, Any]]:
        return list((await self.client.get("/v1/call")).json()["data"])

    async def only_call(self) -> dict[str, Any]:
        (call,) = await self.calls()
        return call

    async def transcript(self, call_id: str) -> list[dict[str, Any]]:
        response = await self.client.get(f"/v1/call/{call_id}/transcript")
        return list(response.json()["data"]["entries"])

    async def recording(self, call_id: str) -> tuple[Recording, bytes]:
        async with self.sessions() as session:
            (found,) = await recordings.of_call(session, self.key.project_id, UUID(call_id))
        content = b"".join([part async for part in await self.context.objects.read(found.object_key)])
        return found, content

    async def measured(self, call_id: str) -> MeasuredRecording:
        async with self.sessions() as session:
            found = await analyses.read_measured_recording(session, self.key.project_id, UUID(call_id))
        assert found is not None
        return found

    async def column(self, query: str) -> list[Any]:
        async with self.sessions() as session:
            return list((await session.execute(text(query))).scalars())


def objects_in(directory: Path) -> Objects:
    return Objects.open(None, default_dir=directory / "objects")


def integration_intake(api: ApiUnderTest, engine: AsyncEngine, objects: Objects) -> IntegrationIntake:
    return IntegrationIntake(
        transactions=api.transactions,
        statements=Statements(engine),
        objects=objects,
        signer=Signer(b"a secret of the tests", api.clock),
        clock=api.clock,
        max_chunk_bytes=MAX_CHUNK_BYTES,
    )


def recording_intake(api: ApiUnderTest, objects: Objects) -> RecordingIntake:
    return RecordingIntake(
        transactions=api.transactions,
        objects=objects,
        signer=Signer(b"a secret of the tests", api.clock),
        clock=api.clock,
        max_bytes=MAX_UPLOAD_BYTES,
    )


@asynccontextmanager
async def living(
    api: ApiUnderTest,
    engine: AsyncEngine,
    database_url: str,
    directory: Path,
    *,
    client: httpx.AsyncClient,
    key: CreatedKey,
) -> AsyncIterator[Live]:
    objects = objects_in(directory)
    api.app.state.integrations = integration_intake(api, engine, objects)
    api.app.state.recording_uploads = recording_intake(api, objects)
    outbound = OutboundClient(allowed_networks=(IPv4Network("127.0.0.0/8"),))
    context = PipelineContext(
        sessions=api.transactions,
        objects=objects,
        outbound=outbound,
        clock=api.clock,
        max_recording_bytes=10**8,
        fetch_timeout_s=10.0,
        measure_memory_bytes=2 * 1024**3,
        measure_timeout_s=60.0,
        max_recording_ms=3_600_000,
        retries=RetrySchedules(gone=AT_ONCE, passing=AT_ONCE, chunks=AT_ONCE, unexpected=AT_ONCE),
        live=LiveRules(),
    )
    jobs = create_app(context, database_url=database_url)
    async with jobs.open_async():
        yield Live(client=client, key=key, jobs=jobs, context=context, clock=api.clock)
    await outbound.aclose()
