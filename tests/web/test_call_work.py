import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from callscope.core.analysis import AnalysisStatus
from callscope.core.call import Role
from callscope.core.ids import new_id
from callscope.core.transcript import TranscriptComparison, TranscriptSource
from callscope.services import calls as call_service
from callscope.services import transcripts
from callscope.speech.word_errors import compare_transcripts, compare_words
from tests.support.built_calls import SCRIPT, STARTED_AT, build_analysis, build_call, build_whole_call
from tests.support.pages import form_token_of, sign_in, text_of
from tests.web.conftest import Calls


@pytest.fixture
async def call_id(calls: Calls, project_id: UUID) -> UUID:
    return await calls.add(build_whole_call(project_id=project_id))


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    token = form_token_of((await browser.get("/calls")).text)
    return await browser.post(path, data={"form_token": token, **fields})


async def test_a_note_stands_at_its_moment_until_it_is_removed(browser: httpx.AsyncClient, call_id: UUID) -> None:
    answer = await post(browser, f"/calls/{call_id}/notes", text=" <b>talks</b> over her ", at="0:29.5")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/calls/{call_id}#notes")
    page = (await browser.get(f"/calls/{call_id}")).text
    assert 'href="#t=29.5"' in page
    assert "&lt;b&gt;talks&lt;/b&gt; over her" in page
    remove = re.search(r'action="(/calls/[^"]+/notes/[^"]+/remove)"', page)
    assert remove
    await post(browser, remove[1])
    assert "talks" not in (await browser.get(f"/calls/{call_id}")).text
    assert (await post(browser, remove[1])).status_code == 404


@pytest.mark.parametrize(("fields", "name"), [({"text": "x", "at": "soon"}, "at"), ({"text": " "}, "text")])
async def test_a_note_that_cannot_be_kept_says_why(
    browser: httpx.AsyncClient, call_id: UUID, fields: dict[str, str], name: str
) -> None:
    answer = await post(browser, f"/calls/{call_id}/notes", **fields)
    assert (answer.status_code, f"`{name}`" in text_of(answer.text)) == (400, True)


async def test_properties_are_changed_in_their_type(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, call_id: UUID
) -> None:
    for name, value in (("attempt", "3"), ("plan_tier", "free"), ("is_returning", ""), ("ticket", "4412")):
        assert (await post(browser, f"/calls/{call_id}/properties", name=name, value=value)).status_code == 303
    async with calls.wiring.reads() as session:
        call = await call_service.get_call(session, project_id, call_id)
    assert call.properties == {"attempt": 3, "plan_tier": "free", "ticket": "4412"}
    wrong = await post(browser, f"/calls/{call_id}/properties", name="attempt", value="many")
    assert (wrong.status_code, "attempt" in text_of(wrong.text)) == (400, True)


async def test_a_call_is_analysed_again_and_its_analyses_stay_listed(browser: httpx.AsyncClient, call_id: UUID) -> None:
    assert "Analyse again" in (await browser.get(f"/calls/{call_id}")).text
    await post(browser, f"/calls/{call_id}/analyses")
    page = (await browser.get(f"/calls/{call_id}")).text
    history = text_of(page.split('id="analyses"')[1])
    assert history.index("Queued") < history.index("Analysed")
    assert "Analyse again" not in page


async def test_many_calls_are_analysed_again(browser: httpx.AsyncClient, call_id: UUID) -> None:
    await post(browser, "/calls/selection/analyses", all="true")
    assert "Queued" in text_of((await browser.get(f"/calls/{call_id}")).text.split('id="analyses"')[1])


async def test_the_neighbours_are_those_of_the_list_one_came_from(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    ids = []
    for hours, gold in enumerate((True, False, True, True)):
        call = build_call(
            project_id=project_id,
            external_id=None,
            started_at=STARTED_AT - timedelta(hours=hours),
            properties={"plan": "gold" if gold else "free"},
        )
        ids.append(str(await calls.add(build_whole_call(project_id=project_id, call=call))))

    async def around(call_id: str, query: str) -> list[str | None]:
        page = (await browser.get(f"/calls/{call_id}", params={"from": query})).text
        found = [re.search(rf'href="/calls/([0-9a-f-]+)[^"]*"[^>]* rel="{rel}"', page) for rel in ("prev", "next")]
        return [match[1] if match else None for match in found]

    assert await around(ids[1], "") == [ids[0], ids[2]]
    assert await around(ids[2], "properties[plan]=gold") == [ids[0], ids[3]]
    assert await around(ids[2], "properties[plan]=gold&sortBy=startedAt&sortDirection=asc") == [ids[3], ids[0]]
    assert await around(ids[0], "") == [None, ids[1]]
    slowest = [one for one in await around(ids[1], "worst=slowest") if one]
    assert set(slowest) < {ids[0], ids[2], ids[3]}
    assert await around(ids[1], "worst=errors") == [None, None]


async def test_values_are_compared_with_those_of_other_calls(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, call_id: UUID
) -> None:
    short = build_call(project_id=project_id, external_id=None)
    await calls.add(build_whole_call(project_id=project_id, call=short, script=SCRIPT[:2]))
    answer = (await browser.get(f"/calls/{call_id}/standings")).text
    found = dict(re.findall(r'id="standing-([^"]+)" hx-swap-oob="true">([^<]+)<', answer))
    assert found["call_duration/"] == "More than in 75 % of the 2 newest calls."
    assert found["failed_barge_in_count/"] == "More than in 75 % of the 2 newest calls."
    shown = re.findall(r'id="standing-([^"]+)"', (await browser.get(f"/calls/{call_id}")).text)
    assert "response_time/agent" in found
    assert set(found) <= set(shown)


async def test_why_nothing_was_recognised_is_told(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    call = build_call(project_id=project_id)
    reason = "No recognizer is set up. Set CALLSCOPE_STT_MODEL."
    analysis = build_analysis(call, AnalysisStatus.COMPLETED, transcription_reason=reason)
    call_id = await calls.add(build_whole_call(project_id=project_id, call=call, transcript=None, analysis=analysis))
    page = text_of((await browser.get(f"/calls/{call_id}")).text)
    assert f"none was recognised. {reason}" in page


async def test_two_transcripts_stand_beside_each_other(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, call_id: UUID
) -> None:
    comparison = TranscriptComparison(
        reference=TranscriptSource.ROARK_POST_CALL,
        other=TranscriptSource.CUSTOMER_AGENT_REALTIME,
        by_role={Role.AGENT: compare_words("you were charged twice", "you were charged price now")},
    )
    async with calls.wiring.sessions.begin() as session:
        call = await call_service.get_call(session, project_id, call_id)
        await transcripts.keep_comparison(session, call, comparison, at=STARTED_AT)
    html = (await browser.get(f"/calls/{call_id}")).text
    page = text_of(html)
    assert "Left: recognised from the recording. Right: sent with the call." in page
    assert "Agent 2 of 4 words differ, 50.0%" in page
    assert "<del>twice</del>" in html
    assert "price" in page


async def test_words_that_differ_are_marked_in_the_transcript_itself(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, call_id: UUID
) -> None:
    async with calls.wiring.sessions.begin() as session:
        call = await call_service.get_call(session, project_id, call_id)
        sent = await transcripts.read_transcript(session, project_id, call_id)
        assert sent
        heard = [replace(entry, text=entry.text.replace("charged twice", "charged a price")) for entry in sent.entries]
        comparison = TranscriptComparison(
            reference=TranscriptSource.ROARK_POST_CALL,
            other=sent.source,
            by_role=compare_transcripts(heard, sent.entries),
        )
        await transcripts.keep_comparison(session, call, comparison, at=STARTED_AT)
    page = text_of((await browser.get(f"/calls/{call_id}")).text)
    assert "You were charged [only here: twice ] [only in the other: a price ] on the third" in page
    assert "Mark where the words recognised from the recording differ" in page


async def test_a_call_of_one_transcript_has_nothing_to_mark(browser: httpx.AsyncClient, call_id: UUID) -> None:
    page = (await browser.get(f"/calls/{call_id}")).text
    assert "shows-marks" not in page
    assert "<ins>" not in page


async def test_everything_stored_can_be_read_as_json(browser: httpx.AsyncClient, call_id: UUID) -> None:
    document = (await browser.get(f"/calls/{call_id}/raw")).json()
    assert document["call"]["external_id"] == "order-4412"
    assert document["transcript"]["entries"][0]["text"].startswith("Thank you")
    assert {value["slug"] for value in document["metrics"]} > {"response_time"}
    assert document["tools"][0]["name"] == "find_account"


async def test_who_only_looks_changes_nothing(visitor: httpx.AsyncClient, calls: Calls, call_id: UUID) -> None:
    await calls.add_key("only looks", permissions=frozenset({"call:read"}))
    await sign_in(visitor, "only looks")
    page = (await visitor.get(f"/calls/{call_id}")).text
    assert 'method="post" action="/calls/' not in page
    for part in ("notes", f"notes/{new_id()}/remove", "properties", "analyses"):
        assert (await post(visitor, f"/calls/{call_id}/{part}")).status_code == 403, part
