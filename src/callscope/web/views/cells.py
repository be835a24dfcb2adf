"""The cells of the list of calls; of a metric, what a call has of it or why it has nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from callscope.core.analysis import Analysis, AnalysisStatus
from callscope.core.metric import MetricValue
from callscope.core.metric_definition import DefinedMetric
from callscope.services.metric_catalogue import is_judged
from callscope.web.formatting import quantity, state_words
from callscope.web.list_address import ListAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a cell.

    `href` filters by it; `note` stands in its place when it is absent and `reason` says why, `meaning` says what its
    colour does.
    """

    shown: str
    note: str = ""
    reason: str = ""
    tone: str = ""
    meaning: str = ""
    href: str | None = None


def view_metric_cells(
    metric: DefinedMetric, values: Iterable[MetricValue], analysis: Analysis | None, address: ListAddress
) -> tuple[Cell, ...]:
    """Return the cells of a call's values of a metric, one a party; one that says why when there is none."""
    found = [value for value in values if value.slug == metric.slug]
    return tuple(_cell(metric, value, address) for value in found) or (_nothing(metric, analysis),)


def _cell(metric: DefinedMetric, value: MetricValue, address: ListAddress) -> Cell:
    party = value.role or ""
    if value.value is None:
        return Cell(shown="", note=f"{party} {state_words(value)}".strip(), reason=value.reason or "")
    shown = quantity(value.value, metric.unit)
    if isinstance(value.value, bool):
        return Cell(shown=shown, note=party, href=_equal(address, metric, str(value.value).lower()))
    href = _equal(address, metric, value.value) if isinstance(value.value, str) else None
    return Cell(shown=shown, note=party, href=href)


def _equal(address: ListAddress, metric: DefinedMetric, value: str) -> str:
    return address.with_pair(f"metric[{metric.slug}]", value).href()


def _nothing(metric: DefinedMetric, analysis: Analysis | None) -> Cell:
    """Return why a call has not even a statement that the metric has no value."""
    if not metric.is_system or is_judged(metric):
        reason = "No policy has collected it of this call, and nobody has scored the call for it."
        return Cell(shown="", note="not collected", reason=reason)
    if analysis is None:
        return Cell(shown="", note="not measured", reason="The call has no analysis.")
    if not analysis.status.is_final:
        return Cell(shown="", note="not yet", reason="The call is still being analysed.")
    if analysis.status is AnalysisStatus.COMPLETED:
        reason = "The call was analysed before this metric was there. Analyse it again."
        return Cell(shown="", note="not measured", reason=reason)
    return Cell(shown="", note="not measured", reason=analysis.reason or "The analysis did not get so far.")
