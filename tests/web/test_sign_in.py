from datetime import timedelta

import httpx
import pytest

from callscope.services import keys
from callscope.services.visits import LIFETIME
from callscope.storage import api_keys
from tests.support.pages import form_token_of, sign_in
from tests.web.conftest import KEY, Calls, SettableClock


async def test_the_root_leads_to_the_calls(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls")


@pytest.mark.parametrize("path", ["/calls", "/calls?search=x", "/calls/0f0f0f0f-0000-7000-8000-000000000000"])
async def test_pages_ask_a_stranger_to_sign_in_and_remember_where_to(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == str(httpx.URL("/sign-in", params={"next": path})).replace("%2F", "/")


async def test_a_fragment_asked_for_without_a_session_sends_the_whole_page_to_sign_in(
    visitor: httpx.AsyncClient,
) -> None:
    answer = await visitor.get("/calls", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/sign-in?next=/calls")


@pytest.mark.usefixtures("project_id")
async def test_signing_in_leads_on_with_a_cookie_that_holds_no_key(visitor: httpx.AsyncClient) -> None:
    answer = await sign_in(visitor, f" {KEY} ", next_address="/calls?search=refund")
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls?search=refund")
    cookies = answer.headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("callscope_session="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert KEY not in "".join(cookies)
    assert (await visitor.get("/calls")).status_code == 200


@pytest.mark.usefixtures("project_id")
async def test_over_https_the_cookie_insists_on_it(visitor: httpx.AsyncClient) -> None:
    visitor.base_url = httpx.URL("https://callscope.test")
    answer = await sign_in(visitor, KEY)
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


@pytest.mark.usefixtures("project_id")
@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "calls", ""]
)
async def test_signing_in_never_leads_elsewhere(visitor: httpx.AsyncClient, elsewhere: str) -> None:
    answer = await sign_in(visitor, KEY, next_address=elsewhere)
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls")


@pytest.mark.usefixtures("project_id")
async def test_a_wrong_key_is_told_and_begins_nothing(visitor: httpx.AsyncClient) -> None:
    answer = await sign_in(visitor, "rk_live_guess")
    assert answer.status_code == 401
    assert "Invalid API key." in answer.text
    assert "rk_live_guess" not in answer.text
    assert (await visitor.get("/calls")).status_code == 303


async def test_a_key_that_may_not_read_calls_is_told_which_permission_it_lacks(
    visitor: httpx.AsyncClient, calls: Calls
) -> None:
    await calls.add_key("narrow", permissions=frozenset({"metric:read"}))
    answer = await sign_in(visitor, "narrow")
    assert answer.status_code == 403
    assert "call:read" in answer.text


@pytest.mark.usefixtures("project_id")
@pytest.mark.parametrize("form", [{}, {"form_token": "forged"}, {"form_token": ""}])
async def test_a_form_from_elsewhere_is_refused(visitor: httpx.AsyncClient, form: dict[str, str]) -> None:
    await visitor.get("/sign-in")
    answer = await visitor.post("/sign-in", data={"api_key": KEY, **form})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_form_token_of_another_browser_is_refused(browser: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(transport=browser._transport, base_url=browser.base_url) as other:
        token = form_token_of((await other.get("/sign-in")).text)
        answer = await browser.post("/sign-out", data={"form_token": token})
        assert answer.status_code == 403
        browser_cookie = browser.cookies.get("callscope_browser")
        assert browser_cookie != other.cookies.get("callscope_browser")
        await other.aclose()


async def test_signing_out_ends_the_session(browser: httpx.AsyncClient) -> None:
    token = form_token_of((await browser.get("/calls")).text)
    answer = await browser.post("/sign-out", data={"form_token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await browser.get("/calls")).status_code == 303


async def test_a_session_ends_by_itself(browser: httpx.AsyncClient, clock: SettableClock) -> None:
    clock.moment += LIFETIME - timedelta(seconds=1)
    assert (await browser.get("/calls")).status_code == 200
    clock.moment += timedelta(seconds=1)
    assert (await browser.get("/calls")).status_code == 303


async def test_revoking_the_key_ends_its_sessions(browser: httpx.AsyncClient, calls: Calls) -> None:
    async with calls.wiring.sessions.begin() as session:
        key = await api_keys.find_by_digest(session, keys.digest_of(KEY))
        assert key
        await api_keys.revoke(session, key.project_id, key.id, now=calls.wiring.clock.now())
    assert (await browser.get("/calls")).status_code == 303


async def test_every_answer_forbids_what_the_pages_do_not_need(browser: httpx.AsyncClient) -> None:
    for path in ("/sign-in", "/calls", "/calls/not-an-id", "/static/icon.svg", "/"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


async def test_pages_are_not_kept_by_caches_and_bundled_files_are(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/calls")
    assert page.headers["cache-control"] == "no-store"
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in (await browser.get(style)).headers["cache-control"]


@pytest.mark.parametrize("path", ["/static/../pages.py", "/static/%2e%2e/pages.py", "/static/build/none.js"])
async def test_only_static_files_are_served(visitor: httpx.AsyncClient, path: str) -> None:
    assert (await visitor.get(path)).status_code == 404
