import re
from uuid import UUID

import httpx
import numpy as np
import pytest

from callscope.audio.peaks import decode_peaks
from callscope.core.analysis import AnalysisStatus, Stage
from callscope.core.conversation import TimingBasis
from tests.support.built_calls import (
    SCRIPT,
    Line,
    build_analysis,
    build_call,
    build_conversation,
    build_peaks,
    build_samples,
    build_tool,
    build_transcript,
    build_values,
    build_whole_call,
)
from tests.support.pages import attributes_of, sign_in, text_of
from tests.web.conftest import KEY, Calls

HOSTILE = "</script><img src=x onerror=alert(1)>{{ 7*7 }}"


async def test_the_page_tells_the_whole_call(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    call_id = await calls.add(build_whole_call(project_id=project_id))
    page = await browser.get(f"/calls/{call_id}")
    assert page.status_code == 200
    text = text_of(page.text)
    for words in (
        "+14155550123 → Front desk",
        "Everything was measured.",
        "Agent response p95 3.14 s p50 1.70 s, slowest 3.40 s, 5 answers",
        "Barge-ins failed 1 of 2 by the customer",
        "find_account",
        "The agent can be heard in the customer's channel",
        "Record each party before the mix",
        "External id order-4412",
        "front-desk",
    ):
        assert words in text, words
    assert '<input id="property-3" name="value" value="gold">' in page.text


async def test_what_is_drawn_can_be_read_as_tables(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    call_id = await calls.add(build_whole_call(project_id=project_id))
    assert f'hx-get="/calls/{call_id}/events"' in (await browser.get(f"/calls/{call_id}")).text
    text = text_of((await browser.get(f"/calls/{call_id}/events")).text)
    for words in (
        "Measured on the recording, one party per channel. Confidence 100%.",
        "Agent answers 3.40 s very slow",
        "Customer interrupts agent 4.00 s failed: the agent went on",
    ):
        assert words in text, words


async def test_evidence_and_events_lead_to_their_moment(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    call_id = await calls.add(build_whole_call(project_id=project_id))
    pages = [(await browser.get(f"/calls/{call_id}{part}")).text for part in ("", "/events")]
    found = attributes_of("".join(pages))
    links = {value for tag, name, value in found if tag == "a" and name == "href" and value and value.startswith("#t=")}
    assert {"#t=18.3", "#t=29.0", "#t=18.0", "#t=0.9"} <= links


async def test_absent_values_say_why(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    values = build_values(None, None, 47_000)
    record = build_whole_call(project_id=project_id, conversation=None, transcript=None, values=values)
    text = text_of((await browser.get(f"/calls/{await calls.add(record)}")).text)
    assert "no data" in text
    assert "the recording was not measured yet" in text
    assert "Agent response p95 no data" in text


@pytest.mark.parametrize(
    ("status", "changes", "words", "is_watched"),
    [
        (AnalysisStatus.QUEUED, {"stage": Stage.TRANSCRIPT}, "Queued Waiting for a worker.", True),
        (AnalysisStatus.RUNNING, {}, "Analysing Now fetching the recording.", True),
        (
            AnalysisStatus.RUNNING,
            {"attempt_count": 3, "reason": "The server did not answer."},
            "Retrying Fetching the recording failed 3 times so far.",
            True,
        ),
        (
            AnalysisStatus.FAILED,
            {"reason": "This file is no audio."},
            "Failed Failed while fetching the recording.",
            False,
        ),
        (AnalysisStatus.CANCELLED, {}, "Cancelled Cancelled while fetching the recording.", False),
    ],
)
async def test_an_unfinished_call_shows_what_there_is(  # noqa: PLR0917 - fixtures and cases
    browser: httpx.AsyncClient,
    calls: Calls,
    project_id: UUID,
    status: AnalysisStatus,
    changes: dict[str, object],
    words: str,
    is_watched: bool,
) -> None:
    call = build_call(project_id=project_id, duration_ms=None)
    record = build_whole_call(
        project_id=project_id,
        call=call,
        analysis=build_analysis(call, status, **changes),
        recording=None,
        has_audio=False,
        conversation=None,
        transcript=None,
        values=(),
        tools=(),
    )
    call_id = await calls.add(record)
    page = (await browser.get(f"/calls/{call_id}")).text
    text = text_of(page)
    assert words in text
    assert str(changes.get("reason", "")) in text
    assert "No metric was computed yet." in text
    assert "data-audio" not in page
    assert (f'data-live="/calls/{call_id}/live"' in page) is is_watched


async def test_a_transcript_alone_is_timed_and_says_on_what(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    conversation = build_conversation(basis=TimingBasis.TRANSCRIPT)
    record = build_whole_call(
        project_id=project_id,
        recording=None,
        has_audio=False,
        conversation=conversation,
        values=build_values(conversation, build_transcript(), 47_000),
    )
    call_id = await calls.add(record)
    page = (await browser.get(f"/calls/{call_id}")).text
    assert "The transcript's times were used" in text_of(page)
    events = (await browser.get(f"/calls/{call_id}/events")).text
    assert "Measured on the transcript's times: only as true as they are. Confidence 60%." in text_of(events)
    assert "There is no recording to play" in page
    assert "data-timeline" in page
    assert "data-peaks" not in page


async def test_hostile_words_stay_text(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    script = (Line(SCRIPT[0].role, 0, 1000, HOSTILE), *SCRIPT[1:])
    tool = build_tool(HOSTILE, parameters={HOSTILE: HOSTILE}, result=HOSTILE, description=HOSTILE)
    call = build_call(project_id=project_id, summary=HOSTILE, external_id=HOSTILE, properties={HOSTILE: HOSTILE})
    record = build_whole_call(project_id=project_id, script=script, call=call, tools=(tool,))
    page = (await browser.get(f"/calls/{await calls.add(record)}")).text
    assert text_of(page).count(HOSTILE) == 11
    assert not [name for _, name, _ in attributes_of(page) if name.startswith("on") or name == "style"]
    assert ("img", "src", "x") not in attributes_of(page)


async def test_another_projects_call_is_not_there(browser: httpx.AsyncClient, calls: Calls) -> None:
    stranger_id = await calls.add_key("of another project", project="another")
    call_id = await calls.add(build_whole_call(project_id=stranger_id))
    for part in (
        "",
        "/timeline",
        "/events",
        "/live",
        "/transcript/0",
        "/recording",
        "/peaks?start_ms=0&end_ms=9&buckets=1",
    ):
        assert (await browser.get(f"/calls/{call_id}{part}")).status_code == 404, part


@pytest.mark.parametrize("path", ["/calls/not-an-id", "/calls/0f0f0f0f-0000-7000-8000-000000000000"])
async def test_an_unknown_call_is_a_page_of_its_own(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "Back to the calls" in answer.text


async def test_peaks_come_bounded_in_their_binary_form(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    unmeasured_id = await calls.add(build_whole_call(project_id=project_id, recording=None))
    call = build_call(project_id=project_id, external_id="another")
    peaks = build_peaks(build_samples(SCRIPT, 47_000))
    call_id = await calls.add(build_whole_call(project_id=project_id, call=call), peaks=peaks)
    window = {"start_ms": 10_005, "end_ms": 20_000, "buckets": 100}
    assert (await browser.get(f"/calls/{unmeasured_id}/peaks", params=window)).status_code == 404
    answer = await browser.get(f"/calls/{call_id}/peaks", params=window)
    found = decode_peaks(answer.content)
    assert answer.headers["x-start-ms"] == "10000"
    assert found.bucket_ms == 100
    customer, agent = (np.frombuffer(channel, dtype=np.int8) for channel in found.channels)
    assert len(agent) == 2 * 100
    assert np.abs(agent[:90]).max() > 20 > np.abs(customer[:30]).max()


@pytest.mark.parametrize("query", ["", "?start_ms=-1&end_ms=5&buckets=2", "?start_ms=0&end_ms=5&buckets=999999"])
async def test_a_window_that_cannot_be_read_is_refused(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID, query: str
) -> None:
    call_id = await calls.add(build_whole_call(project_id=project_id))
    assert (await browser.get(f"/calls/{call_id}/peaks{query}")).status_code == 400


async def test_the_recording_is_reached_by_a_signed_address(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    call_id = await calls.add(build_whole_call(project_id=project_id))
    answer = await browser.get(f"/calls/{call_id}/recording")
    assert answer.status_code == 307
    assert re.fullmatch(r"/v1/recordings/[0-9a-f-]{36}\?\S*signature=\S+", answer.headers["location"])


async def test_a_key_without_the_permission_hears_nothing(
    visitor: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    await calls.add_key("deaf", permissions=frozenset({"call:read"}))
    call_id = await calls.add(build_whole_call(project_id=project_id))
    await sign_in(visitor, "deaf")
    assert (await visitor.get(f"/calls/{call_id}")).status_code == 200
    assert (await visitor.get(f"/calls/{call_id}/recording")).status_code == 403


@pytest.mark.usefixtures("browser")
async def test_the_page_of_a_long_call_is_not_larger(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    long_script = tuple(
        Line(line.role, line.start_ms + minute * 60_000, line.end_ms + minute * 60_000, line.text, line.kind)
        for minute in range(120)
        for line in SCRIPT
    )
    short, long = (build_call(project_id=project_id, external_id=None, duration_ms=ms) for ms in (120_000, 7_200_000))
    short_script = long_script[: 2 * len(SCRIPT)]
    two_minutes = await calls.add(build_whole_call(project_id=project_id, script=short_script, call=short))
    two_hours = await calls.add(build_whole_call(project_id=project_id, script=long_script, call=long))
    sizes = [len((await browser.get(f"/calls/{call_id}")).content) for call_id in (two_minutes, two_hours)]
    assert sizes[1] < 2 * sizes[0]
    assert KEY not in (await browser.get(f"/calls/{two_hours}")).text
