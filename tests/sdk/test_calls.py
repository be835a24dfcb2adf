import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from roark_analytics import APIStatusError, AsyncRoark, AuthenticationError, ConflictError, NotFoundError, Roark

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import EvidenceSpan, MetricContext, MetricValue, ValueState
from callscope.storage import measurements
from tests.sdk.conftest import LiveApi

COMPLETE_CALL: dict[str, Any] = {
    "recording_url": "https://recordings.example/call.wav",
    "stereo_recording_url": "https://recordings.example/stereo.wav",
    "started_at": "2026-01-31T10:30:00.250+01:00",
    "interface_type": "PHONE",
    "call_direction": "OUTBOUND",
    "agents": [
        {
            "name": "Frontdesk",
            "custom_id": "agent-7",
            "description": "Answers the phone",
            "endpoint": {"type": "phone", "value": "+14155550100", "direction": "INCOMING"},
            "prompt": {"resolved_prompt": "You answer the phone."},
        },
        {"name": "Billing"},
    ],
    "customers": [{"phone_number_e164": "+14155550199", "label": "speaker-01"}, {"phone_number_e164": None}],
    "transcript": [
        {
            "role": "AGENT",
            "text": "Hello",
            "start_offset_ms": 0,
            "end_offset_ms": 900,
            "agent": {"custom_id": "agent-7"},
            "language_code": "en-US",
            "payload": {"confidence": 0.9},
        },
        {
            "role": "CUSTOMER",
            "text": "Hi there",
            "start_offset_ms": 1200,
            "end_offset_ms": 1900,
            "customer": {"label": "speaker-01"},
        },
    ],
    "tool_invocations": [
        {
            "name": "book",
            "description": "Books a table",
            "parameters": {"guests": 4, "day": {"type": "string", "value": "Friday", "description": "Weekday"}},
            "result": {"ok": True},
            "start_offset_ms": 2000,
            "end_offset_ms": 2500,
            "agent": {"custom_id": "agent-7"},
        }
    ],
    "properties": {"planTier": "gold", "seats": 3, "isTrial": False, "address": {"city": "Berlin"}},
    "ended_status": "AGENT_ENDED_CALL",
    "external_id": "external-1",
    "vapi_call_id": "0198a1b2-0000-7000-8000-000000000001",
}
MINIMAL_CALL: dict[str, Any] = {
    name: COMPLETE_CALL[name] for name in ("recording_url", "started_at", "interface_type", "call_direction")
}


def test_a_complete_call_is_created_and_read_back(client: Roark) -> None:
    created = client.call.create(**COMPLETE_CALL).data
    read = client.call.get_by_id(created.id).data

    assert created.status == "ENDED"
    assert created.started_at == "2026-01-31T09:30:00.250000Z"
    assert [agent.endpoint and agent.endpoint.phone_number_e164 for agent in created.agents or ()] == [
        "+14155550100",
        None,
    ]
    assert [(each.phone_number_e164, each.label) for each in created.customers or ()] == [
        ("+14155550199", "speaker-01"),
        (None, None),
    ]
    assert read.agents == [
        type(read.agents[0]).model_validate(agent.model_dump(by_alias=True)) for agent in created.agents or ()
    ]
    assert read.call_direction == "OUTBOUND"
    assert read.ended_status == "AGENT_ENDED_CALL"
    assert read.external_id == "external-1"
    assert read.recording_url_access == "NOT_AVAILABLE"
    assert read.properties == {
        "plan_tier": "gold",
        "seats": "3",
        "is_trial": "false",
        "address": '{"city": "Berlin"}',
    }


def test_the_transcript_names_its_participants(client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    transcript = client.call.get_transcript(call_id).data

    assert transcript.transcription_source == "CUSTOMER_AGENT_REALTIME"
    assert [participant.type for participant in transcript.participants] == ["AGENT", "AGENT", "CUSTOMER", "CUSTOMER"]
    assert [entry.participant_id for entry in transcript.entries] == [
        transcript.participants[0].id,
        transcript.participants[2].id,
    ]
    assert [(entry.role, entry.text, entry.start_offset_ms, entry.end_offset_ms) for entry in transcript.entries] == [
        ("AGENT", "Hello", 0, 900),
        ("CUSTOMER", "Hi there", 1200, 1900),
    ]


def test_a_transcript_of_another_source_is_not_there(client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    transcript = client.call.get_transcript(call_id, source="ROARK_POST_CALL").data

    assert (transcript.transcription_source, transcript.participants, transcript.entries) == (None, [], [])


def test_lists_are_walked_to_their_end(client: Roark) -> None:
    ids = [client.call.create(**MINIMAL_CALL).data.id for _ in range(5)]
    seen, after = [], {}
    while True:
        page = client.call.list(limit=2, **after)
        seen += [call.id for call in page.data]
        assert page.pagination.total == 5
        if not page.pagination.has_more:
            break
        after = {"after": page.pagination.next_cursor}
    assert seen == list(reversed(ids))
    assert page.pagination.next_cursor is None


def test_lists_filter_by_property_text_and_status(client: Roark) -> None:
    complete = client.call.create(**COMPLETE_CALL).data.id
    plain = client.call.create(**MINIMAL_CALL).data.id

    def found(**query: Any) -> list[str]:
        return [call.id for call in client.call.list(**query).data]

    assert found(properties={"planTier": {"exists": True}}) == [complete]
    assert found(properties={"plan_tier": {"exists": False}}) == [plain]
    assert found(properties={"neverSeen": {"exists": False}}) == [plain, complete]
    assert found(search_text="HI THERE") == [complete]
    assert found(search_text="100%") == []
    assert found(status="ENDED") == [plain, complete]
    assert found(status="RINGING") == []
    assert found(counted_in_results="true") == []


async def test_metrics_are_grouped_flat_and_honest(live: LiveApi, client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    await store_values(live, UUID(call_id))

    (group,) = client.call.list_metrics(call_id).data
    assert (group.slug, group.metric_id, group.type, group.scope) == (
        "response_time",
        "response_time",
        "NUMERIC",
        "PER_PARTICIPANT",
    )
    (value,) = group.values
    assert (value.capture_status, value.value, value.participant_role) == ("SUCCESS", 300.0, "agent")
    assert value.from_segment
    assert value.to_segment
    assert (value.from_segment.text, value.to_segment.text) == ("Hello", "Hi there")

    everything = {group.slug: group.values for group in client.call.list_metrics(call_id, status="all").data}
    (missing,) = everything["overtalk_ratio"]
    assert (missing.capture_status, missing.value, missing.value_reasoning) == ("DATA_MISSING", None, "Mono recording.")

    flat = client.get(f"/v1/call/{call_id}/metrics?flatten=true&status=all", cast_to=object)
    status_of = {row["slug"]: row["captureStatus"] for row in flat["data"]}
    assert {slug for slug, status in status_of.items() if status == "SUCCESS"} == {"response_time"}
    assert status_of["overtalk_ratio"] == "DATA_MISSING"
    assert set(status_of.values()) <= {"SUCCESS", "DATA_MISSING", "NOT_APPLICABLE"}
    assert "value" not in next(row for row in flat["data"] if row["slug"] == "overtalk_ratio")


async def store_values(live: LiveApi, call_id: UUID) -> None:
    segments = (
        Segment(role=Role.AGENT, start_offset_ms=0, end_offset_ms=900),
        Segment(role=Role.CUSTOMER, start_offset_ms=1200, end_offset_ms=1900),
    )
    evidence = EvidenceSpan(start_offset_ms=0, end_offset_ms=900, role=Role.AGENT, reason="The first words.")
    values = [
        MetricValue(
            slug="response_time",
            version=1,
            role=Role.AGENT,
            context=MetricContext.SEGMENT_RANGE,
            state=ValueState.SUCCESS,
            value=300,
            confidence=1.0,
            reason=None,
            segments=segments,
            evidence=(evidence,),
        ),
        MetricValue(
            slug="overtalk_ratio",
            version=1,
            role=None,
            context=MetricContext.CALL,
            state=ValueState.DATA_MISSING,
            value=None,
            confidence=None,
            reason="Mono recording.",
        ),
    ]
    async with live.sessions.begin() as session:
        await measurements.save_values(
            session,
            project_id=live.key.project_id,
            call_id=call_id,
            values=values,
            at=datetime(2026, 1, 31, tzinfo=UTC),
        )


def test_a_deleted_call_is_gone_everywhere(client: Roark) -> None:
    call_id = client.call.create(**COMPLETE_CALL).data.id
    deleted = client.call.delete(call_id).data

    assert (deleted.id, deleted.deleted) == (call_id, True)
    for read in (client.call.get_by_id, client.call.get_transcript, client.call.list_metrics, client.call.delete):
        with pytest.raises(NotFoundError):
            read(call_id)
    assert client.call.list().data == []
    assert client.call.create(**COMPLETE_CALL).data.id != call_id


def test_a_conflict_is_not_sent_again(client: Roark) -> None:
    client.call.create(**COMPLETE_CALL)
    with pytest.raises(ConflictError) as conflict:
        client.with_options(max_retries=2).call.create(**MINIMAL_CALL, external_id="external-1")

    assert conflict.value.response.headers["x-should-retry"] == "false"
    assert conflict.value.response.request.headers["x-stainless-retry-count"] == "0"
    assert conflict.value.body["code"] == "duplicate_external_id"


def test_an_equal_repeat_is_answered_with_the_first_call(client: Roark) -> None:
    first = client.call.with_raw_response.create(**COMPLETE_CALL)
    again = client.call.with_raw_response.create(**COMPLETE_CALL)

    assert (first.http_response.status_code, again.http_response.status_code) == (201, 200)
    assert again.headers["x-callscope-replayed"] == "true"
    assert again.parse() == first.parse()


def test_a_wrong_key_is_refused(live: LiveApi) -> None:
    with (
        Roark(bearer_token="rk_live_wrong", base_url=live.url, max_retries=0) as client,
        pytest.raises(AuthenticationError, match="Invalid API key"),
    ):
        client.call.list()


def test_errors_are_read_by_the_client(client: Roark) -> None:
    with pytest.raises(APIStatusError) as error:
        client.call.create(**{**MINIMAL_CALL, "interface_type": "FAX"})  # type: ignore[arg-type]
    assert error.value.status_code == 400
    assert error.value.body["error"]["issues"][0]["path"] == ["interfaceType"]


def test_health_needs_no_key(live: LiveApi) -> None:
    with Roark(bearer_token="none", base_url=live.url, _strict_response_validation=True) as client:
        assert client.health.get().data.status == "healthy"


async def test_the_async_client_sees_the_same(async_client: AsyncRoark) -> None:
    created = (await async_client.call.create(**COMPLETE_CALL)).data
    read, transcript, metrics, page, health = await asyncio.gather(
        async_client.call.get_by_id(created.id),
        async_client.call.get_transcript(created.id),
        async_client.call.list_metrics(created.id),
        async_client.call.list(sort_by="duration", sort_direction="asc"),
        async_client.health.get(),
    )
    assert read.data.id == created.id
    assert len(transcript.data.entries) == 2
    assert metrics.data == []
    assert [call.id for call in page.data] == [created.id]
    assert health.data.status == "healthy"
    assert (await async_client.call.delete(created.id)).data.deleted
