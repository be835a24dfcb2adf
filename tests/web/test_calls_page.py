import dataclasses
from datetime import timedelta
from uuid import UUID

import httpx

from callscope.core.analysis import AnalysisStatus
from callscope.core.call import CallCustomer
from callscope.core.ids import new_id
from tests.support.built_calls import STARTED_AT, build_analysis, build_call, build_whole_call
from tests.support.memory_reader import MemoryReader
from tests.support.pages import text_of

HOSTILE = '<script>alert("x")</script>&"\''


async def test_an_empty_project_shows_how_to_send_a_call(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/calls")
    assert "Send your first call" in page.text
    assert "curl http://callscope.test/v1/call" in text_of(page.text)
    assert 'Roark(base_url="http://callscope.test")' in text_of(page.text)


async def test_a_row_tells_what_matters(browser: httpx.AsyncClient, reader: MemoryReader, project_id: UUID) -> None:
    call_id = reader.add(build_whole_call(project_id=project_id))
    page = await browser.get("/calls")
    text = text_of(page.text)
    for words in (
        "+14155550123 → Front desk",
        "Inbound phone",
        "47 s",
        "3.14 s very slow",
        "1 of 2 failed",
        "Analysed",
    ):
        assert words in text
    assert "plan_tier gold" in text
    assert f'href="/calls/{call_id}"' in page.text


async def test_calls_come_newest_first_page_by_page(
    browser: httpx.AsyncClient, reader: MemoryReader, project_id: UUID
) -> None:
    titles = [f"call number {at}" for at in range(7)]
    for hours, title in enumerate(titles):
        call = build_call(project_id=project_id, title=title, started_at=STARTED_AT - timedelta(hours=hours))
        reader.add(build_whole_call(project_id=project_id, call=call))
    seen: list[str] = []
    address: str | None = "/calls"
    while address:
        page = (await browser.get(address)).text
        seen += [title for title in titles if title in page]
        _, found, rest = page.partition('rel="next"')
        before = page.split('rel="next"')[0]
        address = before.rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&") if found else None
        assert not found or rest
    assert seen == titles


async def test_a_failed_analysis_shows_its_reason(
    browser: httpx.AsyncClient, reader: MemoryReader, project_id: UUID
) -> None:
    call = build_call(project_id=project_id, duration_ms=None)
    failed = build_analysis(call, AnalysisStatus.FAILED, reason="The server answered 404 Not Found.")
    reader.add(build_whole_call(project_id=project_id, call=call, analysis=failed, values=()))
    text = text_of((await browser.get("/calls")).text)
    assert "Failed" in text
    assert "The server answered 404 Not Found." in text
    assert text.count("not computed yet") == 2


async def test_the_list_refreshes_itself_only_while_something_is_under_way(
    browser: httpx.AsyncClient, reader: MemoryReader, project_id: UUID
) -> None:
    record = build_whole_call(project_id=project_id)
    reader.add(record)
    assert 'hx-trigger="every' not in (await browser.get("/calls")).text
    reader.add(dataclasses.replace(record, analysis=build_analysis(record.call, AnalysisStatus.RUNNING)))
    assert 'hx-trigger="every' in (await browser.get("/calls")).text


async def test_searching_answers_with_the_table_alone(
    browser: httpx.AsyncClient, reader: MemoryReader, project_id: UUID
) -> None:
    for title in ("refund", "appointment"):
        reader.add(build_whole_call(project_id=project_id, call=build_call(project_id=project_id, title=title)))
    fragment = await browser.get("/calls", params={"search": " refund "}, headers={"hx-request": "true"})
    assert "<html" not in fragment.text
    assert text_of(fragment.text).startswith("1 call with “refund”")
    nothing = await browser.get("/calls", params={"search": "no such"})
    assert "No call matches." in nothing.text


async def test_hostile_names_stay_text(browser: httpx.AsyncClient, reader: MemoryReader, project_id: UUID) -> None:
    call = build_call(
        project_id=project_id,
        title=HOSTILE,
        customers=(CallCustomer(id=new_id(), phone_number_e164=None, label=HOSTILE),),
        properties={"note": HOSTILE},
    )
    reader.add(build_whole_call(project_id=project_id, call=call))
    for path in ("/calls", f"/calls/{call.id}", "/calls?search=%3Cscript%3Ealert"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert "<script>" not in page
    assert text_of((await browser.get("/calls")).text).count(HOSTILE) == 3


async def test_another_projects_calls_are_not_listed(browser: httpx.AsyncClient, reader: MemoryReader) -> None:
    reader.add(build_whole_call(project_id=new_id()))
    assert "Send your first call" in (await browser.get("/calls")).text
