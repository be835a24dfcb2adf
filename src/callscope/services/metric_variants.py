"""Variants of metrics that a judge scores: other wordings, beside or instead of the default."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.errors import Conflict, InvalidInput, NotFound, PermissionMissing
from callscope.core.ids import new_id
from callscope.core.metric_definition import DEFAULT_VARIANT_NAME, DefinedMetric, Variant
from callscope.services import metric_rules
from callscope.services.metric_catalogue import Catalogue, as_configured, read_catalogue, system_metrics
from callscope.services.metric_definitions import with_changes
from callscope.storage import metric_definitions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SHIPPED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When variants that come with the installation are said to be made."""


class VariantNotFound(NotFound):
    """The metric has no such variant."""


class DefaultVariantStays(Conflict):
    """The default variant of a project's own metric cannot be deleted."""

    code = "default_variant"


async def list_variants(session: "AsyncSession", project_id: UUID, id_or_slug: str) -> tuple[Variant, ...]:
    """Return the variants of a metric, the default first. Raises MetricNotFound."""
    metric = (await read_catalogue(session, project_id)).find(id_or_slug)
    own = await metric_definitions.list_configurations(session, project_id, metric.id)
    variants = [variant for variant, _, _ in own]
    if metric.is_system and not any(variant.is_default for variant in variants):
        variants.append(_shipped(metric))
    return tuple(sorted(variants, key=lambda variant: not variant.is_default))


async def get_variant(session: "AsyncSession", project_id: UUID, id_or_slug: str, variant_id: UUID) -> Variant:
    """Return a variant. Raises MetricNotFound, VariantNotFound."""
    for variant in await list_variants(session, project_id, id_or_slug):
        if variant.id == variant_id:
            return variant
    raise VariantNotFound(f"`{id_or_slug}` has no variant {variant_id}.", param="variantId")


async def create_variant(session: "AsyncSession", project_id: UUID, id_or_slug: str, name: str) -> Variant:
    """Make a variant that starts as a copy of the default.

    Raises MetricNotFound, PermissionMissing for a metric that has none, InvalidInput for its name, VariantNameTaken.
    """
    _check_name(name)
    await metric_definitions.lock_project(session, project_id)
    metric = _varied(await read_catalogue(session, project_id), id_or_slug)
    copy = replace(metric, variant_id=new_id(), version_id=new_id(), version=1)
    await metric_definitions.add_variant(session, project_id, copy, name=name, change_reason=None)
    return await get_variant(session, project_id, id_or_slug, copy.variant_id)


async def change_variant(
    session: "AsyncSession",
    project_id: UUID,
    id_or_slug: str,
    variant_id: UUID,
    changes: Mapping[str, Any],
    *,
    name: str | None,
    change_reason: str | None,
) -> Variant:
    """Rename a variant, change what it asks, or both; a change of what it asks is a new version.

    A change of the installation's own default makes the project a default of its own, with another id.
    Raises MetricNotFound, VariantNotFound, PermissionMissing, InvalidInput, VariantNameTaken.
    """
    await metric_definitions.lock_project(session, project_id)
    catalogue = await read_catalogue(session, project_id)
    metric = _varied(catalogue, id_or_slug)
    variant = await get_variant(session, project_id, id_or_slug, variant_id)
    if name is not None and name != variant.name:
        _check_name(name)
        if variant.is_default:
            raise InvalidInput.at("name", message="The default variant keeps its name. Leave `name` out.")
        await metric_definitions.rename_variant(session, project_id, variant.id, name)
    if changes:
        configured = metric if variant.is_default else as_configured(metric, *catalogue.variants[variant.id])
        reworded = replace(configured, calculation=with_changes(configured.calculation, changes))
        metric_rules.check(reworded, catalogue)
        variant_id = await _add_version(session, project_id, reworded, variant, change_reason)
    return await get_variant(session, project_id, id_or_slug, variant_id)


async def delete_variant(session: "AsyncSession", project_id: UUID, id_or_slug: str, variant_id: UUID) -> None:
    """Delete a variant. What was pinned to it falls back to the default; values stay.

    Raises MetricNotFound, VariantNotFound, PermissionMissing for the installation's own, DefaultVariantStays.
    """
    metric = (await read_catalogue(session, project_id)).find(id_or_slug)
    variant = await get_variant(session, project_id, id_or_slug, variant_id)
    if variant.is_system:
        raise PermissionMissing("This variant comes with Callscope and cannot be deleted.")
    if variant.is_default and not metric.is_system:
        raise DefaultVariantStays("The default variant cannot be deleted. Delete the metric, or change the variant.")
    await metric_definitions.remove_variant(session, project_id, variant.id)


async def _add_version(
    session: "AsyncSession", project_id: UUID, reworded: DefinedMetric, variant: Variant, change_reason: str | None
) -> UUID:
    newer = replace(reworded, version_id=new_id(), version=reworded.version + 1)
    if not variant.is_system:
        await metric_definitions.add_version(session, newer, change_reason=change_reason)
        return newer.variant_id
    forked = replace(newer, variant_id=new_id())
    await metric_definitions.add_variant(
        session, project_id, forked, name=DEFAULT_VARIANT_NAME, change_reason=change_reason
    )
    return forked.variant_id


def _varied(catalogue: Catalogue, id_or_slug: str) -> DefinedMetric:
    metric = catalogue.find(id_or_slug)
    if not metric.supports_variants:
        raise PermissionMissing(
            f"`{metric.slug}` has no variants: only metrics that a judge scores do (`supportsVariants`)."
        )
    return metric


def _check_name(name: str) -> None:
    if name == DEFAULT_VARIANT_NAME:
        raise InvalidInput.at("name", message=f"`{DEFAULT_VARIANT_NAME}` is reserved. Choose another name.")


def _shipped(metric: DefinedMetric) -> Variant:
    original = system_metrics()[metric.id]
    return Variant(
        id=original.variant_id,
        definition_id=metric.id,
        name=DEFAULT_VARIANT_NAME,
        is_default=True,
        is_system=True,
        version_id=original.version_id,
        created_at=SHIPPED_AT,
        updated_at=SHIPPED_AT,
    )
