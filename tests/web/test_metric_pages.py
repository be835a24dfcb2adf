"""The catalogue, the page of a metric, and the forms in which one's own are made."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import IPv4Network
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from callscope.boot.app import build_pages
from callscope.metrics.derived.sourcing import derived_value
from callscope.outbound.client import OutboundClient
from callscope.services import metric_definitions
from callscope.services.judging import Judge
from callscope.storage import measurements
from callscope.web.router import install_pages
from tests.support.built_calls import build_whole_call
from tests.support.judge_server import JudgeServer, verdict
from tests.support.metric_forms import BY_KIND, FORMULA, JUDGED, PATTERN, THRESHOLD, Fields, post
from tests.support.pages import sign_in, text_of
from tests.support.recording_server import running_recording_server
from tests.web.conftest import KEY, Calls

BROKEN: tuple[tuple[Fields, Fields, str, str], ...] = (
    (JUDGED, {"name": " "}, "name", "Give it a name."),
    (JUDGED, {"name": "x" * 101}, "name", "At most 100 characters; this has 101."),
    (JUDGED, {"slug": "Not A Slug"}, "slug", "Small letters"),
    (JUDGED, {"slug": "response_time"}, "slug", "already exists"),
    (JUDGED, {"llmPrompt": ""}, "llmPrompt", "“What the judge looks for” is required"),
    (JUDGED, {"llmPrompt": "x" * 2001}, "llmPrompt", "At most 2,000 characters"),
    (JUDGED, {"graded": "TURN"}, "graded", "needs scope PER_PARTICIPANT"),
    (JUDGED, {"graded": "TURN", "speaksOf": "CUSTOMER"}, "graded", "needs “Speaks of” AGENT"),
    (JUDGED, {"outputType": "SCALE"}, "scaleMin", "“Lowest” is required"),
    (JUDGED, {"outputType": "SCALE", "scaleMin": "0"}, "scaleMax", "“Highest” is required"),
    (JUDGED, {"outputType": "SCALE", "scaleMin": "7", "scaleMax": "3"}, "scaleMin", "must be below"),
    (JUDGED, {"outputType": "SCALE", "scaleMin": "low", "scaleMax": "3"}, "scaleMin", "A whole number is needed"),
    (FORMULA, {"formula": ""}, "formula", "Write a formula"),
    (FORMULA, {"formula": "{{turn_count}} / 2"}, "formula", "at least 2 sources"),
    (FORMULA, {"formula": "{{nothing}} / {{turn_count}}"}, "formula", "no metric 'nothing'"),
    (FORMULA, {"formula": "{{word_count}} + {{turn_count}} +"}, "formula", "the formula ends"),
    (FORMULA, {"formula": "{{word_count}} > {{turn_count}}"}, "formula", "results in true or false"),
    (PATTERN, {"triggers.source": [""]}, "triggers.0-source", "Choose a metric."),
    (PATTERN, {"triggers.thresholdValue": ["soon"]}, "triggers.0-limit", "the limit must be one"),
    (PATTERN, {"outcome.operator": "LESS_THAN"}, "outcome-operator", "use EQUALS or NOT_EQUALS"),
    (PATTERN, {"outcome.windowAfter": ""}, "window-after", "How far after?"),
    (PATTERN, {"outcome.windowAfter": "-1"}, "window-after", "From 0 to 100,000"),
    (PATTERN, {"operation": "OUTCOME_AGGREGATE"}, "outcome-source", "needs an outcome of numbers"),
    (THRESHOLD, {"source": ""}, "threshold-source", "Choose a metric."),
    (THRESHOLD, {"thresholdValue": ""}, "threshold-limit", "A number, true or false, or a label."),
    (THRESHOLD, {"thresholdValue": "many"}, "threshold-limit", "the limit must be one"),
    (THRESHOLD, {"countThreshold": "2"}, "countThreshold", "COUNT only"),
    (THRESHOLD, {"source": "dominant_emotion", "aggregationMode": "SUM"}, "aggregationMode", "needs numbers"),
)


async def make(browser: httpx.AsyncClient, fields: Fields, **further: str | list[str]) -> str:
    """Make a metric and return the address of its page."""
    answer = await post(browser, "/metrics", fields, **further)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].removesuffix("/score?is_new=true")


def problem_at(page: str, field: str) -> str:
    """Return the fault that a page shows at a field, nothing where it shows none."""
    found = re.search(rf'<p id="about-{re.escape(field)}" class="problem">(.*?)</p>', page, re.DOTALL)
    return text_of(found[1]) if found else ""


@pytest.fixture
async def call_id(calls: Calls, project_id: UUID) -> UUID:
    return await calls.add(build_whole_call(project_id=project_id))


async def test_the_catalogue_names_families_units_bases_and_what_is_missing(browser: httpx.AsyncClient) -> None:
    page = text_of((await browser.get("/metrics")).text)
    for words in ("Turn taking", "Response time response_time", "measured from turns , milliseconds", "needs a judge"):
        assert words in page
    assert "No judge is configured" in page
    found = text_of((await browser.get("/metrics", params={"q": "BARGE failed", "kind": "measured"})).text)
    assert "Failed barge-in rate" in found
    assert "Response time" not in found
    assert "No metric of your own yet" in (await browser.get("/metrics?kind=own")).text
    assert "No metric matches" in (await browser.get("/metrics?q=xyzzy")).text


async def test_a_metric_shows_its_definition_values_and_the_calls_behind_them(
    browser: httpx.AsyncClient, call_id: UUID
) -> None:
    answer = await browser.get("/metrics/response_time")
    page = text_of(answer.text)
    assert "Computed from turns" in page
    assert "Worst calls the highest values" in page
    assert f'href="/calls/{call_id}#t=' in answer.text, "evidence leads to its moment"
    assert re.search(r'href="/calls\?metric\[response_time\]\[gte\]=[\d.]+&amp;metric', answer.text)
    verdicts = (await browser.get("/metrics/agent_cutoff")).text
    assert "Known weaknesses" in verdicts


async def test_a_judged_metric_says_what_it_is_asked_and_that_nobody_is_there_to_ask(
    browser: httpx.AsyncClient,
) -> None:
    page = text_of((await browser.get("/metrics/call_outcome")).text)
    assert "It needs a judge, which is not configured." in page
    assert "CALLSCOPE_JUDGE_URL" in page
    assert "Policy Judged basics" in page


async def test_every_kind_is_made_shown_listed_and_deleted(browser: httpx.AsyncClient) -> None:
    for fields in BY_KIND.values():
        name = str(fields["name"])
        address = await make(browser, fields)
        page = text_of((await browser.get(address)).text)
        assert name in page
        assert "Version 1 current" in page
        assert name in text_of((await browser.get("/metrics?kind=own")).text)
        edit = await browser.get(f"{address}/edit")
        assert edit.status_code == 200
        gone = await post(browser, f"{address}/remove", {})
        assert gone.headers["location"] == "/metrics?kind=own"
        assert (await browser.get(address)).status_code == 404


async def test_a_broken_rule_stands_at_its_field(browser: httpx.AsyncClient) -> None:
    for fields, changes, field, words in BROKEN:
        answer = await post(browser, "/metrics", {**fields, **changes})
        assert answer.status_code == 400, changes
        assert words in problem_at(answer.text, field), changes
        for value in (value for name, value in changes.items() if name in {"slug", "formula", "scaleMin"}):
            assert str(value) in html.unescape(answer.text), "what was typed stays"


async def test_rows_are_added_and_taken_out_without_losing_what_was_typed(browser: httpx.AsyncClient) -> None:
    scale = {**JUDGED, "outputType": "SCALE", "scaleMin": "0", "scaleMax": "10"}
    row = {f"scaleLabels.{name}": "" for name in ("rangeMin", "rangeMax", "description")}
    more = await post(browser, "/metrics/draft", {**scale, "then": "add:scaleLabels"}, is_script=True)
    assert more.text.count('name="scaleLabels.label"') == 1
    assert "<html" not in more.text
    typed: Fields = {**scale, **row, "scaleLabels.label": "good", "then": "add:scaleLabels"}
    both = (await post(browser, "/metrics/draft", typed)).text
    assert both.count('name="scaleLabels.label"') == 2
    assert 'value="good"' in both
    two = {f"scaleLabels.{name}": ["", ""] for name in ("rangeMin", "rangeMax", "description")}
    taken: Fields = {**scale, **two, "scaleLabels.label": ["good", "bad"], "then": "remove:scaleLabels:0"}
    left = (await post(browser, "/metrics/draft", taken)).text
    assert 'value="good"' not in left
    assert 'value="bad"' in left


async def test_a_change_makes_a_version_and_keeps_the_old_words(browser: httpx.AsyncClient) -> None:
    address = await make(browser, FORMULA)
    form = (await browser.get(f"{address}/edit")).text
    assert "{{word_count}} / {{turn_count}}" in form, "formulas are read and written by slug"
    changed: Fields = {**FORMULA, "formula": "{{turn_count}} / {{word_count}}", "changeReason": "Turned round"}
    answer = await post(browser, f"{address}/edit", changed)
    assert answer.headers["location"] == address
    page = text_of((await browser.get(address)).text)
    assert "Version 2 current" in page
    assert "Turned round" in page
    assert "{{word_count}} / {{turn_count}}" in page
    refused = await post(browser, f"{address}/edit", {**FORMULA, "formula": "{{turn_count}}"})
    assert problem_at(refused.text, "formula")


async def test_what_never_changes_is_shown_and_stays(browser: httpx.AsyncClient) -> None:
    address = await make(browser, THRESHOLD)
    form = (await browser.get(f"{address}/edit")).text
    assert "What it computes never changes" in form
    assert 'name="thresholdValue"' not in form
    answer = await post(browser, f"{address}/edit", {"name": "Hardly a word", "thresholdValue": "9"})
    assert answer.status_code == 303
    page = text_of((await browser.get(address)).text)
    assert "Hardly a word" in page
    assert "Turns under 5" in page


async def test_a_metric_that_others_read_is_kept_and_says_who_reads_it(browser: httpx.AsyncClient) -> None:
    address = await make(browser, FORMULA)
    reader = await make(browser, {**THRESHOLD, "source": "words_per_turn", "name": "Taciturn"})
    kept = await post(browser, f"{address}/remove", {})
    assert kept.status_code == 409
    assert "is read by metric `taciturn`" in text_of(kept.text)
    assert f'Threshold <a href="{reader}">Taciturn</a>' in (await browser.get(address)).text


async def test_values_of_an_own_metric_stand_on_its_page_and_on_the_page_of_the_call(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, call_id: UUID
) -> None:
    address = await make(browser, FORMULA)
    async with calls.wiring.reads() as session:
        metric = await metric_definitions.get_metric(session, project_id, "words_per_turn")
    value = derived_value(metric, 7.5, (), role=None, reason="words by turns")
    async with calls.wiring.sessions.begin() as session:
        await measurements.save_values(
            session, project_id=project_id, call_id=call_id, values=[value], at=calls.wiring.clock.now()
        )
    page = text_of((await browser.get(address)).text)
    assert "Median 7.5" in page
    assert "+14155550123" in page, "the call it was computed for"
    call = text_of((await browser.get(f"/calls/{call_id}")).text)
    assert "Your own Words per turn 7.5" in call


async def test_a_built_in_metric_is_copied_not_edited(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/metrics/call_outcome/edit")).status_code == 403
    assert (await post(browser, "/metrics/call_outcome/edit", JUDGED)).status_code == 403
    assert (await post(browser, "/metrics/call_outcome/remove", {})).status_code == 403
    copy = (await browser.get("/metrics/new", params={"copy": "call_outcome"})).text
    assert 'value="Call outcome (copy)"' in copy
    assert copy.count('name="classificationOptions.label"') > 2


async def test_a_slug_that_names_another_page_is_reached_by_its_id(browser: httpx.AsyncClient) -> None:
    address = await make(browser, {**THRESHOLD, "slug": "new"})
    assert address != "/metrics/new"
    assert "Few turns" in (await browser.get(address)).text


async def test_a_draft_is_tried_on_a_call_and_saved_nowhere(browser: httpx.AsyncClient, call_id: UUID) -> None:
    for fields in (FORMULA, PATTERN, THRESHOLD):
        tried = await post(browser, "/metrics/draft", fields, then="try", call=str(call_id), is_script=True)
        assert "It says" in tried.text, text_of(tried.text)
        assert f'href="/calls/{call_id}"' in tried.text
    assert "No metric of your own yet" in (await browser.get("/metrics?kind=own")).text


async def test_a_trial_without_a_judge_or_a_call_says_so(browser: httpx.AsyncClient, call_id: UUID) -> None:
    tried = await post(browser, "/metrics/draft", JUDGED, then="try", call=str(call_id))
    assert "no judge configured: set CALLSCOPE_JUDGE_URL" in text_of(tried.text)
    nothing = await post(browser, "/metrics/draft", JUDGED, then="try")
    assert problem_at(nothing.text, "call") == "Choose a call, or paste the address of one."
    gone = await post(browser, "/metrics/draft", JUDGED, then="try", callAddress=f"http://x/calls/{UUID(int=1)}")
    assert "There is no call" in problem_at(gone.text, "callAddress")
    broken = await post(browser, "/metrics/draft", {**JUDGED, "llmPrompt": ""}, then="try", call=str(call_id))
    assert problem_at(broken.text, "llmPrompt")


@pytest.fixture
async def judge() -> AsyncIterator[JudgeServer]:
    async with running_recording_server() as server:
        yield JudgeServer(server)


@pytest.fixture
async def judged(calls: Calls, project_id: UUID, judge: JudgeServer) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in browser of pages that have a judge."""
    assert project_id
    outbound = OutboundClient(allowed_networks=(IPv4Network("127.0.0.0/8"),))
    app = FastAPI()
    install_pages(app, replace(build_pages(calls.wiring), judge=Judge(outbound, judge.rules())))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://callscope.test") as client:
        await sign_in(client, KEY)
        yield client
    await outbound.aclose()


async def test_a_rubric_is_tried_and_its_evidence_seeks_into_the_call(
    judged: httpx.AsyncClient, judge: JudgeServer, call_id: UUID
) -> None:
    judge.script = lambda _body: verdict((12, "Goodbye"), value=True)
    tried = await post(judged, "/metrics/draft", JUDGED, then="try", callAddress=f"http://x/calls/{call_id}?a=1#t=3")
    page = text_of(tried.text)
    for words in ("yes", "confidence 90%", "That is what was said.", "You are welcome. Goodbye.", "1,000 tokens read"):
        assert words in page
    assert f'href="/calls/{call_id}#t=43.1"' in tried.text
    assert "Whether the agent said goodbye." in judge.questions[0]
    address = await make(judged, JUDGED)
    judge.script = lambda _body: verdict(value=False)
    changed = await post(judged, f"{address}/draft", {**JUDGED, "llmPrompt": "Anew."}, then="try", call=str(call_id))
    assert ">no</strong>" in changed.text
    assert "Anew." in judge.questions[-1]
    assert "Version 1 current" in text_of((await judged.get(address)).text)
