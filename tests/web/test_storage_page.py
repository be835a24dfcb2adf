"""The page of what is kept: how much, for how long, what goes next, and having it go now."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from callscope.core.ids import new_id
from callscope.core.project_rules import ProjectRules
from callscope.core.roles import Role
from callscope.pipeline.lifetimes import apply_retention
from callscope.services import calls as call_service
from callscope.services import lifetimes, project_rules, visits
from callscope.storage import accounts
from callscope.web.page_route import SESSION_COOKIE
from tests.support.built_calls import build_call, build_whole_call
from tests.support.pages import form_token_of, text_of
from tests.web.conftest import Calls, SettableClock

STORAGE = "/settings/storage"


async def become(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, role: Role, *, is_operator: bool = False
) -> httpx.AsyncClient:
    """Sign the browser in as a new account of that role."""
    async with calls.wiring.sessions.begin() as session:
        columns = {"id": new_id(), "email": f"{role}@callscope.test", "name": role, "is_operator": is_operator}
        account = await accounts.add(session, columns | {"password_digest": None})
        assert account
        await accounts.set_role(session, account.id, project_id, role)
        now = calls.wiring.clock.now()
        secret = await visits.begin(session, project_id, account_id=account.id, user_agent="", now=now)
    browser.cookies.set(SESSION_COOKIE, secret, domain="callscope.test")
    return browser


@pytest.fixture
async def admin(visitor: httpx.AsyncClient, calls: Calls, project_id: UUID) -> httpx.AsyncClient:
    """A browser of an admin of the test project."""
    return await become(visitor, calls, project_id, Role.ADMIN)


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    token = form_token_of((await browser.get("/calls")).text)
    return await browser.post(path, data={"form_token": token, **fields})


async def add_old_call(calls: Calls, project_id: UUID, clock: SettableClock, *, days: int) -> UUID:
    """Store a whole call that came in so many days ago."""
    at = clock.now() - timedelta(days=days)
    call = build_call(project_id=project_id, external_id=None, created_at=at)
    call_id = await calls.add(build_whole_call(project_id=project_id, call=call))
    async with calls.wiring.sessions.begin() as session:
        await session.execute(text("UPDATE call SET created_at = :at WHERE id = :id"), {"at": at, "id": call_id})
        await session.execute(text("UPDATE analysis SET status = 'COMPLETED' WHERE call_id = :id"), {"id": call_id})
    return call_id


async def set_rules(calls: Calls, project_id: UUID, **days: int) -> ProjectRules:
    async with calls.wiring.sessions.begin() as session:
        return await project_rules.change_rules(session, project_id, days)


async def test_what_is_kept_is_counted(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    await calls.add(build_whole_call(project_id=project_id))
    await calls.add_key("another's", project="another")
    page = (await browser.get(f"{STORAGE}/kept")).text
    assert "default 1 1 4 bytes 1" in text_of(page)
    assert "another" not in page
    assert "hx-get" in (await browser.get(STORAGE)).text


async def test_who_runs_the_installation_sees_every_project(
    visitor: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    await calls.add(build_whole_call(project_id=project_id))
    await calls.add_key("another's", project="another")
    operator = await become(visitor, calls, project_id, Role.ADMIN, is_operator=True)
    page = text_of((await operator.get(f"{STORAGE}/kept")).text)
    assert "default 1 1 4 bytes 1" in page
    assert "another 0 0 0 bytes 0 0 bytes 0 0 0 bytes" in page


async def test_sizes_are_shared_out_by_number(calls: Calls, project_id: UUID) -> None:
    other_id = await calls.add_key("another's", project="another")
    for owner in (project_id, other_id, other_id):
        call = build_call(project_id=owner, external_id=None)
        await calls.add(build_whole_call(project_id=owner, call=call))
    async with calls.wiring.reads() as session:
        kept = {each.project_id: each for each in await lifetimes.kept_of_every_project(session)}
        assert kept[project_id] == await lifetimes.kept_of_project(session, project_id)
    assert kept[other_id].transcript_bytes == pytest.approx(2 * kept[project_id].transcript_bytes, abs=1)
    assert kept[project_id].transcript_bytes > 0
    assert kept[project_id].recording_bytes == 4


async def test_rules_are_set_and_lifted(admin: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    answer = await post(admin, f"{STORAGE}/rules", recordings="30", transcripts=" 365 ", traces="")
    assert answer.headers["location"] == STORAGE
    page = (await admin.get(STORAGE)).text
    assert 'name="recordings" type="text" value="30"' in page
    assert 'name="transcripts" type="text" value="365"' in page
    await post(admin, f"{STORAGE}/rules", recordings="", transcripts="365", traces="7")
    async with calls.wiring.reads() as session:
        rules = await project_rules.read_rules(session, project_id)
    assert rules == ProjectRules(transcript_retention_days=365, trace_retention_days=7)


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "a week", "36501", "٣"])
async def test_days_that_are_none_say_what_to_write(
    admin: httpx.AsyncClient, calls: Calls, project_id: UUID, days: str
) -> None:
    answer = await post(admin, f"{STORAGE}/rules", recordings=days, transcripts="30")
    assert answer.status_code == 400
    assert "Give a whole number from 1 to 36500, or nothing." in answer.text
    assert f'name="recordings" type="text" value="{days}"' in answer.text
    async with calls.wiring.reads() as session:
        assert await project_rules.read_rules(session, project_id) == ProjectRules()


async def test_what_goes_next_is_what_the_sweep_removes(
    admin: httpx.AsyncClient, calls: Calls, project_id: UUID, clock: SettableClock
) -> None:
    await add_old_call(calls, project_id, clock, days=40)
    await add_old_call(calls, project_id, clock, days=20)
    deleted_id = await add_old_call(calls, project_id, clock, days=0)
    async with calls.wiring.sessions.begin() as session:
        await call_service.delete_calls(session, project_id, [deleted_id], now=clock.now())
    rules = await set_rules(calls, project_id, recording_retention_days=30, transcript_retention_days=10)
    page = text_of((await admin.get(STORAGE)).text)
    assert "1 recording, 4 bytes" in page
    assert "2 calls lose their words" in page
    assert "1 deleted call, with everything that is left of it" in page
    await apply_retention(replace(calls.wiring.pipeline_context(), clock=clock))
    async with calls.wiring.reads() as session:
        sweep = await lifetimes.next_sweep(session, project_id, rules, longest_trace_days=30, now=clock.now())
    assert (sweep.recording_count, sweep.wordless_call_count, sweep.deleted_call_count) == (0, 0, 1)


async def test_nothing_past_its_time_offers_no_deletion(admin: httpx.AsyncClient) -> None:
    page = (await admin.get(STORAGE)).text
    assert "Nothing is past its time." in page
    assert f"{STORAGE}/sweep" not in page


async def test_deleting_now_queues_each_sweep_once(admin: httpx.AsyncClient, calls: Calls) -> None:
    for _ in range(2):
        answer = await post(admin, f"{STORAGE}/sweep")
        assert answer.headers["location"] == f"{STORAGE}?is_sweeping=true"
    assert "A worker deletes what is past its time now." in (await admin.get(answer.headers["location"])).text
    async with calls.wiring.reads() as session:
        rows = await session.execute(text("SELECT task_name FROM procrastinate_jobs WHERE queue_name = 'lifetimes'"))
        assert sorted(rows.scalars()) == ["call.remove", "retention.apply"]


@pytest.mark.parametrize(("minute", "hour"), [(16, 2), (17, 3), (40, 3)])
async def test_the_next_sweep_is_told_ahead(
    calls: Calls, project_id: UUID, clock: SettableClock, minute: int, hour: int
) -> None:
    now = clock.now().replace(hour=2, minute=minute)
    async with calls.wiring.reads() as session:
        sweep = await lifetimes.next_sweep(session, project_id, ProjectRules(), longest_trace_days=30, now=now)
    assert sweep.at == now.replace(hour=hour, minute=17)
