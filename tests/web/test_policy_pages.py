"""Policies, the offer to score stored calls, and the jobs that do."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from callscope.core.metric_policy import CollectionStatus
from callscope.services import metric_collection, metric_policies
from tests.support.built_calls import build_whole_call
from tests.support.metric_forms import FORMULA, JUDGED, Fields, post
from tests.support.pages import sign_in, text_of
from tests.web.conftest import Calls
from tests.web.test_metric_pages import make, problem_at

POLICY: Fields = {"name": "Gold callers", "status": "ACTIVE", "metric": ["call_outcome", "voicemail_handling_score"]}
SAYING: Fields = {"setting.voicemail_handling_score": "Hello,\nthis is the desk."}


def conditions(*rows: tuple[int, str, str, str, str]) -> dict[str, Any]:
    """Return rows of group, type, key, operator and value as the form sends them."""
    columns = ("group", "type", "key", "operator", "value")
    return {f"condition.{name}": [str(row[at]) for row in rows] for at, name in enumerate(columns)}


GOLD_OR_VAPI = conditions(
    (0, "CALL_PROPERTY", "plan_tier", "EQUALS", "gold"),
    (0, "CALL_SOURCE", "API", "NOT_EQUALS", ""),
    (1, "INTEGRATION", "vapi", "EQUALS", ""),
)

BROKEN: tuple[tuple[Fields, str, str], ...] = (
    ({"name": ""}, "name", "Give it a name."),
    (conditions((0, "AGENT", "", "EQUALS", "")), "condition-0-0-key", "Choose which."),
    (conditions((0, "AGENT", "Front desk", "EQUALS", "")), "condition-0-0-key", "a UUID"),
    (conditions((0, "AGENT", "", "CONTAINS", "")), "condition-0-0-key", "Choose which."),
    (conditions((0, "CALL_SOURCE", "API", "CONTAINS", "")), "condition-0-0-operator", "EQUALS or NOT_EQUALS"),
    (conditions((0, "CALL_PROPERTY", "", "EQUALS", "x")), "condition-0-0-key", "Which property?"),
    (conditions((0, "CALL_PROPERTY", "plan", "EQUALS", "")), "condition-0-0-value", "What is it compared with?"),
    ({"setting.voicemail_handling_score": "x" * 4001}, "setting-voicemail_handling_score", "At most 4,000"),
)
NO_CALLS: tuple[tuple[Fields, str], ...] = (
    ({"which": "last", "lastCalls": "none"}, "A whole number from 1 to 100,000"),
    ({"which": "last", "lastCalls": "0"}, "A whole number from 1 to 100,000"),
    ({"which": "range", "startedFrom": "soon"}, "“Started from” must be a date"),
    ({"which": "range"}, "Say which calls"),
    ({"which": "range", "startedFrom": "2030-01-01T00:00:00Z"}, "No stored call is among them"),
)


async def make_policy(browser: httpx.AsyncClient, **further: Any) -> str:
    answer = await post(browser, "/policies", {**POLICY, **SAYING, **GOLD_OR_VAPI, **further})
    assert answer.status_code == 303, text_of(answer.text)
    address = answer.headers["location"]
    assert address.endswith("/score?is_new=true"), "a new policy offers the calls that are stored"
    return address.removesuffix("/score?is_new=true")


@pytest.fixture
async def call_id(calls: Calls, project_id: UUID) -> UUID:
    return await calls.add(build_whole_call(project_id=project_id))


async def test_a_policy_is_made_of_alternatives_and_settings(browser: httpx.AsyncClient, calls: Calls) -> None:
    address = await make_policy(browser)
    page = text_of((await browser.get(address)).text)
    assert "Property plan_tier is gold and Source is not API or Integration is vapi" in page
    assert "What the agent should say on a voicemail: Hello, this is the desk." in page
    listed = text_of((await browser.get("/policies")).text)
    assert "Gold callers on Property plan_tier is gold and Source is not API or Integration is vapi 2" in listed
    async with calls.wiring.reads() as session:
        project_id = await calls.add_key("another of the project")
        policy = await metric_policies.get_policy(session, project_id, UUID(address.rpartition("/")[2]))
    assert [setting.texts for one in policy.metrics if (setting := one.setting)] == [("Hello,\nthis is the desk.",)]
    assert [len(group) for group in policy.groups] == [2, 1]


async def test_a_policy_is_changed_switched_off_and_deleted(browser: httpx.AsyncClient) -> None:
    address = await make_policy(browser)
    form = (await browser.get(f"{address}/edit")).text
    assert form.count('name="condition.key"') == 3
    assert "this is the desk." in form
    answer = await post(browser, f"{address}/edit", {"name": "Nobody", "status": "INACTIVE", "metric": "call_outcome"})
    assert answer.headers["location"] == address
    page = text_of((await browser.get(address)).text)
    assert "Which calls off Every call." in page
    assert "Voicemail" not in page
    assert (await post(browser, f"{address}/remove", {})).headers["location"] == "/policies"
    assert (await browser.get(address)).status_code == 404


async def test_system_policies_are_read_only(browser: httpx.AsyncClient) -> None:
    listed = (await browser.get("/policies")).text
    found = re.search(r'href="(/policies/[0-9a-f-]+)">Judged basics', listed)
    assert found
    page = (await browser.get(found[1])).text
    assert "cannot be changed" in page
    assert "/edit" not in page
    assert "/remove" not in page
    assert (await browser.get(f"{found[1]}/edit")).status_code == 400
    assert (await post(browser, f"{found[1]}/edit", POLICY)).status_code == 400
    assert (await post(browser, f"{found[1]}/remove", {})).status_code == 400


async def test_a_broken_rule_stands_at_its_field(browser: httpx.AsyncClient) -> None:
    for changes, field, words in BROKEN:
        answer = await post(browser, "/policies", {**POLICY, **changes})
        assert answer.status_code == 400, changes
        assert words in problem_at(answer.text, field), changes


async def test_a_policy_without_metrics_says_so(browser: httpx.AsyncClient) -> None:
    answer = await post(browser, "/policies", {"name": "Nothing"})
    assert "Choose at least one metric." in text_of(answer.text)


async def test_conditions_are_added_and_taken_out_without_saving(browser: httpx.AsyncClient) -> None:
    one = (await post(browser, "/policies/draft", POLICY, then="add:CALL_PROPERTY:0", is_script=True)).text
    assert one.count('name="condition.key"') == 1
    typed = conditions((0, "CALL_PROPERTY", "plan", "CONTAINS", "go"))
    two = (await post(browser, "/policies/draft", {**POLICY, **typed}, then="add:AGENT:1")).text
    assert "or when all of this holds" in two
    assert 'value="plan"' in two
    both = conditions((0, "CALL_PROPERTY", "plan", "CONTAINS", "go"), (1, "AGENT", "", "EQUALS", ""))
    left = (await post(browser, "/policies/draft", {**POLICY, **both}, then="remove:0:0")).text
    assert 'value="plan"' not in left
    assert left.count('name="condition.key"') == 1
    assert "Gold callers" not in (await browser.get("/policies")).text
    begun = (await browser.get("/policies/new?metric=call_outcome")).text
    assert re.search(r'value="call_outcome" checked', begun)


async def test_a_new_metric_offers_the_calls_that_are_stored_with_what_that_costs(
    browser: httpx.AsyncClient, call_id: UUID
) -> None:
    assert call_id
    address = await make(browser, FORMULA)
    offer = text_of((await browser.get(f"{address}/score?is_new=true")).text)
    for words in ("Saved: Words per turn.", "Calls 1 Values to compute 1 Cost nothing", "Make a policy with it"):
        assert words in offer
    started = await post(browser, f"{address}/score", {"which": "last", "lastCalls": "10"})
    job = started.headers["location"]
    page = text_of((await browser.get(job)).text)
    assert "Progress Waiting 0 of 1 computed" in page
    assert "by somebody on a page" in page
    assert "Words per turn" in text_of((await browser.get("/collection-jobs")).text)
    judged = await make(browser, JUDGED)
    said = text_of((await browser.get(f"{judged}/score")).text)
    assert "Questions to the judge 1" in said
    assert "No judge is configured" in said


async def test_a_choice_of_no_calls_says_why(browser: httpx.AsyncClient, call_id: UUID) -> None:
    assert call_id
    address = await make_policy(browser)
    for fields, words in NO_CALLS:
        answer = await post(browser, f"{address}/score", fields)
        assert answer.status_code == 400, fields
        assert words in text_of(answer.text), fields


async def test_a_policy_scores_only_calls_that_fit(browser: httpx.AsyncClient, call_id: UUID) -> None:
    assert call_id
    none = await make_policy(browser)
    assert "No stored call is among them" in (await browser.get(f"{none}/score?which=last&lastCalls=9")).text
    fitting = await make_policy(browser, **conditions((0, "CALL_SOURCE", "API", "EQUALS", "")))
    offer = text_of((await browser.get(f"{fitting}/score")).text)
    assert "Calls 1 Values to compute 2 Questions to the judge 2" in offer
    started = await post(browser, f"{fitting}/score", {"which": "last", "lastCalls": "9"})
    page = (await browser.get(started.headers["location"])).text
    assert f'<a href="{fitting}">Gold callers</a>' in page


async def test_a_job_is_stopped_and_tried_again(
    browser: httpx.AsyncClient, call_id: UUID, calls: Calls, project_id: UUID
) -> None:
    assert call_id
    address = await make(browser, FORMULA)
    job = (await post(browser, f"{address}/score", {"which": "last", "lastCalls": "1"})).headers["location"]
    part = (await browser.get(job, headers={"hx-request": "true"})).text
    assert "<html" not in part
    assert 'hx-trigger="every 2s"' in part
    assert (await post(browser, f"{job}/retry", {})).status_code == 409, "it has not ended"
    assert (await post(browser, f"{job}/cancel", {})).headers["location"] == job
    page = (await browser.get(job)).text
    assert "Progress Stopped 0 of 1 computed, 1 not reached" in text_of(page)
    assert "every 2s" not in page
    assert "Stopped" in text_of((await browser.get("/collection-jobs?status=CANCELED")).text)
    assert "No job is in this state" in (await browser.get("/collection-jobs?status=FAILED")).text
    assert (await post(browser, f"{job}/retry", {})).headers["location"] == job
    async with calls.wiring.reads() as session:
        stands = await metric_collection.get_job(session, project_id, UUID(job.rpartition("/")[2]))
    assert stands.status is CollectionStatus.PENDING


async def test_who_only_looks_sees_everything_and_is_offered_nothing(browser: httpx.AsyncClient, calls: Calls) -> None:
    address, policy = await make(browser, FORMULA), await make_policy(browser)
    looks = frozenset({"call:read", "metric:read", "metric-policy:read", "metric-collection-job:read"})
    await calls.add_key("only looks", permissions=looks)
    await sign_in(browser, "only looks")
    for path in ("/metrics", address, "/policies", policy, "/collection-jobs"):
        page = await browser.get(path)
        assert page.status_code == 200, path
        assert not re.search(r"/new\b|/edit|/score|/remove|/cancel|/retry", page.text), path
    for path in ("/metrics/new", f"{address}/edit", f"{address}/score", "/policies/new", f"{policy}/edit"):
        assert (await browser.get(path)).status_code == 403, path
