"""How one metric turns out over a project's calls: its newest values, and the calls that stand out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.metric import Direction, MetricContext, ValueType
from callscope.core.metric_definition import DefinedMetric, GradedContext
from callscope.core.metric_figures import MetricVersion, PlacedValue, RecentValue
from callscope.metrics import registry
from callscope.services.metric_catalogue import system_metrics
from callscope.storage import metric_definitions, metric_figures

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

VALUES_READ = 1000
"""Enough to tell how values lie, few enough to be read at once."""
CALLS_SHOWN = 8
TEXTS = (ValueType.TEXT, ValueType.CLASSIFICATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFigures:
    """The newest values of a metric, at most `VALUES_READ`, and the calls to look at first.

    `direction` is NEUTRAL for a metric of the project: nobody said which way is better.
    """

    values: tuple[RecentValue, ...]
    remarkable: tuple[PlacedValue, ...]
    direction: Direction


async def read_figures(session: "AsyncSession", project_id: UUID, metric: DefinedMetric) -> MetricFigures:
    """Return how a metric turned out: for whole calls where it speaks of them, else for parts of calls."""
    context = MetricContext.CALL if GradedContext.CALL in metric.contexts else metric.contexts[0].value_context
    values = await metric_figures.recent_values(session, project_id, metric.slug, context, limit=VALUES_READ)
    direction = direction_of(metric)
    chosen = remarkable(values, direction, metric.value_type)
    places = await metric_figures.first_places(session, [value.id for value in chosen])
    calls = await metric_figures.calls_of(session, project_id, [value.call_id for value in chosen])
    return MetricFigures(
        values=values,
        remarkable=tuple(
            PlacedValue(value=value, call=calls[value.call_id], at_ms=places[value.id][0], reason=places[value.id][1])
            for value in chosen
            if value.call_id in calls and value.id in places
        ),
        direction=direction,
    )


def direction_of(metric: DefinedMetric) -> Direction:
    """Return which way is better, NEUTRAL for what the project defined itself."""
    return registry.get(metric.slug).direction if metric.is_system else Direction.NEUTRAL


def remarkable(values: Sequence[RecentValue], direction: Direction, value_type: ValueType) -> tuple[RecentValue, ...]:
    """Return one value of each of the calls to look at first: the worst, the highest where nothing is better or worse.

    Of texts and labels these are the newest.
    """
    found: Iterable[RecentValue] = (value for value in values if value.value is not None)
    if value_type not in TEXTS:
        is_lowest_first = direction is Direction.HIGHER_IS_BETTER
        found = sorted(found, key=lambda value: value.number or 0.0, reverse=not is_lowest_first)
    by_call: dict[UUID, RecentValue] = {}
    for value in found:
        by_call.setdefault(value.call_id, value)
    return tuple(by_call.values())[:CALLS_SHOWN]


async def list_versions(session: "AsyncSession", metric: DefinedMetric) -> tuple[MetricVersion, ...]:
    """Return the versions of a metric's default variant that the project wrote, newest first."""
    is_shipped = metric.is_system and metric.variant_id == system_metrics()[metric.id].variant_id
    return () if is_shipped else await metric_definitions.list_versions(session, metric)
