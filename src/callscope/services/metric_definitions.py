"""Metrics of a project: listed, made, changed by new versions, deleted where nothing needs them any more."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.errors import Conflict, InvalidInput, PermissionMissing
from callscope.core.ids import new_id
from callscope.core.metric import MetricScope, ValueType
from callscope.core.metric_definition import (
    DEFAULT_PACKAGE_NAME,
    MAX_NAME_LENGTH,
    Aggregation,
    AnalysisPackage,
    Calculation,
    DefinedMetric,
    Formula,
    GradedContext,
    Judgement,
    ParticipantRole,
    Pattern,
    Threshold,
)
from callscope.core.page import Page, PageRequest, page_of
from callscope.metrics.derived import dependencies
from callscope.services import metric_rules
from callscope.services.metric_catalogue import Catalogue, read_catalogue
from callscope.storage import measurements, metric_definitions, metric_policies

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class MetricInUse(Conflict):
    """Other metrics or policies read the metric."""

    code = "metric_in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMetric:
    """A metric to make. Without a slug one is made of the name, without a package it goes into the default one."""

    name: str
    slug: str | None
    description: str
    value_type: ValueType
    scope: MetricScope
    role: ParticipantRole | None
    contexts: tuple[GradedContext, ...]
    calculation: Calculation
    package_id: UUID | None


async def list_metrics(session: "AsyncSession", project_id: UUID, request: PageRequest) -> Page[DefinedMetric]:
    """Return one page of the project's metrics, those of the installation included, by id."""
    catalogue = await read_catalogue(session, project_id)
    return page_of(sorted(catalogue.by_id.values(), key=_id), request, id_of=_id, of_list="metric_definition")


async def get_metric(session: "AsyncSession", project_id: UUID, id_or_slug: str) -> DefinedMetric:
    """Return a metric in its default variant. Raises MetricNotFound."""
    return (await read_catalogue(session, project_id)).find(id_or_slug)


async def create_metric(session: "AsyncSession", project_id: UUID, new: NewMetric) -> DefinedMetric:
    """Make a metric. Raises InvalidInput for a rule it breaks, SlugTaken."""
    await metric_definitions.lock_project(session, project_id)
    catalogue = await read_catalogue(session, project_id)
    slugs = frozenset(metric.slug for metric in catalogue.by_id.values())
    if new.slug in slugs:
        raise metric_definitions.SlugTaken(new.slug)
    package_id = await _package(session, project_id, new.package_id)
    metric = _as_metric(new, new.slug or metric_rules.slug_of(new.name, slugs), package_id, catalogue)
    metric_rules.check(metric, catalogue)
    await metric_definitions.add(session, project_id, metric)
    return metric


async def threshold_on(
    session: "AsyncSession",
    project_id: UUID,
    id_or_slug: str,
    threshold: Threshold,
    *,
    name: str | None = None,
    slug: str | None = None,
) -> NewMetric:
    """Return a threshold on a metric to make: it has the metric's scope and party, and for EACH its contexts.

    Of the source that `threshold` names only the variant counts. Raises MetricNotFound.
    """
    source = await get_metric(session, project_id, id_or_slug)
    condition = replace(threshold.condition, source=replace(threshold.condition.source, definition_id=source.id))
    words = condition.operator.value.replace("_", " ").lower()
    return NewMetric(
        name=name or f"{source.name} {words} {condition.threshold_value}"[:MAX_NAME_LENGTH],
        slug=slug,
        description=f"Whether {source.name} is {words} {condition.threshold_value}.",
        value_type=ValueType.BOOLEAN,
        scope=source.scope,
        role=condition.role or source.role,
        contexts=source.contexts if threshold.aggregation is Aggregation.EACH else (GradedContext.CALL,),
        calculation=replace(threshold, condition=condition),
        package_id=None,
    )


async def change_metric(
    session: "AsyncSession",
    project_id: UUID,
    id_or_slug: str,
    changes: Mapping[str, Any],
    *,
    name: str | None,
    contexts: tuple[GradedContext, ...] | None,
    change_reason: str | None,
) -> DefinedMetric:
    """Change a metric; `changes` are fields of its calculation. What is computed otherwise gets a new version.

    Raises MetricNotFound, PermissionMissing for a metric of the installation, InvalidInput.
    """
    await metric_definitions.lock_project(session, project_id)
    catalogue = await read_catalogue(session, project_id)
    metric = catalogue.find(id_or_slug)
    if metric.is_system:
        raise PermissionMissing(
            f"`{metric.slug}` comes with Callscope and cannot be edited. Make a variant of it "
            f"(POST /v1/metric/definitions/{metric.slug}/variants) or a metric of your own."
        )
    calculation = metric_rules.normalized(with_changes(metric.calculation, changes), catalogue)
    changed = replace(metric, name=name or metric.name, calculation=calculation, contexts=contexts or metric.contexts)
    if (changed.calculation, changed.contexts) != (metric.calculation, metric.contexts):
        changed = replace(changed, version_id=new_id(), version=metric.version + 1)
    metric_rules.check(changed, catalogue)
    await metric_definitions.change(session, project_id, changed)
    if changed.version != metric.version:
        await metric_definitions.add_version(session, changed, change_reason=change_reason)
    return changed


async def delete_metric(session: "AsyncSession", project_id: UUID, id_or_slug: str) -> DefinedMetric:
    """Delete a metric with its values and return what it was.

    Raises MetricNotFound, PermissionMissing for a metric of the installation, MetricInUse.
    """
    await metric_definitions.lock_project(session, project_id)
    catalogue = await read_catalogue(session, project_id)
    metric = catalogue.find(id_or_slug)
    if metric.is_system:
        raise PermissionMissing(f"`{metric.slug}` comes with Callscope and cannot be deleted.")
    readers = sorted(catalogue.by_id[each].slug for each in dependencies.readers_of([metric.id], catalogue.sources))
    policies = [
        policy.name
        for policy in await metric_policies.list_all(session, project_id)
        if any(collected.source.definition_id == metric.id for collected in policy.metrics)
    ]
    if readers or policies:
        users = ", ".join([*(f"metric `{slug}`" for slug in readers), *(f"policy {name!r}" for name in policies)])
        raise MetricInUse(f"`{metric.slug}` is read by {users}. Change or delete these first.")
    await metric_definitions.remove(session, project_id, metric.id)
    await measurements.delete_values_of_metric(session, project_id=project_id, slug=metric.slug)
    return metric


async def list_packages(session: "AsyncSession", project_id: UUID) -> tuple[AnalysisPackage, ...]:
    """Return the project's packages, oldest first."""
    return await metric_definitions.list_packages(session, project_id)


def draft_metric(new: NewMetric, catalogue: Catalogue) -> DefinedMetric:
    """Return a metric that is checked like a new one but stored nowhere. Raises InvalidInput."""
    slugs = frozenset(metric.slug for metric in catalogue.by_id.values())
    metric = _as_metric(new, metric_rules.slug_of(new.slug or new.name, slugs), None, catalogue)
    metric_rules.check(metric, catalogue)
    return metric


def with_changes(calculation: Calculation | None, changes: Mapping[str, Any]) -> Calculation:
    """Return what a metric computes after a change. Raises InvalidInput for a field that its kind has not.

    `changes` are named as the wire names them, translated by `CHANGEABLE`.
    """
    names = CHANGEABLE.get(type(calculation), {})
    for name in changes:
        if name not in names:
            kinds = " or ".join(sorted(kind.__name__ for kind, known in CHANGEABLE.items() if name in known))
            message = f"`{name}` cannot be changed on this kind of metric" + (f" (only on {kinds})." if kinds else ".")
            raise InvalidInput.at(name, message=message)
    if calculation is None:
        raise ValueError("a metric of the catalogue has no calculation to change")
    return replace(calculation, **{names[name]: value for name, value in changes.items()})


CHANGEABLE: Mapping[type, Mapping[str, str]] = {
    Judgement: {
        "llmPrompt": "prompt",
        "booleanTrueLabel": "true_label",
        "booleanFalseLabel": "false_label",
        "scaleMin": "scale_min",
        "scaleMax": "scale_max",
        "scaleLabels": "scale_labels",
        "classificationOptions": "options",
        "maxClassifications": "max_classifications",
    },
    Formula: {"formula": "expression", "sources": "sources"},
    Pattern: {},
    Threshold: {},
}
"""What can be changed of each kind, by its name on the wire: the field that holds it."""


async def _package(session: "AsyncSession", project_id: UUID, package_id: UUID | None) -> UUID:
    if package_id is None:
        return await metric_definitions.find_or_add_package(session, project_id, DEFAULT_PACKAGE_NAME)
    if package_id not in {package.id for package in await list_packages(session, project_id)}:
        message = f"There is no analysis package {package_id} in this project. Leave `analysisPackageId` out."
        raise InvalidInput.at("analysisPackageId", message=message)
    return package_id


def _as_metric(new: NewMetric, slug: str, package_id: UUID | None, catalogue: Catalogue) -> DefinedMetric:
    return DefinedMetric(
        id=new_id(),
        slug=slug,
        name=new.name,
        description=new.description,
        is_system=False,
        value_type=new.value_type,
        unit=None,
        scope=new.scope,
        role=new.role,
        contexts=new.contexts,
        calculation=metric_rules.normalized(new.calculation, catalogue),
        variant_id=new_id(),
        version_id=new_id(),
        version=1,
        package_id=package_id,
    )


def _id(metric: DefinedMetric) -> UUID:
    return metric.id
