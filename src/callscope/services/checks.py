"""The checks of what every call's own analysis measures, made as soon as that has ended."""

from datetime import datetime
from typing import TYPE_CHECKING

from callscope.core.analysis import Analysis
from callscope.core.metric_definition import DefinedMetric
from callscope.metrics.checks import FAMILY
from callscope.metrics.registry import definitions
from callscope.services import analyses
from callscope.services.derivation import derive
from callscope.services.metric_catalogue import system_metrics
from callscope.storage import collected_values

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def record_checks(session: "AsyncSession", analysis: Analysis, *, at: datetime) -> None:
    """Hold what was measured of a call against the limits of the checks that read nothing else."""
    checks = _of_measured()
    metrics = system_metrics()
    slugs = {metrics[source.definition_id].slug for check in checks for source in check.sources}
    stored = await collected_values.read(session, analysis.project_id, [analysis.call_id], slugs)
    of_call = stored[analysis.call_id]
    values = [
        value
        for check in checks
        for value in derive(
            check, {source: of_call.get(metrics[source.definition_id].slug, ()) for source in check.sources}
        )
    ]
    if values:
        await analyses.record_values(session, analysis, values=values, at=at)


def _of_measured() -> tuple[DefinedMetric, ...]:
    metrics = system_metrics()
    found = (metrics[definition.id] for definition in definitions() if definition.family == FAMILY)
    return tuple(
        check
        for check in found
        if all(
            source.definition_id in metrics and metrics[source.definition_id].calculation is None
            for source in check.sources
        )
    )
