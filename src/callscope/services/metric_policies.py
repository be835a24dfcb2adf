"""Policies: which metrics a project collects of which calls, those that come with the service included."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from callscope.core.call import Call
from callscope.core.errors import InvalidInput, Issue, NotFound
from callscope.core.ids import new_id
from callscope.core.metric_definition import DefinedMetric, Judgement, MetricSource
from callscope.core.metric_policy import (
    CollectedMetric,
    ConditionOperator,
    ConditionType,
    MetricPolicy,
    PolicyCondition,
    PolicyStatus,
    PolicyType,
    SettingName,
)
from callscope.core.page import Page, PageRequest, page_of
from callscope.core.policy_matching import fits
from callscope.metrics import registry
from callscope.metrics.definition import definition_id
from callscope.services import knowledge_bases
from callscope.services.call_properties import system_properties
from callscope.services.metric_catalogue import Catalogue, is_judged, read_catalogue, system_metrics
from callscope.storage import metric_definitions, metric_policies

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SHIPPED_AT = datetime(2026, 1, 1, tzinfo=UTC)
MEASURED_POLICY_NAME = "Measured metrics"
JUDGED_POLICY_NAME = "Judged basics"
JUDGED_BASICS = (
    "call_outcome",
    "caller_intent",
    "task_completion",
    "task_completion_check",
    "customer_reception",
    "customer_reception_check",
)
"""What is asked of every call once there is a judge; everything else costs only where a policy says so."""


class PolicyNotFound(NotFound):
    """The project has no such policy."""


async def list_policies(
    session: "AsyncSession", project_id: UUID, request: PageRequest, *, status: PolicyStatus | None
) -> Page[MetricPolicy]:
    """Return one page of policies: the project's own, newest first, then those of the system."""
    policies = await every_policy(session, project_id)
    shown = [policy for policy in policies if status in (None, policy.status)]
    return page_of(shown, request, id_of=_id, of_list="metric_policy")


async def every_policy(session: "AsyncSession", project_id: UUID) -> tuple[MetricPolicy, ...]:
    """Return all policies: the project's own, newest first, then those of the system."""
    return (*await metric_policies.list_all(session, project_id), *system_policies(project_id))


async def get_policy(session: "AsyncSession", project_id: UUID, policy_id: UUID) -> MetricPolicy:
    """Return a policy. Raises PolicyNotFound."""
    for policy in await every_policy(session, project_id):
        if policy.id == policy_id:
            return policy
    raise _not_found(policy_id)


async def get_own_policy(session: "AsyncSession", project_id: UUID, policy_id: UUID) -> MetricPolicy:
    """Return a policy that can be changed. Raises PolicyNotFound, InvalidInput for a system policy."""
    _refuse_system(project_id, policy_id)
    return await get_policy(session, project_id, policy_id)


async def create_policy(
    session: "AsyncSession", project_id: UUID, changes: Mapping[str, Any], metrics: Sequence[tuple[str, Any]]
) -> MetricPolicy:
    """Make a policy of name, status and groups. Raises InvalidInput for a metric, a setting or a condition.

    `metrics` are ids or slugs, each with its setting or None.
    """
    await metric_definitions.lock_project(session, project_id)
    catalogue = await read_catalogue(session, project_id)
    columns = {**changes, "metrics": await _checked(session, project_id, _to_collected(metrics, catalogue))}
    _check_groups(columns["groups"])
    return await metric_policies.add(session, project_id, new_id(), columns)


async def change_policy(
    session: "AsyncSession",
    project_id: UUID,
    policy_id: UUID,
    changes: Mapping[str, Any],
    metrics: Sequence[tuple[str, Any]] | None,
) -> MetricPolicy:
    """Change a policy; `metrics` replace all it had. Raises PolicyNotFound, InvalidInput, also for a system policy."""
    _refuse_system(project_id, policy_id)
    await metric_definitions.lock_project(session, project_id)
    columns = dict(changes)
    if metrics is not None:
        collected = _to_collected(metrics, await read_catalogue(session, project_id))
        columns["metrics"] = await _checked(session, project_id, collected)
    _check_groups(columns.get("groups", ()))
    changed = await metric_policies.change(session, project_id, policy_id, columns)
    if changed is None:
        raise _not_found(policy_id)
    return changed


async def delete_policy(session: "AsyncSession", project_id: UUID, policy_id: UUID) -> None:
    """Delete a policy. Raises PolicyNotFound, InvalidInput for a system policy."""
    _refuse_system(project_id, policy_id)
    if not await metric_policies.remove(session, project_id, policy_id):
        raise _not_found(policy_id)


async def policies_for(session: "AsyncSession", call: Call, *, has_judge: bool) -> tuple[MetricPolicy, ...]:
    """Return the active policies that a call fits and that ask for more than its own analysis measures.

    The system's judged basics count only where there is a judge.
    """
    own = await metric_policies.list_all(session, call.project_id)
    candidates = [*own, *(_judged_basics(call.project_id) if has_judge else ())]
    properties = {**call.properties, **system_properties(call)}
    return tuple(
        policy for policy in candidates if policy.status is PolicyStatus.ACTIVE and fits(policy, call, properties)
    )


def system_policies(project_id: UUID) -> tuple[MetricPolicy, ...]:
    """Return the policies that come with the service. They always apply and cannot be changed."""
    measured = [metric.id for metric in system_metrics().values() if not is_judged(metric)]
    return (*_judged_basics(project_id), _system_policy(project_id, MEASURED_POLICY_NAME, measured))


def _judged_basics(project_id: UUID) -> tuple[MetricPolicy, ...]:
    ids = [definition_id(slug) for slug in JUDGED_BASICS if definition_id(slug) in system_metrics()]
    return (_system_policy(project_id, JUDGED_POLICY_NAME, ids),)


def _system_policy(project_id: UUID, name: str, metric_ids: Sequence[UUID]) -> MetricPolicy:
    return MetricPolicy(
        id=uuid5(project_id, name),
        name=name,
        type=PolicyType.SYSTEM,
        status=PolicyStatus.ACTIVE,
        metrics=tuple(CollectedMetric(source=MetricSource(definition_id=metric_id)) for metric_id in metric_ids),
        groups=(),
        created_at=SHIPPED_AT,
        updated_at=SHIPPED_AT,
    )


def _to_collected(metrics: Sequence[tuple[str, Any]], catalogue: Catalogue) -> tuple[CollectedMetric, ...]:
    issues: list[Issue] = []
    collected: dict[UUID, CollectedMetric] = {}
    for position, (id_or_slug, setting) in enumerate(metrics):
        try:
            metric = catalogue.find(id_or_slug)
        except NotFound as error:
            issues.append(Issue(path=("metrics", position, "id"), code="invalid_parameter", message=error.message))
            continue
        taken = setting_of(metric)
        if setting is not None and taken is not setting.name:
            takes = f"It takes `{taken}`." if taken else "It takes none."
            message = f"`{metric.slug}` does not take the setting `{setting.name}`. {takes}"
            issues.append(Issue(path=("metrics", position, "settings"), code="invalid_parameter", message=message))
        collected[metric.id] = CollectedMetric(source=MetricSource(definition_id=metric.id), setting=setting)
    if issues:
        raise InvalidInput(issues)
    return tuple(collected.values())


def setting_of(metric: DefinedMetric) -> SettingName | None:
    """Return what a metric can be told; a project's own judged metrics can be held against documents."""
    if not metric.is_system and isinstance(metric.calculation, Judgement):
        return SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS
    return registry.get(metric.slug).setting if metric.is_system else None


async def _checked(
    session: "AsyncSession", project_id: UUID, metrics: tuple[CollectedMetric, ...]
) -> tuple[CollectedMetric, ...]:
    """Return the metrics. Raises InvalidInput for documents that the project has not."""
    for position, metric in enumerate(metrics):
        if metric.setting is None or metric.setting.name is not SettingName.KNOWLEDGE_BASE_DOCUMENT_IDS:
            continue
        fault = await knowledge_bases.fault_of_ids(session, project_id, metric.setting.texts)
        if fault is not None:
            raise InvalidInput.at("metrics", position, "settings", metric.setting.name.value, message=fault)
    return metrics


def _check_groups(groups: Sequence[Sequence[PolicyCondition]]) -> None:
    issues = [
        Issue(path=("conditions", outer, "conditions", inner, field), code="invalid_parameter", message=message)
        for outer, group in enumerate(groups)
        for inner, condition in enumerate(group)
        for field, message in _condition_faults(condition)
    ]
    if issues:
        raise InvalidInput(issues)


def _condition_faults(condition: PolicyCondition) -> list[tuple[str, str]]:
    if condition.type is ConditionType.CALL_PROPERTY:
        needed = {"conditionOperator": condition.operator, "conditionValue": condition.value}
        return [(name, f"`{name}` is required for CALL_PROPERTY.") for name, value in needed.items() if value is None]
    faults = []
    if condition.operator not in (None, ConditionOperator.EQUALS, ConditionOperator.NOT_EQUALS):
        faults.append(("conditionOperator", f"{condition.type} is compared by EQUALS or NOT_EQUALS."))
    if condition.type is ConditionType.AGENT and not _is_uuid(condition.key):
        faults.append(("conditionKey", "`conditionKey` of an AGENT condition is the agent's id, a UUID."))
    return faults


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _refuse_system(project_id: UUID, policy_id: UUID) -> None:
    if policy_id in {policy.id for policy in system_policies(project_id)}:
        raise InvalidInput.at("policyId", message="A system policy cannot be changed or deleted. Make one of your own.")


def _not_found(policy_id: UUID) -> PolicyNotFound:
    return PolicyNotFound(f"There is no metric policy {policy_id} in this project.", param="policyId")


def _id(policy: MetricPolicy) -> UUID:
    return policy.id
