"""Each thing that can be wrong with a new call: the answer names the field and the remedy, and nothing is stored."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from callscope.outbound.probe import ProbeOutcome, ProbeVerdict
from callscope.services.keys import CreatedKey
from tests.support.api import MAX_BODY_BYTES, ApiUnderTest, authorization, count_all_rows, make_key, minimal_call

Path = list[str | int]

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
TURN = {"role": "AGENT", "text": "Hello", "startOffsetMs": 0, "endOffsetMs": 900}
TOOL = {"name": "book", "parameters": {}, "result": "", "startOffsetMs": 0}


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in minimal_call().items() if field != name}


def turn(**changes: Any) -> dict[str, Any]:
    return minimal_call(transcript=[TURN, {**TURN, **changes}])


def tool(**changes: Any) -> dict[str, Any]:
    return minimal_call(toolInvocations=[{**TOOL, **changes}])


BAD_FIELDS: list[tuple[dict[str, Any], Path, str]] = [
    (without("recordingUrl"), ["recordingUrl"], "`recordingUrl` is required. Add it to the request."),
    (without("startedAt"), ["startedAt"], "`startedAt` is required"),
    (without("interfaceType"), ["interfaceType"], "`interfaceType` is required"),
    (without("callDirection"), ["callDirection"], "`callDirection` is required"),
    (minimal_call(recordingUrl=""), ["recordingUrl"], "must have at least 1 characters; it has 0"),
    (minimal_call(recordingUrl=5), ["recordingUrl"], "must be a string; got 5"),
    (minimal_call(recordingUrl="https://x.example/" + "a" * 8192), ["recordingUrl"], "at most 8192 characters"),
    (minimal_call(interfaceType="FAX"), ["interfaceType"], "must be one of 'PHONE' or 'WEB'; got 'FAX'"),
    (minimal_call(callDirection="inbound"), ["callDirection"], "must be one of 'INBOUND' or 'OUTBOUND'; got 'inbound'"),
    (minimal_call(endedStatus="FINE"), ["endedStatus"], "must be one of 'PARTICIPANTS_DID_NOT_SPEAK'"),
    (minimal_call(startedAt="yesterday"), ["startedAt"], "must be a date and time in ISO 8601"),
    (minimal_call(startedAt="1769852000"), ["startedAt"], "must be a date and time in ISO 8601"),
    (minimal_call(startedAt=1769852000), ["startedAt"], "got 1769852000"),
    (minimal_call(startedAt="2026-02-30T10:00:00Z"), ["startedAt"], "is not a date and time that exists"),
    (minimal_call(startedAt="0001-01-01T00:00:00+14:00"), ["startedAt"], "is not a date and time that exists"),
    (minimal_call(externalId=""), ["externalId"], "at least 1 characters"),
    (minimal_call(externalId="x" * 256), ["externalId"], "at most 255 characters; it has 256"),
    (minimal_call(vapiCallId="call-1"), ["vapiCallId"], "must be a UUID; got 'call-1'"),
    (
        minimal_call(vapiCallId=str(uuid4()), livekitRoomId="RM_1"),
        ["livekitRoomId"],
        "`vapiCallId` and `livekitRoomId`",
    ),
    (minimal_call(agent={"name": "A"}, agents=[]), ["agents"], "`agent` and `agents` were both sent. Send only one"),
    (
        minimal_call(customer={"phoneNumberE164": None}, customers=[]),
        ["customers"],
        "`customer` and `customers` were both sent",
    ),
    (minimal_call(agent={}), ["agent"], "`agent` names no agent. Send `roarkId`, `customId` or `name`."),
    (minimal_call(agents=[{"name": "A"}, {"descripton": "x"}]), ["agents", 1], "`agents[1]` names no agent"),
    (minimal_call(agent="A"), ["agent"], "must be an object; got 'A'"),
    (minimal_call(agents={"name": "A"}), ["agents"], "must be an array; got an object"),
    (minimal_call(agent={"roarkId": "agent-1"}), ["agent", "roarkId"], "must be a UUID; got 'agent-1'"),
    (minimal_call(agent={"name": ""}), ["agent", "name"], "at least 1 characters"),
    (minimal_call(agent={"name": "A", "prompt": {}}), ["agent", "prompt", "resolvedPrompt"], "is required"),
    (minimal_call(agent={"name": "A", "endpoint": {"type": "phone"}}), ["agent", "endpoint"], "Send `id`, or `type`"),
    (
        minimal_call(agent={"name": "A", "endpoint": {"type": "fax", "value": "+14155550100"}}),
        ["agent", "endpoint", "type"],
        "must be one of 'PHONE', 'WEBSOCKET'",
    ),
    (
        minimal_call(agents=[{"name": "A", "endpoint": {"type": "phone", "value": "4155550100"}}]),
        ["agents", 0, "endpoint", "value"],
        "`agents[0].endpoint.value` must be a phone number in E.164",
    ),
    (minimal_call(agents=[{"name": "A"}, {"name": "A"}]), ["agents", 1], "is the same agent as `agents[0]`"),
    (minimal_call(customer={}), ["customer", "phoneNumberE164"], "is required"),
    (
        minimal_call(customer={"phoneNumberE164": "0415"}),
        ["customer", "phoneNumberE164"],
        "or null where there is none",
    ),
    (turn(role="BOT"), ["transcript", 1, "role"], "must be one of 'AGENT' or 'CUSTOMER'; got 'BOT'"),
    (turn(text=None), ["transcript", 1, "text"], "must be a string; got null"),
    (turn(startOffsetMs=-1), ["transcript", 1, "startOffsetMs"], "must be at least 0; got -1"),
    (turn(startOffsetMs=1.5), ["transcript", 1, "startOffsetMs"], "must be a whole number of milliseconds; got 1.5"),
    (turn(startOffsetMs=True), ["transcript", 1, "startOffsetMs"], "must be a whole number of milliseconds; got true"),
    (turn(startOffsetMs=901), ["transcript", 1, "endOffsetMs"], "lies before `startOffsetMs`"),
    (turn(endOffsetMs=10**30), ["transcript", 1, "endOffsetMs"], "must be at most"),
    (turn(payload=[1]), ["transcript", 1, "payload"], "must be an object; got an array"),
    (turn(agent={"customId": "nobody"}), ["transcript", 1, "agent"], "matches none of the call's agents"),
    (turn(role="CUSTOMER", customer={"label": "x"}), ["transcript", 1, "customer"], "none of the call's customers"),
    (
        minimal_call(
            customers=[{"phoneNumberE164": None, "label": "x"}] * 2,
            transcript=[{**TURN, "role": "CUSTOMER", "customer": {"label": "x"}}],
        ),
        ["transcript", 0, "customer"],
        "matches more than one of the call's customers",
    ),
    (minimal_call(transcript=[TURN] * 20_001), ["transcript"], "takes at most 20000 items; it has"),
    (tool(name=""), ["toolInvocations", 0, "name"], "at least 1 characters"),
    (tool(result=4), ["toolInvocations", 0, "result"], "must be a string or an object; got 4"),
    (tool(parameters=[]), ["toolInvocations", 0, "parameters"], "must be an object; got an array"),
    (tool(startOffsetMs=-5), ["toolInvocations", 0, "startOffsetMs"], "must be at least 0; got -5"),
    (tool(startOffsetMs=5, endOffsetMs=4), ["toolInvocations", 0, "endOffsetMs"], "lies before `startOffsetMs`"),
    (tool(agent={"customId": "nobody"}), ["toolInvocations", 0, "agent"], "matches none of the call's agents"),
    (minimal_call(toolInvocations=[TOOL] * 5_001), ["toolInvocations"], "takes at most 5000 items; it has"),
    (minimal_call(properties=["a"]), ["properties"], "must be an object; got an array"),
    (minimal_call(properties={f"p{n}": n for n in range(101)}), ["properties"], "at most 100"),
    (minimal_call(properties={"p" * 129: 1}), ["properties", "p" * 129], "at most 128 are allowed"),
    (minimal_call(properties={"note": "x" * 4097}), ["properties", "note"], "takes at most 4096"),
    (minimal_call(properties={"!": 1}), ["properties", "!"], "has no letter or digit"),
    (minimal_call(properties={"planTier": 1, "plan_tier": 1}), ["properties", "plan_tier"], "are one property"),
    (minimal_call(properties={"agentId": "x"}), ["properties", "agentId"], "is set by Callscope"),
    (minimal_call(properties={"note": "a\0b"}), ["properties", "note"], "contains a NUL character"),
    (turn(text="\0"), ["transcript", 1, "text"], "contains a NUL character"),
]


@pytest.mark.parametrize(
    ("body", "path", "message"), BAD_FIELDS, ids=[".".join(map(str, row[1])) for row in BAD_FIELDS]
)
async def test_a_bad_field_is_named_and_nothing_is_stored(
    api: ApiUnderTest, client: httpx.AsyncClient, body: dict[str, Any], path: Path, message: str
) -> None:
    response = await client.post("/v1/call", json=body)

    assert response.status_code == 400
    answer = response.json()
    issue = next(issue for issue in answer["error"]["issues"] if issue["path"] == path)
    assert message in issue["message"]
    assert answer["type"] == "validation"
    assert answer["success"] is False
    assert answer["message"] == answer["error"]["issues"][0]["message"]
    assert answer["request_id"] == response.headers["x-request-id"]
    assert set((await count_all_rows(api.transactions)).values()) == {0}


UNREADABLE = {
    b"": "is not valid JSON",
    b"{": "is not valid JSON",
    b"[]": "must be an object; got an array",
    b"null": "must be an object; got null",
    b'{"recordingUrl": "\xff"}': "is not valid JSON",
    b'{"externalId": "\\ud800"}': "is not valid JSON",
    b'{"properties": {"a": NaN}}': "`properties.a` is not a finite number",
    b'{"properties": {"a": 1e999}}': "`properties.a` is not a finite number",
    b'{"properties": {"a": ' + b"9" * 5000 + b"}}": "`properties.a` is not a finite number",
    b'{"a": ' * 5000 + b"1" + b"}" * 5000: "is not valid JSON",
}


@pytest.mark.parametrize(("body", "message"), UNREADABLE.items(), ids=[repr(body[:24]) for body in UNREADABLE])
async def test_an_unreadable_body_is_explained(
    api: ApiUnderTest, client: httpx.AsyncClient, body: bytes, message: str
) -> None:
    response = await client.post("/v1/call", content=body, headers={"content-type": "application/json"})

    assert response.status_code == 400
    assert message in response.json()["message"]
    assert set((await count_all_rows(api.transactions)).values()) == {0}


async def test_every_broken_rule_is_named_at_once(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/call", json={"interfaceType": "FAX", "transcript": [{"role": "AGENT"}]})

    assert {tuple(issue["path"]) for issue in response.json()["error"]["issues"]} == {
        ("recordingUrl",),
        ("startedAt",),
        ("interfaceType",),
        ("callDirection",),
        ("transcript", 0, "text"),
        ("transcript", 0, "startOffsetMs"),
        ("transcript", 0, "endOffsetMs"),
    }


def padded(size: int) -> bytes:
    head = httpx.Request("POST", "http://x", json=minimal_call(padding="")).content
    return head.replace(b'"padding":""', b'"padding":"' + b"x" * (size - len(head)) + b'"')


@pytest.mark.parametrize("declares_length", [True, False])
async def test_a_body_beyond_the_limit_is_refused_early(
    api: ApiUnderTest, client: httpx.AsyncClient, *, declares_length: bool
) -> None:
    sent_count = 0

    async def chunks() -> Any:
        nonlocal sent_count
        body = padded(MAX_BODY_BYTES + 1) + b" " * MAX_BODY_BYTES
        for start in range(0, len(body), 65536):
            sent_count += 1
            yield body[start : start + 65536]

    headers = {"content-type": "application/json"}
    if declares_length:
        headers["content-length"] = str(2 * MAX_BODY_BYTES + 1)
    response = await client.post("/v1/call", content=chunks(), headers=headers)

    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"
    assert str(MAX_BODY_BYTES) in response.json()["message"]
    assert sent_count <= MAX_BODY_BYTES // 65536 + 1
    assert set((await count_all_rows(api.transactions)).values()) == {0}


async def test_a_body_at_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    body = padded(MAX_BODY_BYTES)
    assert len(body) == MAX_BODY_BYTES
    response = await client.post("/v1/call", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 201


UNKNOWN_THINGS: dict[str, tuple[dict[str, Any], str]] = {
    "roark id": ({"agent": {"roarkId": UNKNOWN_ID}}, "agent.roarkId"),
    "custom id": ({"agents": [{"name": "A"}, {"customId": "nobody"}]}, "agents[1].customId"),
    "endpoint id": ({"agent": {"name": "A", "endpoint": {"id": UNKNOWN_ID}}}, "agent.endpoint.id"),
}


@pytest.mark.parametrize(("fields", "param"), UNKNOWN_THINGS.values(), ids=UNKNOWN_THINGS)
async def test_an_unknown_id_is_not_found(
    api: ApiUnderTest, client: httpx.AsyncClient, fields: dict[str, Any], param: str
) -> None:
    response = await client.post("/v1/call", json=minimal_call(**fields))

    assert response.status_code == 404
    assert response.json() | {"message": "", "request_id": ""} == {
        "type": "not_found",
        "code": "resource_not_found",
        "message": "",
        "param": param,
        "request_id": "",
    }
    assert f"`{param}`" in response.json()["message"]
    assert set((await count_all_rows(api.transactions)).values()) == {0}


async def test_ids_of_another_project_are_not_found(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    created = await client.post("/v1/call", json=minimal_call(agent={"name": "A", "customId": "a-1"}))
    stranger = authorization(await make_key(api.transactions, project="other"))
    agent_id = created.json()["data"]["agents"][0]["id"]

    for identity in ({"roarkId": agent_id}, {"customId": "a-1"}):
        response = await client.post("/v1/call", json=minimal_call(agent=identity), headers=stranger)
        assert response.status_code == 404


async def test_an_endpoint_of_another_agent_is_refused(client: httpx.AsyncClient) -> None:
    endpoint = {"type": "phone", "value": "+14155550100"}
    created = await client.post("/v1/call", json=minimal_call(agent={"name": "A", "endpoint": endpoint}))
    endpoint_id = created.json()["data"]["agents"][0]["endpoint"]["id"]
    response = await client.post("/v1/call", json=minimal_call(agent={"name": "B", "endpoint": {"id": endpoint_id}}))

    assert response.status_code == 400
    assert response.json()["error"]["issues"][0]["path"] == ["agent", "endpoint", "id"]


async def test_a_property_keeps_its_first_type(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    await client.post("/v1/call", json=minimal_call(properties={"seats": 3}))
    before = await count_all_rows(api.transactions)
    response = await client.post("/v1/call", json=minimal_call(properties={"Seats": "three", "colour": "red"}))

    assert response.status_code == 400
    issue = response.json()["error"]["issues"][0]
    assert issue["path"] == ["properties", "seats"]
    assert "is of type number in this project, the sent value is of type string" in issue["message"]
    assert await count_all_rows(api.transactions) == before


@pytest.mark.parametrize("field", ["recordingUrl", "stereoRecordingUrl"])
async def test_a_recording_that_cannot_be_fetched_is_refused(
    api: ApiUnderTest, client: httpx.AsyncClient, field: str
) -> None:
    api.probe.verdicts["https://x.example/1"] = ProbeVerdict(outcome=ProbeOutcome.NO, reason="The file is empty.")
    response = await client.post("/v1/call", json=minimal_call(**{field: "https://x.example/1"}))

    assert response.status_code == 400
    assert response.json()["code"] == "recording_not_accessible"
    issue = response.json()["error"]["issues"][0]
    assert issue["path"] == [field]
    assert issue["message"].startswith("The provided recording URL is not accessible")
    assert "The file is empty." in issue["message"]
    assert set((await count_all_rows(api.transactions)).values()) == {0}


async def test_a_recording_that_may_come_is_accepted(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    api.probe.verdicts["https://recordings.example/call.wav"] = ProbeVerdict(
        outcome=ProbeOutcome.MAYBE, reason="The server answered 503 instead of the file."
    )
    assert (await client.post("/v1/call", json=minimal_call())).status_code == 201


async def test_a_duplicate_external_id_is_a_conflict(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    await client.post("/v1/call", json=minimal_call(externalId="x-1"))
    before = await count_all_rows(api.transactions)
    new_agent = minimal_call(externalId="x-1", agent={"name": "New"}, properties={"new": 1})
    response = await client.post("/v1/call", json=new_agent)

    assert response.status_code == 409
    assert response.headers["x-should-retry"] == "false"
    assert response.json()["code"] == "duplicate_external_id"
    assert response.json()["message"] == "A call with this externalId already exists in this project"
    assert await count_all_rows(api.transactions) == before


async def test_an_equal_repeat_by_another_key_is_a_conflict(
    api: ApiUnderTest, client: httpx.AsyncClient, key: CreatedKey
) -> None:
    await client.post("/v1/call", json=minimal_call(externalId="x-1"))
    other = await make_key(api.transactions)
    assert other.project_id == key.project_id
    response = await client.post("/v1/call", json=minimal_call(externalId="x-1"), headers=authorization(other))
    assert response.status_code == 409


async def test_unknown_fields_are_kept_and_named(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    body = minimal_call(
        mood="fine",
        agent={"name": "A", "voice": "v2", "endpoint": {"type": "phone", "value": "+14155550100", "region": "eu"}},
        transcript=[{**TURN, "emotion": "happy"}],
        grüße=1,
    )
    response = await client.post("/v1/call", json=body)

    assert response.status_code == 201
    assert response.headers["x-callscope-unknown-fields"] == (
        "mood, gr\\xfc\\xdfe, agent.voice, agent.endpoint.region, transcript[0].emotion"
    )
    async with api.transactions() as session:
        stored = (await session.execute(text("SELECT body, unknown_fields FROM ingest_request"))).one()
    assert b'"emotion"' in stored.body
    assert "grüße" in stored.unknown_fields


WRONG_KEYS = {"none": "", "unknown": "Bearer rk_live_unknown", "another scheme": "Basic cms6", "empty": "Bearer "}


@pytest.mark.parametrize("value", WRONG_KEYS.values(), ids=WRONG_KEYS)
async def test_a_wrong_key_learns_nothing(client: httpx.AsyncClient, value: str) -> None:
    headers = {"authorization": value}
    for response in (
        await client.post("/v1/call", content=b"{", headers=headers),
        await client.get(f"/v1/call/{UNKNOWN_ID}", headers=headers),
    ):
        assert response.status_code == 401
        assert response.json()["type"] == "authentication"
        assert response.json()["code"] == "unauthorized"
        assert response.headers["www-authenticate"] == "Bearer"


async def test_fields_that_exclude_each_other_are_named_with_all_else(client: httpx.AsyncClient) -> None:
    body = minimal_call(agent={"name": "A"}, agents=[], customer={"phoneNumberE164": "1"}, customers=[])
    body["interfaceType"] = "FAX"
    issues = (await client.post("/v1/call", json=body)).json()["error"]["issues"]
    assert [issue["path"] for issue in issues] == [
        ["interfaceType"],
        ["customer", "phoneNumberE164"],
        ["agents"],
        ["customers"],
    ]
    assert [issue["code"] for issue in issues][2:] == ["mutually_exclusive"] * 2


async def test_a_repeat_is_answered_though_its_recording_is_gone(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    body = minimal_call(externalId="x-1")
    first = await client.post("/v1/call", json=body)
    api.probe.verdicts[body["recordingUrl"]] = ProbeVerdict(outcome=ProbeOutcome.NO, reason="403")
    again = await client.post("/v1/call", json=body)
    assert (again.status_code, again.headers["x-callscope-replayed"]) == (200, "true")
    assert again.json() == first.json()

    other = await client.post("/v1/call", json={**body, "callDirection": "OUTBOUND"})
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_external_id")
    assert len(api.probe.asked) == 1
