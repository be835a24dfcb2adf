"""Between policies and collection jobs on the wire and those of the domain."""

from collections.abc import Sequence

from pydantic.alias_generators import to_snake

from callscope.api.schemas import metric_policy as wire
from callscope.core.errors import InvalidInput, Issue
from callscope.core.metric_policy import (
    CollectionJob,
    MetricPolicy,
    MetricSetting,
    PolicyCondition,
    SettingName,
)
from callscope.services.backfills import Backfill

MICROS_PER_USD = 1_000_000


def to_metrics(sent: Sequence[wire.PolicyMetricInput]) -> list[tuple[str, MetricSetting | None]]:
    """Return ids (or slugs) with their settings. Raises InvalidInput for a metric with several settings."""
    issues = []
    metrics = []
    for position, metric in enumerate(sent):
        settings = [] if metric.settings is None else _to_settings(metric.settings)
        if len(settings) > 1:
            names = ", ".join(f"`{setting.name}`" for setting in settings)
            message = f"A metric takes at most one setting, got {names}. Send only its own."
            issues.append(Issue(path=("metrics", position, "settings"), code="invalid_parameter", message=message))
        metrics.append((metric.id, settings[0] if settings else None))
    if issues:
        raise InvalidInput(issues)
    return metrics


def to_groups(sent: Sequence[wire.GroupInput]) -> tuple[tuple[PolicyCondition, ...], ...]:
    """Return the groups of conditions."""
    return tuple(
        tuple(
            PolicyCondition(
                type=condition.condition_type,
                key=condition.condition_key,
                operator=condition.condition_operator,
                value=condition.condition_value,
            )
            for condition in group.conditions
        )
        for group in sent
    )


def to_policy_read(policy: MetricPolicy) -> wire.PolicyRead:
    """Return a policy as the wire shows it."""
    return wire.PolicyRead(
        id=policy.id,
        name=policy.name,
        type=policy.type,
        status=policy.status,
        modality="call",
        metrics=[
            wire.PolicyMetricRead(id=metric.source.definition_id, settings=_setting_read(metric.setting))
            for metric in policy.metrics
        ],
        conditions=[
            wire.GroupRead(
                conditions=[
                    wire.ConditionRead(
                        condition_type=condition.type,
                        condition_key=condition.key,
                        condition_operator=condition.operator,
                        condition_value=condition.value,
                    )
                    for condition in group
                ]
            )
            for group in policy.groups
        ]
        or None,
        created_at=policy.created_at,
        updated_at=policy.updated_at,
    )


def to_job_read(job: CollectionJob) -> wire.JobRead:
    """Return a job as the wire shows it."""
    return wire.JobRead(
        id=job.id,
        status=job.status,
        total_items=job.total_items,
        completed_items=job.completed_items,
        failed_items=job.failed_items,
        error_message=job.error_message,
        policy_ids=list(job.policy_ids),
        triggered_by=job.triggered_by,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        updated_at=job.updated_at,
    )


def to_backfill_read(backfill: Backfill) -> wire.BackfillRead:
    """Return a backfill as the wire shows it."""
    estimate = backfill.estimate
    return wire.BackfillRead(
        estimate=wire.BackfillEstimate(
            calls=estimate.call_count,
            items=estimate.item_count,
            judged_items=estimate.judged_item_count,
            prompt_tokens=estimate.prompt_tokens,
            completion_tokens=estimate.completion_tokens,
            amount_usd=estimate.amount_micros / MICROS_PER_USD,
            amount_usd_micros=estimate.amount_micros,
            basis=estimate.basis,
        ),
        metric_collection_job=None if backfill.job is None else to_job_read(backfill.job),
    )


def _to_settings(sent: wire.SettingInput) -> list[MetricSetting]:
    found = {name: getattr(sent, to_snake(name.value)) for name in SettingName}
    return [
        MetricSetting(name=name, texts=(value,) if isinstance(value, str) else tuple(value))
        for name, value in found.items()
        if value is not None
    ]


def _setting_read(setting: MetricSetting | None) -> wire.SettingRead | None:
    if setting is None:
        return None
    value = setting.texts[0] if setting.name.is_text else list(setting.texts)
    return wire.SettingRead.model_validate({setting.name.value: value})
