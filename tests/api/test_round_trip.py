"""Any valid call that is sent is read back as it was; any call that is made invalid stores nothing."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callscope.core.call import EndedStatus
from callscope.core.property_name import LIST_FILTERS, SYSTEM_PROPERTIES, stored_name
from tests.support.api import ApiUnderTest, count_all_rows

Path = tuple[str | int, ...]

in_one_database = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
"""All examples of a test share its database: what one leaves must not disturb the next."""

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
labels = texts.filter(lambda text: len(text) > 0)
phones = st.from_regex(r"\+[1-9][0-9]{1,14}", fullmatch=True)
offsets = st.integers(0, 3_600_000)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
moments = st.datetimes(
    datetime.fromisoformat("1990-01-01"),
    datetime.fromisoformat("2090-01-01"),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
prefixed_strings = st.dictionaries(st.from_regex(r"s_[a-z]{1,8}", fullmatch=True), texts, max_size=4)
prefixed_numbers = st.dictionaries(
    st.from_regex(r"n_[a-z]{1,8}", fullmatch=True), st.integers(-(10**12), 10**12) | st.booleans().map(int), max_size=4
)


@st.composite
def turns(draw: st.DrawFn) -> list[dict[str, Any]]:
    drawn = []
    for start in draw(st.lists(offsets, max_size=8)):
        turn = {
            "role": draw(st.sampled_from(["AGENT", "CUSTOMER"])),
            "text": draw(texts),
            "startOffsetMs": start,
            "endOffsetMs": start + draw(st.sampled_from([0, 99, 100, 2500])),
        }
        drawn.append(turn | draw(st.fixed_dictionaries({}, optional={"languageCode": labels, "payload": st.none()})))
    return drawn


@st.composite
def tools(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(offsets)
    return {
        "name": draw(labels),
        "parameters": draw(st.dictionaries(texts, json_values, max_size=3)),
        "result": draw(texts | st.dictionaries(texts, json_values, max_size=3)),
        "startOffsetMs": start,
    }


calls = st.fixed_dictionaries(
    {
        "recordingUrl": st.just("https://recordings.example/call.wav"),
        "startedAt": moments.map(datetime.isoformat),
        "interfaceType": st.sampled_from(["PHONE", "WEB"]),
        "callDirection": st.sampled_from(["INBOUND", "OUTBOUND"]),
    },
    optional={
        "agent": st.fixed_dictionaries({"name": labels}, optional={"customId": labels, "description": texts}),
        "customer": st.fixed_dictionaries({"phoneNumberE164": phones | st.none()}, optional={"label": labels}),
        "transcript": turns(),
        "toolInvocations": st.lists(tools(), max_size=3),
        "properties": st.builds(lambda a, b: a | b, prefixed_strings, prefixed_numbers),
        "endedStatus": st.sampled_from([status.value for status in EndedStatus]),
        "livekitRoomId": labels,
    },
)


def expected_turns(sent: list[dict[str, Any]]) -> list[tuple[str, str, int, int]]:
    """Return what is read back: in order of start, too short turns stretched to the next later start."""
    ordered = sorted(sent, key=lambda turn: turn["startOffsetMs"])
    expected = []
    for turn in ordered:
        start, end = turn["startOffsetMs"], turn["endOffsetMs"]
        later = [other["startOffsetMs"] for other in ordered if other["startOffsetMs"] > start]
        if end - start < 100 and later:
            end = max(end, min(later))
        expected.append((turn["role"], turn["text"], start, end))
    return expected


@in_one_database
@given(body=calls)
async def test_what_is_sent_is_read_back(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    created = await client.post("/v1/call", json=body)
    assert created.status_code == 201, created.text
    call_id = created.json()["data"]["id"]
    read = (await client.get(f"/v1/call/{call_id}")).json()["data"]
    transcript = (await client.get(f"/v1/call/{call_id}/transcript")).json()["data"]

    assert datetime.fromisoformat(read["startedAt"]) == datetime.fromisoformat(body["startedAt"])
    assert read["callDirection"] == body["callDirection"]
    assert read["endedStatus"] == body.get("endedStatus")
    assert read["customers"] == [{"label": None, **body["customer"]}] if "customer" in body else not read["customers"]
    assert len(read["agents"]) == ("agent" in body)
    assert read["properties"] == {
        stored_name(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in body.get("properties", {}).items()
    }
    entries = transcript["entries"]
    assert [
        (entry["role"], entry["text"], entry["startOffsetMs"], entry["endOffsetMs"]) for entry in entries
    ] == expected_turns(body.get("transcript", []))
    role_of = {each["id"]: each["type"] for each in transcript["participants"]}
    present = {role for role, field in (("AGENT", "agent"), ("CUSTOMER", "customer")) if field in body}
    assert all(
        role_of.get(entry["participantId"]) == (entry["role"] if entry["role"] in present else None)
        for entry in entries
    )


BREAKERS: dict[str, tuple[Any, Path]] = {
    "recordingUrl": (None, ()),
    "startedAt": ("2026-13-01T00:00:00Z", ()),
    "interfaceType": ("FAX", ()),
    "callDirection": (1, ()),
    "endedStatus": ("FINE", ()),
    "externalId": ("x" * 256, ()),
    "vapiCallId": ("no uuid", ()),
    "agent": ({"name": 5}, ("name",)),
    "customers": ([{"phoneNumberE164": None}, {"label": "no number"}], (1, "phoneNumberE164")),
    "transcript": ([{"role": "AGENT", "text": "a", "startOffsetMs": -1, "endOffsetMs": 0}], (0, "startOffsetMs")),
    "toolInvocations": ([{"name": "t", "parameters": {}, "result": "", "startOffsetMs": "now"}], (0, "startOffsetMs")),
    "properties": (5, ()),
}
"""By field: a value that breaks the call, and where in it the mistake is."""


@in_one_database
@given(body=calls, broken=st.sets(st.sampled_from(sorted(BREAKERS)), min_size=1, max_size=4))
async def test_what_is_broken_is_named_and_not_stored(
    api: ApiUnderTest, client: httpx.AsyncClient, body: dict[str, Any], broken: set[str]
) -> None:
    before = await count_all_rows(api.transactions)
    response = await client.post("/v1/call", json=body | {field: BREAKERS[field][0] for field in broken})

    assert response.status_code == 400
    named = {tuple(issue["path"]) for issue in response.json()["error"]["issues"]}
    assert {(field, *BREAKERS[field][1]) for field in broken} <= named
    assert await count_all_rows(api.transactions) == before


@given(name=st.text(max_size=40))
def test_a_stored_name_is_stored_as_itself(name: str) -> None:
    assert stored_name(stored_name(name)) == stored_name(name)


def test_names_are_spelled_in_snake_case() -> None:
    spellings = {
        "planTier": "plan_tier",
        "plan_tier": "plan_tier",
        "PlanTier": "plan_tier",
        "plan-tier": "plan_tier",
        "Plan Tier": "plan_tier",
        "HTTPStatus": "http_status",
        "userID": "user_id",
        "line2": "line2",
        "größe": "größe",
        "__x__": "x",
    }
    assert {name: stored_name(name) for name in spellings} == spellings


def test_reserved_names_are_stored_names() -> None:
    assert all(stored_name(name) == name for name in SYSTEM_PROPERTIES | LIST_FILTERS)
