import asyncio
import hashlib
import hmac
import json
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Receiver

from callscope.core.ids import new_id
from callscope.core.page import PageRequest
from callscope.core.webhook import Delivery, DeliveryStatus, Webhook, WebhookEvent
from callscope.pipeline.app import create_app
from callscope.pipeline.context import PipelineContext
from callscope.pipeline.deliveries import expire_deliveries
from callscope.pipeline.retries import RetrySchedule
from callscope.pipeline.worker import WorkerRules, run_worker
from callscope.services import analyses, calls, deliveries, events, webhooks
from callscope.storage import projects
from tests.pipeline.conftest import AT_ONCE, Pipeline
from tests.support.ingested_calls import ingest_call
from tests.support.recording_server import RecordingServer, Reply, SeenRequest
from tests.support.tones import tone_wav

RULES = WorkerRules(heartbeat_s=0.1, stalled_after_s=1.0, poll_s=0.1, stop_grace_s=0.1)
COMPLETED = WebhookEvent.CALL_ANALYSIS_COMPLETED


@pytest.fixture
async def context(context: PipelineContext) -> PipelineContext:
    """Three tries at once instead of eight over a day."""
    schedules = replace(context.retries, delivery=RetrySchedule(**AT_ONCE, max_attempts=3))
    return replace(context, retries=schedules)


@pytest.fixture
async def project_id(pipeline: Pipeline) -> UUID:
    async with pipeline.sessions.begin() as session:
        return await projects.find_or_create(session, "default")


async def subscribe(
    pipeline: Pipeline, project_id: UUID, url: str, *asked: WebhookEvent, headers: dict[str, str] | None = None
) -> Webhook:
    async with pipeline.sessions.begin() as session:
        return await webhooks.create_webhook(
            session, project_id, url=url, events=asked or (COMPLETED,), description=None, headers=headers or {}
        )


async def emit(pipeline: Pipeline, project_id: UUID, call_id: UUID | None, **data: int) -> None:
    async with pipeline.sessions.begin() as session:
        await events.emit(session, project_id=project_id, event_type=COMPLETED, call_id=call_id, data=data)


async def log_of(pipeline: Pipeline, project_id: UUID, webhook: Webhook) -> tuple[Delivery, ...]:
    """Return the deliveries of a webhook, oldest first."""
    async with pipeline.sessions() as session:
        page = await deliveries.list_deliveries(session, project_id, webhook.id, PageRequest(limit=50))
    return page.items[::-1]


async def test_a_receiver_verifies_what_a_completed_analysis_sends(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    webhook = await subscribe(pipeline, project_id, server.serve("/hook", Reply()), headers={"X-Team": "desk"})
    call = await ingest_call(pipeline.sessions, recording_url=server.serve("/a", Reply(body=tone_wav(seconds=0.5))))

    await pipeline.run()

    (request,) = [request for request in server.requests if request.path == "/hook"]
    body = Receiver(webhook.signing_secret).verify(request.body, dict(request.headers))
    analysis = await pipeline.analysis(call)
    ids = {"callId": str(call.id), "callAnalysisJobId": str(analysis.id), "projectId": str(project_id)}
    assert (body["event"], body["version"], body["data"]) == ("call.analysis.completed", "1.0", ids)
    expected = hmac.new(webhook.signing_secret.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-roark-signature"] == f"sha256={expected}"
    assert (request.method, request.headers["x-team"]) == ("POST", "desk")
    (delivery,) = await log_of(pipeline, project_id, webhook)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DELIVERED, 1)
    assert request.headers["webhook-id"] == deliveries.message_id_of(delivery)


async def test_failed_and_cancelled_analyses_are_told_too(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    asked = (WebhookEvent.CALL_ANALYSIS_FAILED, WebhookEvent.CALL_ANALYSIS_CANCELLED)
    await subscribe(pipeline, project_id, server.serve("/hook", Reply()), *asked)
    failing = await ingest_call(pipeline.sessions, recording_url=server.serve("/no", Reply(status=404)))
    await pipeline.run()
    deleted = await ingest_call(pipeline.sessions, recording_url=server.url("/no"), external_id="second")
    async with pipeline.sessions.begin() as session:
        await calls.delete_call(session, project_id, deleted.id, now=pipeline.context.clock.now())
    await pipeline.run()

    failed, cancelled = [json.loads(request.body) for request in server.requests if request.path == "/hook"]
    assert (failed["event"], failed["data"]["callId"]) == ("call.analysis.failed", str(failing.id))
    assert failed["data"]["errorMessage"] == (await pipeline.analysis(failing)).reason
    assert (cancelled["event"], cancelled["data"]["callId"]) == ("call.analysis.cancelled", str(deleted.id))


async def test_nothing_is_sent_of_what_was_not_committed(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    await subscribe(pipeline, project_id, server.serve("/hook", Reply()))
    async with pipeline.sessions() as session:
        await events.emit(session, project_id=project_id, event_type=COMPLETED, call_id=None, data={})
        await session.rollback()

    await pipeline.run()

    assert server.requests == []


async def test_only_who_asked_is_told(pipeline: Pipeline, server: RecordingServer, project_id: UUID) -> None:
    async with pipeline.sessions.begin() as session:
        other_id = await projects.find_or_create(session, "other")
    await subscribe(pipeline, other_id, server.serve("/other", Reply()))
    await subscribe(pipeline, project_id, server.serve("/failures", Reply()), WebhookEvent.CALL_ANALYSIS_FAILED)

    await emit(pipeline, project_id, None)
    await pipeline.run()

    assert server.requests == []


async def test_repeats_bear_the_same_id_and_body_until_the_last_try_is_dead_and_can_be_replayed(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    webhook = await subscribe(pipeline, project_id, server.serve("/hook", Reply(status=500)))
    await emit(pipeline, project_id, None, number=1)

    await pipeline.run()

    (dead,) = await log_of(pipeline, project_id, webhook)
    assert (dead.status, dead.attempt_count, server.count("/hook")) == (DeliveryStatus.DEAD, 3, 3)
    assert len({(request.headers["webhook-id"], request.body) for request in server.requests}) == 1
    async with pipeline.sessions() as session:
        tries = await deliveries.list_attempts(session, project_id, webhook.id, dead.id)
    assert [attempt.http_status for attempt in tries] == [500, 500, 500]

    server.serve("/hook", Reply())
    async with pipeline.sessions.begin() as session:
        now = pipeline.context.clock.now()
        assert await deliveries.replay_dead(session, project_id, webhook.id, now=now) == 1
    await pipeline.run()

    (replayed,) = await log_of(pipeline, project_id, webhook)
    assert replayed.status is DeliveryStatus.DELIVERED
    assert server.requests[-1].headers["webhook-id"] == deliveries.message_id_of(dead)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429])
async def test_whatever_is_not_2xx_is_no_delivery(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID, status: int
) -> None:
    reply = Reply(status=status, headers={"location": server.serve("/elsewhere", Reply())})
    webhook = await subscribe(pipeline, project_id, server.serve("/hook", reply))
    await emit(pipeline, project_id, None)

    await pipeline.run()

    (delivery,) = await log_of(pipeline, project_id, webhook)
    assert delivery.status is DeliveryStatus.DEAD
    assert server.count("/elsewhere") == 0


async def test_a_receiver_in_a_forbidden_network_is_given_up_at_once_with_the_reason(
    pipeline: Pipeline, project_id: UUID
) -> None:
    webhook = await subscribe(pipeline, project_id, "http://169.254.169.254/latest/meta-data")
    await emit(pipeline, project_id, None)

    await pipeline.run()

    (delivery,) = await log_of(pipeline, project_id, webhook)
    async with pipeline.sessions() as session:
        (attempt,) = await deliveries.list_attempts(session, project_id, webhook.id, delivery.id)
    assert delivery.status is DeliveryStatus.DEAD
    assert attempt.error is not None
    assert "not public" in attempt.error


async def test_events_of_one_call_keep_their_order_when_the_first_must_be_repeated(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    statuses = iter([500, 503])

    def answer(_: SeenRequest) -> Reply:
        return Reply(status=next(statuses, 200))

    await subscribe(pipeline, project_id, server.serve("/hook", answer))
    call_id = new_id()
    for number in range(3):
        await emit(pipeline, project_id, call_id, number=number)

    await pipeline.run()

    numbers = [json.loads(request.body)["data"]["number"] for request in server.requests]
    assert numbers == [0, 0, 0, 1, 2]


async def test_the_next_of_a_call_waits_no_longer_once_the_first_is_dead(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    def answer(request: SeenRequest) -> Reply:
        return Reply(status=500 if json.loads(request.body)["data"]["number"] == 0 else 200)

    webhook = await subscribe(pipeline, project_id, server.serve("/hook", answer))
    call_id = new_id()
    for number in range(2):
        await emit(pipeline, project_id, call_id, number=number)

    await pipeline.run()

    assert [one.status for one in await log_of(pipeline, project_id, webhook)] == [
        DeliveryStatus.DEAD,
        DeliveryStatus.DELIVERED,
    ]


async def test_a_receiver_that_hangs_holds_nobody_else_up(
    context: PipelineContext, database_url: str, pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    arrived = asyncio.Event()

    def note(_: SeenRequest) -> Reply:
        if server.count("/prompt") == 5:
            arrived.set()
        return Reply()

    await subscribe(pipeline, project_id, server.serve("/hanging", Reply(head_drip_s=3600.0)))
    await subscribe(pipeline, project_id, server.serve("/prompt", note))
    # More than there are hands: each of them would be held for the ten seconds a receiver may take.
    for _ in range(3 * RULES.delivery_concurrency):
        await emit(pipeline, project_id, new_id())

    stop = asyncio.Event()
    app = create_app(context, database_url=database_url)
    working = asyncio.create_task(run_worker(app, context, RULES, told_to_stop=stop))
    await arrived.wait()
    stop.set()
    await working

    async with pipeline.sessions() as session:
        query = text("SELECT count(*) FROM webhook_attempt WHERE error IS NOT NULL")
        assert (await session.execute(query)).scalar_one() == 0


async def test_a_try_whose_worker_died_before_recording_it_is_made_again(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await subscribe(pipeline, project_id, server.serve("/hook", Reply()))
    await emit(pipeline, project_id, None)
    settle, failures = deliveries.settle, iter([psycopg.OperationalError("the connection is lost")])

    async def settle_the_second(*args: object, **options: object) -> object:
        for failure in failures:
            raise failure
        return await settle(*args, **options)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(deliveries, "settle", settle_the_second)
    await pipeline.run()
    async with pipeline.sessions.begin() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    await pipeline.run()

    (delivery,) = await log_of(pipeline, project_id, webhook)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DELIVERED, 1)
    assert [request.headers["webhook-id"] for request in server.requests] == [deliveries.message_id_of(delivery)] * 2


async def test_a_webhook_that_keeps_failing_leaves_the_line_of_the_prompt(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    await subscribe(pipeline, project_id, server.serve("/hook", Reply(status=500)))
    await emit(pipeline, project_id, None)
    await pipeline.run()

    await emit(pipeline, project_id, None)

    async with pipeline.sessions() as session:
        query = text("SELECT queue_name FROM procrastinate_jobs WHERE status = 'todo'")
        assert list((await session.execute(query)).scalars()) == ["event_retries"]


async def test_the_log_is_cleared_of_what_is_old_and_settled(
    pipeline: Pipeline, server: RecordingServer, project_id: UUID
) -> None:
    webhook = await subscribe(pipeline, project_id, server.serve("/hook", Reply()))
    await emit(pipeline, project_id, None)
    await pipeline.run()
    await emit(pipeline, project_id, None)
    async with pipeline.sessions.begin() as session:
        await session.execute(text("UPDATE webhook_delivery SET created_at = now() - interval '31 days'"))

    await expire_deliveries(pipeline.context)

    assert [one.status for one in await log_of(pipeline, project_id, webhook)] == [DeliveryStatus.WAITING]


async def test_an_analysis_is_told_of_once_however_often_it_is_cancelled(
    pipeline: Pipeline, project_id: UUID, server: RecordingServer
) -> None:
    webhook = await subscribe(
        pipeline, project_id, server.serve("/hook", Reply()), WebhookEvent.CALL_ANALYSIS_CANCELLED
    )
    call = await ingest_call(pipeline.sessions, recording_url=server.url("/a"))
    for _ in range(2):
        async with pipeline.sessions.begin() as session:
            await analyses.cancel(session, project_id=project_id, call_ids=[call.id], at=pipeline.context.clock.now())

    assert len(await log_of(pipeline, project_id, webhook)) == 1
