"""Every metric a project can collect: those of the installation's catalogue, and its own."""

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import NotFound
from callscope.core.metric_definition import (
    Calculation,
    DefinedMetric,
    Judgement,
    MetricSource,
    Variant,
)
from callscope.metrics import registry
from callscope.metrics.definition import to_defined
from callscope.metrics.derived import dependencies
from callscope.storage import metric_definitions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class MetricNotFound(NotFound):
    """Neither the catalogue nor the project has such a metric."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The metrics of one project by id, each in its default variant, and its further variants."""

    by_id: Mapping[UUID, DefinedMetric]
    variants: Mapping[UUID, tuple[Variant, Calculation, int]]

    def find(self, id_or_slug: str) -> DefinedMetric:
        """Return the metric of that id or slug. Raises MetricNotFound."""
        try:
            found = self.by_id.get(UUID(id_or_slug))
        except ValueError:
            found = next((metric for metric in self.by_id.values() if metric.slug == id_or_slug), None)
        if found is None:
            raise MetricNotFound(f"There is no metric {id_or_slug!r} in this project.", param="idOrSlug")
        return found

    def configured(self, source: MetricSource) -> DefinedMetric | None:
        """Return a metric as the named variant has it, None when there is none.

        A variant that was deleted falls back to the default.
        """
        metric = self.by_id.get(source.definition_id)
        if metric is None or source.variant_id is None or source.variant_id not in self.variants:
            return metric
        return as_configured(metric, *self.variants[source.variant_id])

    def in_order(self, sources: Iterable[MetricSource]) -> tuple[MetricSource, ...]:
        """Return the sources and all that they read, each once and after what it reads."""
        needed: dict[MetricSource, tuple[MetricSource, ...]] = {}
        waiting = list(sources)
        while waiting:
            source = waiting.pop()
            metric = self.configured(source)
            if source not in needed and metric is not None:
                needed[source] = metric.sources
                waiting.extend(metric.sources)
        ordered: dict[MetricSource, None] = {}
        for source in sorted(needed, key=lambda each: (str(each.definition_id), str(each.variant_id))):
            _place(source, needed, ordered)
        return tuple(ordered)

    @property
    def sources(self) -> dependencies.Sources:
        """The metrics that each one reads, by id."""
        read: dict[UUID, set[UUID]] = {
            metric.id: {source.definition_id for source in metric.sources} for metric in self.by_id.values()
        }
        return read


async def read_catalogue(session: "AsyncSession", project_id: UUID) -> Catalogue:
    """Return every metric of the project; its own wording of a metric of the installation replaces the default."""
    by_id = dict(system_metrics())
    by_id |= {metric.id: metric for metric in await metric_definitions.list_own(session, project_id)}
    variants: dict[UUID, tuple[Variant, Calculation, int]] = {}
    for variant, calculation, number in await metric_definitions.list_configurations(session, project_id):
        metric = by_id.get(variant.definition_id)
        if metric is None:
            continue
        if variant.is_default:
            by_id[metric.id] = as_configured(metric, variant, calculation, number)
        else:
            variants[variant.id] = (variant, calculation, number)
    return Catalogue(by_id, variants)


async def metrics_by_slug(session: "AsyncSession", project_id: UUID) -> Mapping[str, DefinedMetric]:
    """Return every metric of the project by slug, its own before those of the installation.

    What a project put otherwise about a metric of the installation is left out: name, unit and kind stay the same.
    """
    own = await metric_definitions.list_own(session, project_id)
    return {metric.slug: metric for metric in (*own, *system_metrics().values())}


async def own_metrics_among(
    session: "AsyncSession", project_id: UUID, slugs: Collection[str]
) -> tuple[DefinedMetric, ...]:
    """Return the metrics of those slugs that the project defined itself."""
    if {definition.slug for definition in registry.definitions()}.issuperset(slugs):
        return ()
    return tuple(metric for metric in await metric_definitions.list_own(session, project_id) if metric.slug in slugs)


def as_configured(metric: DefinedMetric, variant: Variant, calculation: Calculation, number: int) -> DefinedMetric:
    """Return a metric as a variant has it. Values of a variant beside the default are kept apart, by their slug."""
    if variant.version_id is None:
        return metric
    return replace(
        metric,
        slug=metric.slug if variant.is_default else f"{metric.slug}/{variant.id}",
        calculation=calculation,
        variant_id=variant.id,
        version_id=variant.version_id,
        version=number,
    )


@functools.cache
def system_metrics() -> Mapping[UUID, DefinedMetric]:
    """Return the metrics of the installation's catalogue by id."""
    return {definition.id: to_defined(definition) for definition in registry.definitions()}


def is_judged(metric: DefinedMetric) -> bool:
    """Tell whether a judge must be asked for it."""
    return isinstance(metric.calculation, Judgement)


def _place(
    source: MetricSource, needed: Mapping[MetricSource, tuple[MetricSource, ...]], ordered: dict[MetricSource, None]
) -> None:
    if source in ordered:
        return
    for each in needed[source]:
        if each in needed:
            _place(each, needed, ordered)
    ordered[source] = None
