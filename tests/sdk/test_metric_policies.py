"""Metric policies and collection jobs, driven by the official client."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from roark_analytics import AsyncRoark, BadRequestError, ConflictError, NotFoundError, Roark

from callscope.metrics.definition import definition_id
from tests.sdk.conftest import LiveApi, client_of
from tests.sdk.test_calls import MINIMAL_CALL
from tests.support.api import make_key

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
OUTCOME = str(definition_id("call_outcome"))
MISMATCH = str(definition_id("property_transcript_mismatch"))
GOLD: dict[str, Any] = {
    "condition_type": "CALL_PROPERTY",
    "condition_key": "planTier",
    "condition_operator": "EQUALS",
    "condition_value": "gold",
}


def policy(client: Roark, **further: Any) -> Any:
    body: dict[str, Any] = {"name": "Gold", "modality": "call", "metrics": [{"id": OUTCOME}], **further}
    return client.metric_policy.create(**body).data


@contextmanager
def refusing(*fields: str | int) -> Iterator[None]:
    """Expect a refusal that names exactly this field."""
    with pytest.raises(BadRequestError) as refusal:
        yield
    assert [issue["path"] for issue in refusal.value.body["error"]["issues"]] == [list(fields)]


def test_a_policy_is_made_changed_and_deleted(client: Roark) -> None:
    made = policy(
        client,
        metrics=[{"id": OUTCOME}, {"id": MISMATCH, "settings": {"verified_properties": ["city"]}}],
        conditions=[
            {"conditions": [GOLD]},
            {"conditions": [{"condition_type": "CALL_SOURCE", "condition_key": "API"}]},
        ],
    )
    assert (made.status, made.type, [metric.id for metric in made.metrics]) == ("ACTIVE", "USER", [OUTCOME, MISMATCH])
    assert made.metrics[0].settings is None
    assert made.metrics[1].settings.verified_properties == ["city"]
    assert [len(group.conditions) for group in made.conditions] == [1, 1]
    assert made.conditions[0].conditions[0].condition_value == "gold"

    renamed = client.metric_policy.update(made.id, name="All", status="INACTIVE", conditions=[]).data
    assert (renamed.name, renamed.status, renamed.conditions) == ("All", "INACTIVE", None)
    assert len(renamed.metrics) == 2
    reset = client.metric_policy.update(made.id, metrics=[{"id": MISMATCH}]).data
    assert [(metric.id, metric.settings) for metric in reset.metrics] == [(MISMATCH, None)]
    assert client.metric_policy.get_by_id(made.id).data.name == "All"
    assert client.metric_policy.delete(made.id).data.deleted
    with pytest.raises(NotFoundError):
        client.metric_policy.get_by_id(made.id)


def test_a_policy_names_documents(client: Roark) -> None:
    body = {"name": "Returns", "sourceType": "TEXT", "content": "Refunds within 30 days."}
    document = client.post("/v1/knowledge-base", body=body, cast_to=dict[str, Any])["data"]["id"]
    grounding = str(definition_id("knowledge_grounding_score"))
    made = policy(client, metrics=[{"id": grounding, "settings": {"knowledge_base_document_ids": [document]}}])
    assert made.metrics[0].settings.knowledge_base_document_ids == [document]


def test_a_read_metrics_list_can_be_sent_back(client: Roark) -> None:
    made = policy(client)
    back = [{"id": metric.id, "settings": metric.settings} for metric in made.metrics]
    sent_back = client.metric_policy.update(made.id, metrics=back).data
    assert [metric.model_dump() for metric in sent_back.metrics] == [metric.model_dump() for metric in made.metrics]


def test_policies_are_listed_with_those_of_the_system(client: Roark) -> None:
    ids = [policy(client, name=str(number)).id for number in range(3)]
    client.metric_policy.update(ids[0], status="INACTIVE")
    first = client.metric_policy.list(limit=2)
    rest = client.metric_policy.list(limit=50, after=first.pagination.next_cursor or "")

    listed = [*first.data, *rest.data]
    assert [each.id for each in listed][:3] == list(reversed(ids))
    assert [each.type for each in listed] == ["USER"] * 3 + ["SYSTEM"] * 2
    assert (first.pagination.total, first.pagination.has_more, rest.pagination.has_more) == (5, True, False)
    assert [each.id for each in client.metric_policy.list(status="INACTIVE").data] == [ids[0]]
    system = listed[-1]
    assert client.metric_policy.get_by_id(system.id).data.metrics
    with pytest.raises(BadRequestError, match="system policy"):
        client.metric_policy.update(system.id, name="Mine")
    with pytest.raises(BadRequestError, match="system policy"):
        client.metric_policy.delete(system.id)


def test_a_bad_policy_is_refused_by_field(client: Roark) -> None:
    with refusing("metrics", 0, "id"):
        policy(client, metrics=[{"id": UNKNOWN_ID}])
    with refusing("metrics", 0, "settings"):
        policy(client, metrics=[{"id": OUTCOME, "settings": {"voicemail_script": "Hello"}}])
    with refusing("metrics", 0, "settings"):
        both = {"voicemail_script": "Hello", "screening_brief": "Who"}
        policy(client, metrics=[{"id": OUTCOME, "settings": both}])
    with refusing("conditions", 0, "conditions", 0, "conditionOperator"):
        bare = {"condition_type": "CALL_PROPERTY", "condition_key": "a", "condition_value": "b"}
        policy(client, conditions=[{"conditions": [bare]}])
    with refusing("conditions", 0, "conditions", 0, "conditionKey"):
        policy(client, conditions=[{"conditions": [{"condition_type": "AGENT", "condition_key": "Desk"}]}])
    with refusing("modality"):
        policy(client, modality="chat")
    with refusing("metrics"):
        policy(client, metrics=[])


def test_a_metric_of_a_policy_is_not_deleted(client: Roark) -> None:
    own = client.metric.create_definition(
        calculation_type="LLM_JUDGE", name="Own", output_type="BOOLEAN", llm_prompt="Is it?"
    ).data
    made = policy(client, metrics=[{"id": own.id}])
    with pytest.raises(ConflictError, match="Gold"):
        client.delete(f"/v1/metric/definitions/{own.slug}", cast_to=object)
    client.metric_policy.delete(made.id)
    client.delete(f"/v1/metric/definitions/{own.slug}", cast_to=object)


def test_a_job_is_started_read_and_cancelled(client: Roark) -> None:
    call_ids = [client.call.create(**MINIMAL_CALL).data.id for _ in range(2)]
    job = client.metric_collection_job.create(call_ids=call_ids, metrics=[{"id": OUTCOME}, {"id": "turn_count"}]).data
    assert (job.status, job.total_items, job.completed_items, job.failed_items) == ("PENDING", 4, 0, 0)
    assert (job.triggered_by, job.policy_ids, job.started_at, job.error_message) == ("USER_API", [], None, None)
    assert client.metric_collection_job.get_by_id(job.id).data.id == job.id
    assert [each.id for each in client.metric_collection_job.list(status="PENDING").data] == [job.id]
    assert client.metric_collection_job.list(status="COMPLETED").data == []
    cancelled = client.metric_collection_job.cancel(job.id).data
    again = client.metric_collection_job.cancel(job.id).data
    assert (cancelled.status, again) == ("CANCELED", cancelled)
    retried: Any = client.post(f"/v1/metric/collection-jobs/{job.id}/retry", cast_to=object)
    assert retried["data"]["status"] == "PENDING"
    with pytest.raises(ConflictError):
        client.post(f"/v1/metric/collection-jobs/{job.id}/retry", cast_to=object)
    values: Any = client.get(f"/v1/metric/collection-jobs/{job.id}/metric-values", cast_to=object)
    assert values == {"data": [], "nextCursor": None}


def test_a_job_scores_with_a_policy(client: Roark) -> None:
    call_id = client.call.create(**MINIMAL_CALL).data.id
    made = policy(client, metrics=[{"id": OUTCOME}, {"id": MISMATCH}])
    whole = client.metric_collection_job.create(call_ids=[call_id], policy_id=made.id).data
    part = client.metric_collection_job.create(call_ids=[call_id], policy_id=made.id, metrics=[{"id": MISMATCH}]).data
    assert (whole.total_items, whole.policy_ids, part.total_items) == (2, [made.id], 1)
    with refusing("metrics", 0, "id"):
        client.metric_collection_job.create(call_ids=[call_id], policy_id=made.id, metrics=[{"id": "turn_count"}])


def test_a_bad_job_is_refused(client: Roark) -> None:
    call_id = client.call.create(**MINIMAL_CALL).data.id
    with refusing("callIds"):
        client.metric_collection_job.create(metrics=[{"id": OUTCOME}])
    with refusing("chatIds"):
        client.metric_collection_job.create(chat_ids=[call_id], metrics=[{"id": OUTCOME}])
    with refusing("chatIds"):
        client.metric_collection_job.create(chat_ids=[call_id], call_ids=[call_id], metrics=[{"id": OUTCOME}])
    with refusing("metrics"):
        client.metric_collection_job.create(call_ids=[call_id])
    with refusing("callIds"):
        client.metric_collection_job.create(call_ids=[UNKNOWN_ID] * 501, metrics=[{"id": OUTCOME}])
    with refusing("metrics"):
        client.metric_collection_job.create(call_ids=[call_id], metrics=[{"id": OUTCOME}] * 21)
    for unknown in (
        {"call_ids": [UNKNOWN_ID], "metrics": [{"id": OUTCOME}]},
        {"call_ids": [call_id], "metrics": [{"id": UNKNOWN_ID}]},
        {"call_ids": [call_id], "policy_id": UNKNOWN_ID},
    ):
        with pytest.raises(NotFoundError):
            client.metric_collection_job.create(**unknown)
    with pytest.raises(NotFoundError):
        client.metric_collection_job.get_by_id(UNKNOWN_ID)


def test_a_backfill_tells_what_it_costs_before_it_starts(client: Roark) -> None:
    gold = [client.call.create(**{**MINIMAL_CALL, "properties": {"planTier": "gold"}}).data.id for _ in range(3)]
    client.call.create(**MINIMAL_CALL)
    made = policy(client, metrics=[{"id": OUTCOME}, {"id": "loop_count_check"}], conditions=[{"conditions": [GOLD]}])
    path = f"/v1/metric/policies/{made.id}/backfill"

    estimate: Any = client.post(path, body={"lastCalls": 2, "estimateOnly": True}, cast_to=object)
    assert estimate["data"]["metricCollectionJob"] is None
    assert (estimate["data"]["estimate"]["calls"], estimate["data"]["estimate"]["judgedItems"]) == (2, 2)
    assert estimate["data"]["estimate"]["promptTokens"] > 0
    started: Any = client.post(path, body={"startedFrom": "2020-01-01T00:00:00Z"}, cast_to=object)
    job = client.metric_collection_job.get_by_id(started["data"]["metricCollectionJob"]["id"]).data
    assert (job.total_items, job.policy_ids) == (2 * len(gold), [made.id])
    assert client.metric_collection_job.cancel(job.id).data.status == "CANCELED"
    with refusing("lastCalls"):
        client.post(path, body={}, cast_to=object)
    with refusing("lastCalls"):
        client.post(path, body={"lastCalls": 1, "startedFrom": "2020-01-01T00:00:00Z"}, cast_to=object)


def test_metrics_named_with_a_change_are_scored(client: Roark) -> None:
    call_id = client.call.create(**MINIMAL_CALL).data.id
    done = client.call.update_properties(call_id, properties={"a": 1}, metrics=[{"id": OUTCOME}]).data
    assert done.metric_collection_job is not None
    assert (done.metric_collection_job.total_items, done.metric_collection_error) == (1, None)
    failed = client.call.update_properties(call_id, properties={"a": 2}, metrics=[{"id": "nonsense"}]).data
    assert failed.metric_collection_job is None
    assert "nonsense" in (failed.metric_collection_error or "")
    assert client.call.get_by_id(call_id).data.properties == {"a": "2"}


async def test_nothing_of_another_project_is_seen(live: LiveApi, client: Roark) -> None:
    made = policy(client)
    call_id = client.call.create(**MINIMAL_CALL).data.id
    job = client.metric_collection_job.create(call_ids=[call_id], metrics=[{"id": OUTCOME}]).data
    with client_of(live, await make_key(live.sessions, project="other")) as other:
        for attempt in (
            lambda: other.metric_policy.get_by_id(made.id),
            lambda: other.metric_policy.update(made.id, name="Stolen"),
            lambda: other.metric_policy.delete(made.id),
            lambda: other.metric_collection_job.get_by_id(job.id),
            lambda: other.metric_collection_job.cancel(job.id),
            lambda: other.metric_collection_job.create(call_ids=[call_id], metrics=[{"id": OUTCOME}]),
        ):
            with pytest.raises(NotFoundError):
                attempt()
        assert other.metric_collection_job.list().data == []


async def test_policies_and_jobs_asynchronously(async_client: AsyncRoark) -> None:
    made = (await async_client.metric_policy.create(name="A", modality="call", metrics=[{"id": OUTCOME}])).data
    assert (await async_client.metric_policy.update(made.id, name="B")).data.name == "B"
    assert (await async_client.metric_policy.get_by_id(made.id)).data.name == "B"
    assert (await async_client.metric_policy.list(limit=1)).pagination.total == 3
    call_id = (await async_client.call.create(**MINIMAL_CALL)).data.id
    job = (await async_client.metric_collection_job.create(call_ids=[call_id], policy_id=made.id)).data
    assert (await async_client.metric_collection_job.get_by_id(job.id)).data.total_items == 1
    assert (await async_client.metric_collection_job.list()).pagination.total == 1
    assert (await async_client.metric_collection_job.cancel(job.id)).data.status == "CANCELED"
    assert (await async_client.metric_policy.delete(made.id)).data.deleted
