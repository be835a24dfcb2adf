"""Overview and agents: figures of many calls, each leading to the calls behind it."""

import html
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from callscope.core.call import CallAgent, EndedStatus
from callscope.core.fleet import FleetScope
from callscope.core.ids import new_id
from callscope.services import agent_catalogue, fleet
from callscope.storage import fleet as fleet_storage
from callscope.web.views.agents import diff_prompts
from tests.support.built_calls import SCRIPT, Line, build_call, build_tool, build_whole_call
from tests.support.pages import text_of
from tests.web.conftest import Calls, SettableClock

QUICK = (SCRIPT[0], SCRIPT[1], Line(SCRIPT[0].role, 9900, 12_000, "Yes."))
SLOW = (SCRIPT[0], SCRIPT[1], Line(SCRIPT[0].role, 13_400, 15_000, "Yes."))


async def add(calls: Calls, project_id: UUID, *, days_ago: float, script: tuple[Line, ...], **changes: Any) -> UUID:
    started_at = calls.wiring.clock.now() - timedelta(days=days_ago)
    name = changes.pop("agent", "Front desk")
    agent = CallAgent(
        id=new_id(), participant_id=new_id(), name=name, custom_id=name.lower(), endpoint=None, prompt_id=None
    )
    tools = changes.pop("tools", ())
    call = build_call(
        project_id=project_id,
        **{"external_id": None, "started_at": started_at, "created_at": started_at, "agents": (agent,), **changes},
    )
    return await calls.add(build_whole_call(project_id=project_id, script=script, call=call, tools=tools))


@pytest.fixture
async def week(calls: Calls, project_id: UUID) -> None:
    """Two calls yesterday, one a week before, one that broke down."""
    await add(calls, project_id, days_ago=0.3, script=SLOW, tools=(build_tool(result=""), build_tool()))
    await add(calls, project_id, days_ago=0.4, script=QUICK, agent="Billing")
    await add(calls, project_id, days_ago=7.3, script=QUICK)
    await add(calls, project_id, days_ago=0.5, script=SCRIPT, agent="Billing", ended_status=EndedStatus.AGENT_ERROR)


@pytest.mark.usefixtures("week")
async def test_the_overview_tells_the_day_and_the_week_before(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/overview")).text
    text = text_of(page)
    assert "Calls 3 ↑ from 1 the week before" in text
    assert re.search(r"Response p95 3\.\d\d s ↑ from 500 ms the week before", text)
    assert "Barge-ins failed 50.0% 1 of 2" in text
    assert "Tools failed 50.0% 1 of 2" in text
    assert "Broken down 33.3% 1 of 3" in text


@pytest.mark.usefixtures("week")
async def test_every_figure_opens_the_calls_behind_it(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/overview")).text
    figures = re.findall(r'<dt>([^<]+)</dt>\s*<dd>\s*<a class="figure-value" href="([^"]+)"', page)
    counts = {}
    for label, href in figures:
        listed = text_of((await browser.get(html.unescape(href))).text)
        found = re.search(r"([\d,]+) calls?, ", listed)
        assert found, href
        counts[label] = int(found[1])
    assert counts == {
        "Calls": 3,
        "Response p50": 3,
        "Response p95": 3,
        "Barge-ins failed": 1,
        "Tools failed": 1,
        "Broken down": 1,
    }
    rows = re.findall(r'<tr><td><a href="(/calls\?[^"]+)">', page)
    listed = [re.findall(r'class="open"', (await browser.get(html.unescape(row))).text) for row in rows[:24]]
    assert sum(len(found) for found in listed) == 3


@pytest.mark.usefixtures("week")
async def test_what_is_drawn_is_what_the_table_says(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/overview?period=week")).text
    found = re.search(r'id="response-document">(.*?)</script>', page, re.DOTALL)
    assert found
    document = json.loads(found[1])
    assert [series["label"] for series in document["series"]] == ["p50", "p95", "p95 compared"]
    assert len(document["times_s"]) == 28
    p95 = [value for value in document["series"][1]["values"] if value is not None]
    table = text_of(page.split('id="chart-response"')[1].split("</table>")[0])
    assert p95
    assert all(f"{value / 1000:.2f} s" in table or f"{value:.0f} ms" in table for value in p95)


async def test_a_quiet_day_says_so(browser: httpx.AsyncClient) -> None:
    for path in ("/overview", "/agents"):
        assert "in the last 24 hours" in text_of((await browser.get(path)).text)


@pytest.mark.usefixtures("week")
async def test_agents_stand_side_by_side_and_alone(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, clock: SettableClock
) -> None:
    page = text_of((await browser.get("/agents")).text)
    assert "Billing 2" in page
    assert "Front desk 1" in page
    now = clock.now()
    scope = FleetScope(project_id=project_id, since=now - timedelta(days=1), until=now)
    async with calls.wiring.reads() as session:
        agents = {one.name: str(one.agent_id) for one in await fleet.by_agent(session, scope)}
    alone = text_of((await browser.get(f"/agents/{agents['Billing']}?period=day")).text)
    assert "Calls 2 ↑ from 0 the week before" in alone
    assert "Agent error 1 50 %" in alone
    beside = await browser.get(f"/agents/{agents['Billing']}?period=day&against=agent:{agents['Front desk']}")
    assert "Calls 2 ↑ from 1 Front desk" in text_of(beside.text)
    assert (await browser.get(f"/agents/{new_id()}")).status_code == 404
    assert (await browser.get(f"/agents/{agents['Billing']}?against=agent:x")).status_code == 400
    assert (await browser.get(f"/agents/{agents['Billing']}?against=luck")).status_code == 400


async def test_prompt_versions_show_what_changed_and_how_their_calls_went(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    async with calls.wiring.sessions.begin() as session:
        agent = await agent_catalogue.create_agent(
            session, project_id, name="Prompted", custom_id="prompted", description=None
        )
        await agent_catalogue.set_prompt(session, project_id, agent.id, "Be kind.\nBe brief.")
        await agent_catalogue.set_prompt(session, project_id, agent.id, "Be kind.\nBe very brief.")
    page = (await browser.get(f"/agents/{agent.id}")).text
    assert "<del>- Be brief.</del>" in page
    assert "<ins>+ Be very brief.</ins>" in page
    assert "Api managed 2" in text_of(page)


def test_a_difference_keeps_a_few_lines_around_it() -> None:
    before = "\n".join(str(at) for at in range(20))
    lines = diff_prompts(before, before.replace("10", "ten"))
    assert [(line.mark, line.text) for line in lines] == [
        ("", "…"),
        ("", "8"),
        ("", "9"),
        ("-", "10"),
        ("+", "ten"),
        ("", "11"),
        ("", "12"),
    ]


@pytest.mark.usefixtures("week")
async def test_percentiles_of_very_many_calls_are_those_of_a_fixed_sample(
    calls: Calls, project_id: UUID, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    scope = FleetScope(project_id=project_id, since=now - timedelta(days=28), until=now)
    monkeypatch.setattr(fleet_storage, "SAMPLED_CALLS", 1)
    async with calls.wiring.reads() as session:
        sampled = (await fleet.series(session, scope, bucket_count=7))[0]
        assert (await fleet.series(session, scope, bucket_count=7))[0] == sampled
    assert sampled.call_count == 4


async def test_another_projects_calls_count_for_nothing(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    stranger_id = await calls.add_key("of another project", project="another")
    await add(calls, stranger_id, days_ago=0.3, script=SLOW)
    assert project_id != stranger_id
    assert "No call was measured" in (await browser.get("/overview")).text
    assert "No agent had a measured call" in (await browser.get("/agents")).text
