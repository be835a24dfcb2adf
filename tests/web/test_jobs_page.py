"""The page of the jobs: what failed and why is seen, and tried again by who may."""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from callscope.core.analysis import AnalysisStatus, Stage
from callscope.core.failed_work import WorkKind
from callscope.core.ids import new_id
from callscope.core.integration import Integration
from callscope.core.jobs import QUEUE_OF_JOB
from callscope.core.metric_policy import CollectionTrigger
from callscope.core.permissions import PERMISSIONS
from callscope.core.webhook import DeliveryAttempt, WebhookEvent
from callscope.services import analyses, deliveries, failed_work, metric_collection, webhooks
from callscope.storage import collection_jobs, integration_messages
from callscope.storage.integration_messages import StoredMessage
from callscope.web.views.jobs import KIND_LABELS, QUEUE_LABELS
from tests.support.built_calls import build_analysis, build_call, build_whole_call
from tests.support.pages import form_token_of, sign_in, text_of
from tests.web.conftest import Calls, SettableClock

JOBS = "/settings/jobs"
REASON = "The server answered 404 instead of the file."


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    token = form_token_of((await browser.get("/calls")).text)
    return await browser.post(path, data={"form_token": token, **fields})


async def add_failed_analysis(calls: Calls, project_id: UUID, **changes: object) -> tuple[UUID, UUID]:
    """Store a call whose analysis failed; return the call's id and the analysis's."""
    call = build_call(project_id=project_id, external_id=None)
    record = build_whole_call(project_id=project_id, call=call)
    call_id = await calls.add(record)
    analysis = build_analysis(record.call, AnalysisStatus.FAILED, reason=REASON, **changes)
    await calls.set_analysis(call_id, analysis)
    async with calls.wiring.reads() as session:
        return call_id, (await analyses.latest(session, project_id, call_id)).id


async def test_a_quiet_installation_says_so(browser: httpx.AsyncClient) -> None:
    page = text_of((await browser.get(JOBS)).text)
    assert "Nothing in default was given up." in page
    assert "Nothing waits for another try." in page
    assert "Nothing runs at this moment." in page
    assert "No worker gave a sign of life within a minute" in page
    assert f"All are empty: {'; '.join(QUEUE_LABELS.values())}." in page


def test_every_line_and_kind_has_words() -> None:
    assert set(QUEUE_LABELS) == set(QUEUE_OF_JOB.values())
    assert set(KIND_LABELS) == set(WorkKind)
    assert {kind.permission for kind in WorkKind} <= PERMISSIONS


async def test_a_failed_analysis_shows_call_and_reason_and_is_tried_again(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    call_id, analysis_id = await add_failed_analysis(calls, project_id)
    page = (await browser.get(JOBS)).text
    assert f'href="/calls/{call_id}"' in page
    assert REASON in text_of(page)
    assert "Fetching a recording" in text_of(page)
    assert (await post(browser, f"{JOBS}/fetch/{analysis_id}/retry")).headers["location"] == JOBS
    assert "Nothing in default was given up." in text_of((await browser.get(JOBS)).text)
    async with calls.wiring.reads() as session:
        history = await analyses.history(session, project_id, call_id)
    assert [one.status for one in history] == [AnalysisStatus.QUEUED, AnalysisStatus.FAILED]


async def test_all_of_a_kind_are_tried_again_and_no_others(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    fetches = [await add_failed_analysis(calls, project_id) for _ in range(3)]
    measured = await add_failed_analysis(calls, project_id, stage=Stage.MEASURE)
    page = (await browser.get(JOBS)).text
    assert "Try 3 again?" in text_of(page)
    narrowed = (await browser.get(f"{JOBS}?kind=measure")).text
    assert str(measured[0]) in narrowed
    assert str(fetches[0][0]) not in narrowed
    assert (await post(browser, f"{JOBS}/fetch/retry")).status_code == 303
    async with calls.wiring.reads() as session:
        assert await failed_work.count_given_up(session, project_id) == {WorkKind.MEASURE: 1}


async def test_what_is_tried_again_by_itself_says_when_and_why(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, clock: SettableClock
) -> None:
    record = build_whole_call(project_id=project_id)
    call_id = await calls.add(record)
    later = clock.now() + timedelta(minutes=5)
    postponed = build_analysis(
        record.call, AnalysisStatus.RUNNING, reason=REASON, attempt_count=2, next_attempt_at=later
    )
    await calls.set_analysis(call_id, postponed)
    page = (await browser.get(JOBS)).text
    assert later.isoformat() in page
    assert REASON in text_of(page)
    assert f'href="/calls/{call_id}"' in page
    assert "Nothing in default was given up." in text_of(page)


@dataclass(frozen=True)
class Failures:
    """One failure of every other kind."""

    collection_id: UUID
    message_id: UUID
    delivery_id: UUID


@pytest.fixture
async def failures(calls: Calls, project_id: UUID, clock: SettableClock) -> Failures:
    call_id = await calls.add(build_whole_call(project_id=project_id))
    now = clock.now()
    async with calls.wiring.sessions.begin() as session:
        collection = await metric_collection.create_job(
            session,
            project_id,
            call_ids=[call_id],
            metrics=["call_outcome"],
            policy_id=None,
            triggered_by=CollectionTrigger.USER_API,
            now=now,
        )
        await collection_jobs.fail_pending(session, collection.id, error="The judge was away for too long.", at=now)
        await metric_collection.finish(session, collection, now=now)
        message_id = await add_message_set_aside(calls, project_id, clock)
        webhook = await webhooks.create_webhook(
            session,
            project_id,
            url="https://example.com/hook",
            events=(WebhookEvent.CALL_ANALYSIS_FAILED,),
            description=None,
            headers={},
        )
        delivery = await deliveries.send_test(session, project_id, webhook.id)
        attempt = DeliveryAttempt(started_at=now, duration_ms=20, http_status=500, error=None)
        await deliveries.settle(session, delivery, attempt, at=now, next_attempt_at=None)
    return Failures(collection_id=collection.id, message_id=message_id, delivery_id=delivery.id)


async def add_message_set_aside(calls: Calls, project_id: UUID, clock: SettableClock) -> UUID:
    message = StoredMessage(
        id=new_id(),
        project_id=project_id,
        api_key_id=None,
        integration=Integration.VAPI,
        call_ref="1",
        body=b"{}",
        received_at=clock.now(),
    )
    async with calls.wiring.sessions.begin() as session:
        await integration_messages.add(session, message)
        await integration_messages.mark_handled(
            session, message.id, at=clock.now(), call_id=None, fault="It has no time of its start."
        )
    return message.id


async def test_every_kind_of_failure_is_seen_and_tried_again(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, failures: Failures
) -> None:
    page = text_of((await browser.get(JOBS)).text)
    for reason in (
        "The judge was away for too long.",
        "It has no time of its start.",
        "The receiver answered 500.",
    ):
        assert reason in page
    for kind, work_id in (
        (WorkKind.METRICS, failures.collection_id),
        (WorkKind.MESSAGE, failures.message_id),
        (WorkKind.DELIVERY, failures.delivery_id),
    ):
        assert (await post(browser, f"{JOBS}/{kind}/{work_id}/retry")).status_code == 303, kind
    async with calls.wiring.reads() as session:
        assert await failed_work.count_given_up(session, project_id) == {}


async def test_another_projects_failures_are_neither_seen_nor_tried_again(
    visitor: httpx.AsyncClient, calls: Calls, project_id: UUID, failures: Failures
) -> None:
    call_id, analysis_id = await add_failed_analysis(calls, project_id)
    await calls.add_key("of another", project="another")
    await sign_in(visitor, "of another")
    page = (await visitor.get(JOBS)).text
    assert "Nothing in another was given up." in text_of(page)
    assert str(call_id) not in page
    for kind, work_id in (
        (WorkKind.FETCH, analysis_id),
        (WorkKind.METRICS, failures.collection_id),
        (WorkKind.MESSAGE, failures.message_id),
        (WorkKind.DELIVERY, failures.delivery_id),
    ):
        assert (await post(visitor, f"{JOBS}/{kind}/{work_id}/retry")).status_code == 404, kind
        assert (await post(visitor, f"{JOBS}/{kind}/retry")).status_code == 303
    async with calls.wiring.reads() as session:
        assert len(await failed_work.count_given_up(session, project_id)) == 4


async def test_who_may_not_change_webhooks_sees_their_failures_without_a_button(
    visitor: httpx.AsyncClient, calls: Calls, failures: Failures
) -> None:
    member = frozenset(each for each in PERMISSIONS if each != "webhook:update")
    await calls.add_key("no webhooks", permissions=member)
    await sign_in(visitor, "no webhooks")
    page = (await visitor.get(JOBS)).text
    assert "The receiver answered 500." in text_of(page)
    assert f"/{failures.delivery_id}/retry" not in page
    assert f"/{failures.message_id}/retry" in page
    assert (await post(visitor, f"{JOBS}/delivery/{failures.delivery_id}/retry")).status_code == 403
    assert (await post(visitor, f"{JOBS}/delivery/retry")).status_code == 403


async def test_a_long_list_has_pages(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    now = calls.wiring.clock.now()
    async with calls.wiring.sessions.begin() as session:
        for index in range(55):
            message = StoredMessage(
                id=new_id(),
                project_id=project_id,
                api_key_id=None,
                integration=Integration.VAPI,
                call_ref=str(index),
                body=b"{}",
                received_at=now,
            )
            await integration_messages.add(session, message)
            at = now - timedelta(seconds=index // 2)
            await integration_messages.mark_handled(session, message.id, at=at, call_id=None, fault="No.")
    first = (await browser.get(f"{JOBS}?kind=message")).text
    second = (await browser.get(following(first))).text
    ids = [re.findall(r"/message/([0-9a-f-]{36})/retry", page) for page in (first, second)]
    assert [len(each) for each in ids] == [50, 5]
    assert not set(ids[0]) & set(ids[1])
    assert (await browser.get(f"{JOBS}?after=nonsense")).status_code == 400


def following(page: str) -> str:
    found = re.search(r'href="([^"]+)" rel="next"', page)
    assert found
    return found[1].replace("&amp;", "&")
