"""Metric definitions and variants, driven by the official client."""

from typing import Any

import pytest
from roark_analytics import (
    AsyncRoark,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    Roark,
)

from callscope.metrics.definition import definition_id
from tests.sdk.conftest import LiveApi, client_of
from tests.support.api import make_key

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
JUDGED: dict[str, Any] = {
    "calculation_type": "LLM_JUDGE",
    "name": "Polite ending",
    "output_type": "BOOLEAN",
    "llm_prompt": "Did the agent say goodbye?",
}
RESPONSE_TIME = str(definition_id("response_time"))
TURN_COUNT = str(definition_id("turn_count"))
RATIO: dict[str, Any] = {
    "calculation_type": "FORMULA",
    "name": "Wait per turn",
    "output_type": "NUMERIC",
    "formula": f"{{{{id:{RESPONSE_TIME}}}}} / {{{{id:{TURN_COUNT}}}}}",
    "sources": [{"source_metric_definition_id": RESPONSE_TIME}, {"source_metric_definition_id": TURN_COUNT}],
}
PATTERN: dict[str, Any] = {
    "calculation_type": "PATTERN",
    "name": "Slow, then interrupted",
    "operation": "PATTERN_COUNT",
    "trigger": {
        "source_metric_definition_id": RESPONSE_TIME,
        "operator": "GREATER_THAN",
        "threshold_value": "2000",
        "source_participant_role": "AGENT",
    },
    "outcome": {
        "source_metric_definition_id": RESPONSE_TIME,
        "operator": "LESS_THAN",
        "threshold_value": "0",
        "window_after": 10,
    },
}


def threshold(client: Roark, slug: str, **body: Any) -> dict[str, Any]:
    path = f"/v1/metric/definitions/{slug}/thresholds"
    answer: dict[str, Any] = client.post(path, body=body, cast_to=object)["data"]  # type: ignore[index] # plain JSON
    return answer


def delete(client: Roark, slug: str) -> None:
    client.delete(f"/v1/metric/definitions/{slug}", cast_to=object)


def refused(client: Roark, **body: Any) -> set[str]:
    """Return the fields that a definition is refused for."""
    with pytest.raises(BadRequestError) as refusal:
        client.metric.create_definition(**body)
    return {".".join(str(part) for part in issue["path"]) for issue in refusal.value.body["error"]["issues"]}


def test_a_judged_metric_is_made_and_changed(client: Roark) -> None:
    made = client.metric.create_definition(**JUDGED, boolean_true_label="goodbye", boolean_false_label="none").data
    changed = client.metric.update_definition(
        made.slug, llm_prompt="Did the agent say thanks?", change_reason="clearer", supported_contexts=["CALL"]
    ).data
    renamed = client.metric.update_definition(made.id, name="Thanks").data

    assert (made.slug, made.metric_id, made.type, made.scope) == ("polite_ending", "polite_ending", "BOOLEAN", "GLOBAL")
    assert (made.supported_contexts, made.supports_variants) == (["CALL"], True)
    assert (made.boolean_true_label, made.llm_prompt) == ("goodbye", "Did the agent say goodbye?")
    assert (changed.id, changed.variant_id) == (made.id, made.variant_id)
    assert changed.version_id != made.version_id
    assert (changed.llm_prompt, changed.boolean_true_label) == ("Did the agent say thanks?", "goodbye")
    assert (renamed.name, renamed.slug, renamed.version_id) == ("Thanks", "polite_ending", changed.version_id)


def test_every_kind_of_answer_can_be_asked_for(client: Roark) -> None:
    scale = client.metric.create_definition(
        calculation_type="LLM_JUDGE",
        name="Warmth",
        output_type="SCALE",
        llm_prompt="How warm?",
        scale_min=0,
        scale_max=10,
        scale_labels=[{"range_min": 0, "range_max": 3, "label": "cold", "display_order": 0, "color_hex": "#00aaff"}],
        scope="PER_PARTICIPANT",
        participant_role="AGENT",
        supported_contexts=["CALL", "TURN"],
    ).data
    choice = client.metric.create_definition(
        calculation_type="LLM_JUDGE",
        name="Reason",
        slug="call_reason",
        output_type="CLASSIFICATION",
        classification_options=[{"label": "billing", "description": "Bills", "display_order": 0}],
        max_classifications=1,
    ).data
    assert (scale.type, scale.scope, scale.supported_contexts) == ("SCALE", "PER_PARTICIPANT", ["CALL", "TURN"])
    assert (choice.slug, choice.type) == ("call_reason", "CLASSIFICATION")
    for output_type in ("NUMERIC", "TEXT", "COUNT", "OFFSET"):
        made = client.metric.create_definition(**{**JUDGED, "name": output_type, "output_type": output_type}).data
        assert made.type == output_type


def test_derived_metrics_are_made(client: Roark) -> None:
    formula = client.metric.create_definition(**RATIO).data
    pattern = client.metric.create_definition(**PATTERN).data
    both = client.metric.create_definition(
        **{
            **{name: value for name, value in PATTERN.items() if name != "trigger"},
            "name": "Both",
            "operation": "PATTERN_EXISTS",
            "triggers": [PATTERN["trigger"], PATTERN["trigger"]],
            "trigger_combinator": "OR",
            "window_mode": "segments",
        }
    ).data
    slow = threshold(client, "response_time", operator="LESS_THAN", value=1000, aggregationMode="P95")

    assert (formula.formula.expression, len(formula.formula.sources)) == (RATIO["formula"], 2)
    assert (pattern.type, pattern.pattern.outcome.window_after, pattern.pattern.window_mode) == (
        "NUMERIC",
        10,
        "seconds",
    )
    assert (both.type, both.pattern.trigger_combinator, len(both.pattern.triggers)) == ("BOOLEAN", "OR", 2)
    assert (slow["calculationType"], slow["scope"], slow["threshold"]["thresholdValue"]) == (
        "THRESHOLD",
        "PER_PARTICIPANT",
        "1000",
    )
    renamed = client.metric.update_definition(slow["slug"], name="Fast").data
    assert (renamed.name, renamed.calculation_type) == ("Fast", "THRESHOLD")


def test_what_breaks_a_rule_is_refused_by_field(client: Roark) -> None:
    part = {"scope": "PER_PARTICIPANT", "supported_contexts": ["CALL", "SEGMENT"]}
    prompt = {**JUDGED, "llm_prompt": "x" * 2001}
    assert refused(client, **{**JUDGED, "name": "x" * 101}) == {"name"}
    assert refused(client, **JUDGED, slug="Not A Slug") == {"slug"}
    assert refused(client, **JUDGED, slug="a", metric_id="a") == {"metricId"}
    assert refused(client, **prompt) == {"llmPrompt"}
    assert refused(client, calculation_type="LLM_JUDGE", name="n", output_type="TEXT") == {"llmPrompt"}
    assert refused(client, **JUDGED, scale_min=0, max_classifications=2) == {"scaleMin", "maxClassifications"}
    assert refused(client, **{**JUDGED, "output_type": "SCALE"}, scale_min=5, scale_max=5) == {"scaleMin"}
    assert refused(client, **{**JUDGED, "output_type": "SCALE"}) == {"scaleMin"}
    assert refused(client, **{**JUDGED, "output_type": "CLASSIFICATION"}) == {"classificationOptions"}
    assert refused(client, **JUDGED, scope="PER_PARTICIPANT") == {"participantRole"}
    assert refused(client, **JUDGED, participant_role="AGENT") == {"participantRole"}
    assert refused(client, **JUDGED, supported_contexts=["SEGMENT"]) == {"supportedContexts"}
    assert refused(client, **JUDGED, supported_contexts=["CALL", "SEGMENT"]) == {"supportedContexts"}
    assert refused(client, **{**JUDGED, "output_type": "TEXT"}, **part, participant_role="AGENT") == {
        "supportedContexts"
    }
    assert refused(
        client, **{**JUDGED, **part, "supported_contexts": ["CALL", "TURN"]}, participant_role="CUSTOMER"
    ) == {"supportedContexts"}
    assert refused(client, **JUDGED, formula="1") == {"formula"}
    assert refused(client, **JUDGED, analysis_package_id=UNKNOWN_ID) == {"analysisPackageId"}


def test_what_breaks_a_rule_of_derived_metrics_is_refused(client: Roark) -> None:
    one, two = RATIO["sources"]
    assert refused(client, **{**RATIO, "sources": [one]}) == {"sources"}
    assert refused(client, **{**RATIO, "formula": f"{{{{id:{RESPONSE_TIME}}}}} * 2"}) == {
        "sources.1.sourceMetricDefinitionId"
    }
    assert refused(client, **{**RATIO, "output_type": "BOOLEAN"}) == {"formula"}
    assert refused(client, **{**RATIO, "formula": "__import__('os')"}) == {"formula"}
    unknown = {"source_metric_definition_id": UNKNOWN_ID}
    assert refused(client, **{**RATIO, "sources": [one, two, unknown]}) == {"sourceMetricDefinitionId"}
    assert refused(client, **{**RATIO, "llm_prompt": "x"}) == {"llmPrompt"}
    assert refused(client, **{**PATTERN, "triggers": [PATTERN["trigger"]]}) == {"triggers"}
    without = {name: value for name, value in PATTERN.items() if name != "trigger"}
    assert refused(client, **without) == {"trigger"}
    assert refused(client, **without, triggers=[PATTERN["trigger"]] * 2) == {"triggerCombinator"}
    with pytest.raises(BadRequestError, match="number"):
        threshold(client, "response_time", operator="LESS_THAN", value="soon")
    with pytest.raises(BadRequestError, match="`value` is required"):
        threshold(client, "response_time", operator="LESS_THAN")


def test_what_never_changes_cannot_be_changed(client: Roark) -> None:
    made = client.metric.create_definition(**JUDGED).data
    for field in (
        {"slug": "other"},
        {"metric_id": "other"},
        {"output_type": "TEXT"},
        {"scope": "PER_PARTICIPANT"},
        {"participant_role": "AGENT"},
        {"calc_type": "FORMULA"},
        {"source": "x"},
        {"analysis_package_id": UNKNOWN_ID},
        {"organization_id": UNKNOWN_ID},
        {"project_id": UNKNOWN_ID},
        {"supports_multiple_variants": True},
    ):
        with pytest.raises(BadRequestError) as refusal:
            client.metric.update_definition(made.id, **field)
        assert refusal.value.body["code"] == "immutable_field"
    with pytest.raises(BadRequestError, match="cannot be changed"):
        client.metric.update_definition(made.id, formula="1 + 1")
    with pytest.raises(PermissionDeniedError, match="cannot be edited"):
        client.metric.update_definition("response_time", name="Mine")
    with pytest.raises(NotFoundError):
        client.metric.update_definition("no_such_metric", name="Mine")


def test_metrics_cannot_read_each_other_in_a_circle(client: Roark) -> None:
    first = client.metric.create_definition(**RATIO).data
    second = client.metric.create_definition(
        **{
            **RATIO,
            "name": "Second",
            "formula": f"{{{{id:{first.id}}}}} + {{{{id:{TURN_COUNT}}}}}",
            "sources": [{"source_metric_definition_id": first.id}, {"source_metric_definition_id": TURN_COUNT}],
        }
    ).data
    with pytest.raises(BadRequestError, match=r"second.*wait_per_turn|wait_per_turn.*second"):
        client.metric.update_definition(
            first.id,
            formula=f"{{{{id:{second.id}}}}} + {{{{id:{TURN_COUNT}}}}}",
            sources=[{"source_metric_definition_id": second.id}, {"source_metric_definition_id": TURN_COUNT}],
        )


def test_a_metric_that_is_read_is_not_deleted(client: Roark) -> None:
    judged = client.metric.create_definition(**JUDGED).data
    check = threshold(client, judged.slug, operator="EQUALS", value=True)
    with pytest.raises(ConflictError, match=check["slug"]):
        delete(client, judged.slug)
    delete(client, check["slug"])
    delete(client, judged.slug)
    with pytest.raises(NotFoundError):
        delete(client, judged.slug)
    with pytest.raises(PermissionDeniedError):
        delete(client, "response_time")


def test_a_slug_is_borne_once(client: Roark) -> None:
    first = client.metric.create_definition(**JUDGED).data
    second = client.metric.create_definition(**JUDGED).data
    assert (first.slug, second.slug) == ("polite_ending", "polite_ending_2")
    for taken in ("polite_ending", "response_time"):
        with pytest.raises(ConflictError, match="already exists"):
            client.metric.create_definition(**JUDGED, slug=taken)


def test_definitions_are_listed_by_id(client: Roark) -> None:
    own = {client.metric.create_definition(**{**JUDGED, "name": f"Own {number}"}).data.id for number in range(3)}
    own.add(client.metric.create_definition(**RATIO).data.id)
    own.add(client.metric.create_definition(**PATTERN).data.id)
    listed = []
    page = client.metric.list_definitions(limit=50)
    while True:
        listed += page.data
        if page.pagination.next_cursor is None:
            break
        page = client.metric.list_definitions(limit=50, after=page.pagination.next_cursor)
    ids = [metric.id for metric in listed]
    assert ids == sorted(ids)
    assert len(ids) == len(set(ids))
    assert own <= set(ids)
    assert {metric.slug: metric.id for metric in listed}["response_time"] == RESPONSE_TIME
    with pytest.raises(BadRequestError):
        client.metric.list_definitions(after="nonsense")


def test_a_variant_is_made_changed_and_deleted(client: Roark) -> None:
    metric = client.metric.create_definition(**JUDGED).data
    made = client.metric_variant.create(metric.slug, name="Strict").data
    changed = client.metric_variant.update(
        made.id, id_or_slug=metric.slug, llm_prompt="Exactly 'goodbye'?", change_reason="strict"
    ).data
    renamed = client.metric_variant.update(made.id, id_or_slug=metric.slug, name="Stricter").data
    listed = client.metric_variant.list(metric.slug).data

    assert (made.is_default, made.is_system, made.metric_definition_id) == (False, False, metric.id)
    assert changed.version_id != made.version_id
    assert (renamed.name, renamed.version_id) == ("Stricter", changed.version_id)
    assert client.metric_variant.get_by_id(made.id, id_or_slug=metric.id).data.name == "Stricter"
    assert [(variant.name, variant.is_default) for variant in listed] == [("Default", True), ("Stricter", False)]
    assert listed[0].id == metric.variant_id
    assert client.metric_variant.delete(made.id, id_or_slug=metric.slug).data.deleted
    with pytest.raises(NotFoundError):
        client.metric_variant.get_by_id(made.id, id_or_slug=metric.slug)
    with pytest.raises(ConflictError):
        client.metric_variant.delete(listed[0].id, id_or_slug=metric.slug)


def test_the_installations_variant_is_forked(client: Roark) -> None:
    before = client.metric_variant.list("task_completion").data
    fork = client.metric_variant.update(
        before[0].id, id_or_slug="task_completion", llm_prompt="Was the parcel sent?"
    ).data
    shown = next(metric for metric in _all_definitions(client) if metric.slug == "task_completion")
    assert [(variant.is_system, variant.name) for variant in before] == [(True, "Default")]
    assert fork.id != before[0].id
    assert (fork.is_system, fork.is_default) == (False, True)
    assert (shown.variant_id, shown.version_id, shown.llm_prompt) == (fork.id, fork.version_id, "Was the parcel sent?")
    with pytest.raises(PermissionDeniedError):
        client.metric_variant.create("response_time", name="Mine")
    assert client.metric_variant.delete(fork.id, id_or_slug="task_completion").data.deleted
    after = client.metric_variant.list("task_completion").data
    assert [variant.id for variant in after] == [before[0].id]
    with pytest.raises(PermissionDeniedError):
        client.metric_variant.delete(after[0].id, id_or_slug="task_completion")


def test_a_variants_name_is_reserved_or_taken(client: Roark) -> None:
    metric = client.metric.create_definition(**JUDGED).data
    client.metric_variant.create(metric.slug, name="Strict")
    with pytest.raises(BadRequestError, match="reserved"):
        client.metric_variant.create(metric.slug, name="Default")
    with pytest.raises(ConflictError):
        client.metric_variant.create(metric.slug, name="Strict")
    other = client.metric_variant.create(metric.slug, name="Loose").data
    with pytest.raises(ConflictError):
        client.metric_variant.update(other.id, id_or_slug=metric.slug, name="Strict")
    with pytest.raises(BadRequestError, match="belongs to SCALE"):
        client.metric_variant.update(other.id, id_or_slug=metric.slug, scale_min=1)


async def test_another_project_sees_nothing_of_it(live: LiveApi, client: Roark) -> None:
    metric = client.metric.create_definition(**JUDGED).data
    with client_of(live, await make_key(live.sessions, project="other")) as other:
        with pytest.raises(NotFoundError):
            other.metric.update_definition(metric.id, name="Stolen")
        assert other.metric.create_definition(**JUDGED).data.slug == metric.slug


async def test_definitions_and_variants_asynchronously(async_client: AsyncRoark) -> None:
    metric = (await async_client.metric.create_definition(**JUDGED)).data
    assert (await async_client.metric.update_definition(metric.id, name="Thanks")).data.name == "Thanks"
    assert (await async_client.metric.list_definitions(limit=1)).pagination.has_more
    variant = (await async_client.metric_variant.create(metric.id, name="Strict")).data
    assert (await async_client.metric_variant.update(variant.id, id_or_slug=metric.id, llm_prompt="Why?")).data.id
    assert (await async_client.metric_variant.get_by_id(variant.id, id_or_slug=metric.id)).data.name == "Strict"
    assert len((await async_client.metric_variant.list(metric.id)).data) == 2
    assert (await async_client.metric_variant.delete(variant.id, id_or_slug=metric.id)).data.deleted


def _all_definitions(client: Roark) -> list[Any]:
    page = client.metric.list_definitions(limit=50)
    found: list[Any] = list(page.data)
    while page.pagination.next_cursor is not None:
        page = client.metric.list_definitions(limit=50, after=page.pagination.next_cursor)
        found += page.data
    return found
