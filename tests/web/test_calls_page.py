import dataclasses
import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from callscope.core.analysis import AnalysisStatus
from callscope.core.call import CallCustomer, CallDirection, CallStatus, EndedStatus
from callscope.core.ids import new_id
from callscope.services import call_figures
from callscope.services import export as export_service
from tests.support.built_calls import (
    SCRIPT,
    STARTED_AT,
    Line,
    build_analysis,
    build_call,
    build_tool,
    build_whole_call,
)
from tests.support.pages import form_token_of, text_of
from tests.web.conftest import Calls

HOSTILE = '<script>alert("x")</script>&"\''


async def add(calls: Calls, project_id: UUID, *, script: tuple[Line, ...] = SCRIPT, **changes: Any) -> UUID:
    """Add an analysed call; `tools` and `analysis` are the record's, all else the call's."""
    parts = {name: changes.pop(name) for name in ("tools", "analysis") if name in changes}
    call = build_call(project_id=project_id, **{"external_id": None, **changes})
    return await calls.add(build_whole_call(project_id=project_id, script=script, call=call, **parts))


def shown_ids(page: str) -> list[str]:
    """Return the calls of the table in their order."""
    return list(dict.fromkeys(re.findall(r'class="open" href="/calls/([0-9a-f-]{36})', page)))


def token_of(page: httpx.Response) -> dict[str, str]:
    return {"form_token": form_token_of(page.text)}


async def test_an_empty_project_shows_how_to_send_a_call(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/calls")
    assert "Send your first call" in page.text
    assert "curl http://callscope.test/v1/call" in text_of(page.text)
    assert 'Roark(base_url="http://callscope.test")' in text_of(page.text)


async def test_a_row_tells_what_matters(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    silent = build_tool(result="", end_offset_ms=None)
    call_id = await add(calls, project_id, tools=(build_tool(), silent))
    page = (await browser.get("/calls")).text
    row = text_of(page)
    for words in ("Front desk +14155550123", "47 s", "3.14 s very slow", "1 of 2", "Customer ended call", "Analysed"):
        assert words in row
    assert shown_ids(page) == [str(call_id)]
    assert re.search(
        r'aria-label="agent speaks \d+ % of the call, customer \d+ %, 3 slow answers, 1 failed barge-in"', page
    )


async def test_calls_come_newest_first_page_by_page(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    made = [
        str(await add(calls, project_id, script=SCRIPT[:1], started_at=STARTED_AT - timedelta(hours=hours)))
        for hours in range(53)
    ]
    first = (await browser.get("/calls")).text
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following
    second = (await browser.get(following[1].replace("&amp;", "&"))).text
    assert shown_ids(first) + shown_ids(second) == made
    assert "First page" in second
    assert 'rel="next"' not in second


async def test_every_value_is_a_way_to_filter_by_it(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    gold = await add(calls, project_id, properties={"plan_tier": "gold"}, ended_status=EndedStatus.AGENT_ERROR)
    other = CallCustomer(id=new_id(), phone_number_e164="+442071838750", label=None)
    free = await add(calls, project_id, properties={"plan_tier": "free"}, customers=(other,))
    browser.cookies.set("callscope_columns", "customer.ended.properties.agent")
    page = (await browser.get("/calls")).text
    links = {unquote(link.replace("&amp;", "&")) for link in re.findall(r'class="filter-by[^"]*" href="([^"]+)"', page)}
    expected = {
        "/calls?properties[plan_tier]=gold": [gold],
        "/calls?properties[plan_tier]=free": [free],
        "/calls?endedStatus=AGENT_ERROR": [gold],
        "/calls?customerPhoneNumber=+442071838750": [free],
    }
    assert set(expected) <= {link.replace("%2B", "+") for link in links}
    for address, ids in expected.items():
        answer = (await browser.get(address.replace("=+", "=%2B"))).text
        assert shown_ids(answer) == [str(one) for one in ids], address
        assert 'class="chip"' in answer


@pytest.mark.parametrize(
    ("address", "chip"),
    [
        ("/calls?properties[plan_tier][not]=free", "plan tier is not free"),
        ("/calls?properties[attempt][gte]=2", "attempt is at least 2"),
        ("/calls?metric[failed_barge_in_count][gt]=0", "Failed barge-ins is over 0 barge-ins"),
        ("/calls?minDurationMs=30000", "At least 30 s"),
        ("/calls?startedAfter=2026-11-21T00:00:00Z", "Started from 2026-11-21 00:00:00 UTC"),
        ("/calls?callDirection=INBOUND", "Direction inbound"),
    ],
)
async def test_a_condition_stands_in_words_and_can_be_taken_away(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, address: str, chip: str
) -> None:
    call_id = await add(calls, project_id)
    page = (await browser.get(address)).text
    assert chip in text_of(page)
    assert shown_ids(page) == [str(call_id)]
    assert '<a href="/calls" aria-label="Remove' in page


@pytest.mark.parametrize("written", ["+1 (415) 555-0123", "415 555 0123", "0014155550123", "5550123"])
async def test_a_phone_number_is_found_however_it_is_written(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, written: str
) -> None:
    call_id = await add(calls, project_id)
    await add(calls, project_id, customers=(CallCustomer(id=new_id(), phone_number_e164="+14155550124", label=None),))
    assert shown_ids((await browser.get("/calls", params={"searchText": written})).text) == [str(call_id)]


async def test_words_are_marked_where_they_were_said(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    call_id = await add(calls, project_id)
    page = (await browser.get("/calls?searchText=charg+TWICE")).text
    assert "You were <mark>charged</mark> <mark>twice</mark> on the third" in page
    assert f'href="/calls/{call_id}?from=searchText%3Dcharg%2BTWICE#t=21.4"' in page
    fragment = await browser.get("/calls?searchText=charged", headers={"hx-request": "true"})
    assert "<html" not in fragment.text
    assert "1 call with “charged”" in text_of(fragment.text)
    assert "No call matches." in (await browser.get("/calls?searchText=xylophone")).text


async def hear_at(calls: Calls, project_id: UUID, call_id: UUID, *, score: float) -> None:
    """Have the voices of a call judged at a score."""
    score_them = text("UPDATE metric_value SET number = :score WHERE call_id = :id AND slug = 'speech_quality_overall'")
    async with calls.wiring.sessions.begin() as session:
        await session.execute(score_them, {"score": score, "id": call_id})
        await call_figures.refresh(session, project_id, call_id)


async def test_the_worst_come_first_and_only_those_with_the_fault(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    slow = (SCRIPT[0], SCRIPT[1], Line(SCRIPT[0].role, 14_400, 15_000, "Sorry."))
    slowest = await add(calls, project_id, script=slow)
    broken = await add(calls, project_id, script=SCRIPT[:1], ended_status=EndedStatus.AGENT_ERROR)
    whole = await add(calls, project_id, tools=(build_tool(result={"error": "no such account"}),))
    await hear_at(calls, project_id, slowest, score=3.5)
    await hear_at(calls, project_id, whole, score=1.5)
    expected = {
        "slowest": [slowest, whole],
        "barge-ins": [whole],
        "tools": [whole],
        "errors": [broken],
        "quality": [whole, slowest],
    }
    for worst, ids in expected.items():
        page = (await browser.get(f"/calls?worst={worst}")).text
        assert shown_ids(page) == [str(one) for one in ids], worst
    assert shown_ids((await browser.get("/calls?worst=slowest&callDirection=OUTBOUND")).text) == []


async def test_the_filter_form_leads_to_an_address_that_can_be_shared(browser: httpx.AsyncClient) -> None:
    sent = {
        "startedAfter": "2026-11-01",
        "minLength": "12.5",
        "agentId": "",
        "callDirection": "OUTBOUND",
        "property_name": "plan_tier",
        "property_comparison": "not",
        "property_value": "gold",
        "metric_name": "overtalk_ratio",
        "metric_comparison": "gt",
        "metric_value": "0.1",
    }
    answer = await browser.get("/calls/filter", params=sent)
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "/calls?startedAfter=2026-11-01&minDurationMs=12500&callDirection=OUTBOUND"
        "&properties[plan_tier][not]=gold&metric[overtalk_ratio][gt]=0.1"
    )
    wrong = await browser.get("/calls/filter", params={"minLength": "long"})
    assert (wrong.status_code, "must be a number of seconds" in wrong.text) == (400, True)


@pytest.mark.parametrize("query", ["status=gone", "worst=best", "sortBy=luck", "after=nonsense", "minDurationMs=x"])
async def test_a_list_that_cannot_be_read_says_why(browser: httpx.AsyncClient, query: str) -> None:
    answer = await browser.get(f"/calls?{query}")
    assert answer.status_code == 400
    assert f"`{query.partition('=')[0]}`" in text_of(answer.text)


async def test_columns_are_chosen_and_remembered(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    await add(calls, project_id)
    page = await browser.get("/calls")
    chosen = {"column": ["customer", "metric:overtalk_ratio", "nonsense"], "back": "/calls?callDirection=INBOUND"}
    answer = await browser.post("/calls/columns", data=chosen | token_of(page))
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls?callDirection=INBOUND")
    table = text_of((await browser.get("/calls")).text.split("<thead>")[1].split("</table")[0])
    assert table.startswith("Started Customer Overtalk")
    assert "%" in table
    elsewhere = await browser.post("/calls/columns", data={"back": "https://evil.test/x"} | token_of(page))
    assert elsewhere.headers["location"] == "/calls"


async def test_a_filter_is_saved_for_everybody_and_removed(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    await add(calls, project_id)
    page = await browser.get("/calls?callDirection=OUTBOUND&worst=slowest")
    form = {"name": "Slow  outbound", "query": "callDirection=OUTBOUND&worst=slowest"} | token_of(page)
    await browser.post("/calls/saved", data=form)
    listed = (await browser.get("/calls")).text
    assert '<a href="/calls?callDirection=OUTBOUND&amp;worst=slowest">Slow outbound</a>' in listed
    remove = re.search(r'action="(/calls/saved/[^"]+/remove)"', listed)
    assert remove
    await browser.post(remove[1], data=token_of(page))
    assert "Slow outbound" not in (await browser.get("/calls")).text
    assert (await browser.post(remove[1], data=token_of(page))).status_code == 404
    nameless = await browser.post("/calls/saved", data={"name": " ", "query": ""} | token_of(page))
    assert (nameless.status_code, "`name`" in text_of(nameless.text)) == (400, True)


async def test_what_is_filtered_can_be_taken_away_as_a_file(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    inbound = await add(calls, project_id)
    await add(calls, project_id, direction=CallDirection.OUTBOUND)
    page = (await browser.get("/calls?callDirection=INBOUND")).text
    links = [unescape(link) for link in re.findall(r'href="(/calls/export/[^"]+)"', page)]
    assert [link.split("?")[0] for link in links] == [f"/calls/export/{form}" for form in ("csv", "jsonl", "parquet")]
    lines, json_lines, parquet = [await browser.get(link) for link in links]
    assert [line.split(",")[0] for line in lines.text.splitlines()] == ["id", str(inbound)]
    assert lines.headers["content-disposition"] == 'attachment; filename="calls.csv"'
    assert json_lines.text.count("\n") == 1
    assert parquet.content.startswith(b"PAR1")


async def test_the_worst_calls_are_taken_away_in_their_order(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_service, "CALLS_PER_READ", 1)
    slow = (SCRIPT[0], SCRIPT[1], Line(SCRIPT[0].role, 14_400, 15_000, "Sorry."))
    slower = (SCRIPT[0], SCRIPT[1], Line(SCRIPT[0].role, 15_400, 16_000, "Sorry."))
    second = await add(calls, project_id, script=slow)
    await add(calls, project_id, script=SCRIPT[:1])
    first = await add(calls, project_id, script=slower)
    page = (await browser.get("/calls?worst=slowest")).text
    links = [unescape(link) for link in re.findall(r'href="(/calls/export/[^"]+)"', page)]
    lines, json_lines, parquet = [await browser.get(link) for link in links]
    assert [line.split(",")[0] for line in lines.text.splitlines()] == ["id", str(first), str(second)]
    assert [json.loads(line)["id"] for line in json_lines.text.splitlines()] == [str(first), str(second)]
    assert parquet.content.startswith(b"PAR1")


async def test_calls_under_way_stand_on_top(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    await add(calls, project_id)
    live_id = await add(calls, project_id, status=CallStatus.IN_PROGRESS, direction=CallDirection.OUTBOUND)
    page = (await browser.get("/calls")).text
    live = page.split('class="live"')[1].split("</section>")[0]
    assert re.findall(r'href="/calls/([^"]+)"', live) == [str(live_id)]
    assert "Live Front desk → +14155550123" in text_of(live)


async def test_many_calls_are_deleted_after_a_question_that_names_their_number(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    inbound = [str(await add(calls, project_id, script=SCRIPT[:1])) for _ in range(3)]
    outbound = [str(await add(calls, project_id, direction=CallDirection.OUTBOUND)) for _ in range(2)]
    question = await browser.get("/calls/selection", params={"call": inbound[:2]})
    assert "2 calls chosen" in text_of(question.text)
    assert shown_ids((await browser.get("/calls")).text) != []
    await browser.post("/calls/selection/delete", data={"call": inbound[:2]} | token_of(question))
    assert set(shown_ids((await browser.get("/calls")).text)) == {inbound[2], *outbound}
    all_outbound = {"all": "true", "query": "callDirection=OUTBOUND"}
    question = await browser.get("/calls/selection", params=all_outbound)
    assert "2 calls chosen" in text_of(question.text)
    answer = await browser.post("/calls/selection/delete", data=all_outbound | token_of(question))
    assert answer.headers["location"] == "/calls?callDirection=OUTBOUND"
    assert shown_ids((await browser.get("/calls")).text) == [inbound[2]]
    assert "No call was chosen" in (await browser.get("/calls/selection")).text


async def test_whoever_only_looks_can_neither_delete_nor_save(
    visitor: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    await add(calls, project_id)
    await calls.add_key("only looks", permissions=frozenset({"call:read"}))
    form = {"api_key": "only looks", **token_of(await visitor.get("/sign-in"))}
    await visitor.post("/sign-in", data=form)
    page = await visitor.get("/calls")
    assert 'type="checkbox" form="selection"' not in page.text
    assert (await visitor.get("/calls/selection")).status_code == 403
    for action in ("/calls/selection/delete", "/calls/saved"):
        assert (await visitor.post(action, data={"name": "x"} | token_of(page))).status_code == 403


async def test_a_failed_analysis_shows_its_reason(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    call = build_call(project_id=project_id, duration_ms=None)
    failed = build_analysis(call, AnalysisStatus.FAILED, reason="The server answered 404 Not Found.")
    record = build_whole_call(project_id=project_id, call=call, analysis=failed, values=(), conversation=None)
    await calls.add(dataclasses.replace(record, recording=None))
    text = text_of((await browser.get("/calls")).text)
    assert "Failed The server answered 404 Not Found." in text
    assert "not timed yet" in text


async def test_the_list_refreshes_itself_only_while_something_is_under_way(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    record = build_whole_call(project_id=project_id)
    call_id = await calls.add(record)
    assert 'hx-trigger="every' not in (await browser.get("/calls")).text
    await calls.set_analysis(call_id, build_analysis(record.call, AnalysisStatus.RUNNING))
    assert 'hx-trigger="every' in (await browser.get("/calls")).text


async def test_hostile_names_stay_text(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    hostile = CallCustomer(id=new_id(), phone_number_e164=None, label=HOSTILE)
    call_id = await add(calls, project_id, title=HOSTILE, customers=(hostile,), properties={"note": HOSTILE})
    browser.cookies.set("callscope_columns", "customer.properties")
    for path in ("/calls", f"/calls/{call_id}", "/calls?searchText=%3Cscript%3Ealert"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert "<script>" not in page
    assert text_of((await browser.get("/calls")).text).count(HOSTILE) == 3


async def test_another_projects_calls_are_not_listed(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    stranger_id = await calls.add_key("of another project", project="another")
    await add(calls, stranger_id)
    for path in ("/calls", "/calls?worst=slowest", "/calls?searchText=charged"):
        assert shown_ids((await browser.get(path)).text) == [], path
    assert project_id != stranger_id
