"""The columns of the list of calls: which there are, which are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from callscope.core.call_query import CallSort
from callscope.metrics import registry

METRIC_PREFIX = "metric:"
MAX_CHOSEN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `sort_by` is what a click on its heading orders by."""

    id: str
    label: str
    is_number: bool = False
    sort_by: CallSort | None = None

    @property
    def metric(self) -> str | None:
        """The slug of the metric it shows, None for what is not a metric."""
        return self.id.removeprefix(METRIC_PREFIX) if self.id.startswith(METRIC_PREFIX) else None


FIXED = (
    Column(id="started", label="Started", sort_by=CallSort.STARTED_AT),
    Column(id="strip", label="Who spoke when"),
    Column(id="agent", label="Agent"),
    Column(id="customer", label="Customer"),
    Column(id="length", label="Length", is_number=True, sort_by=CallSort.DURATION),
    Column(id="response", label="Response p95", is_number=True),
    Column(id="barge_ins", label="Barge-ins failed", is_number=True),
    Column(id="tools", label="Tools failed", is_number=True),
    Column(id="ended", label="Ended"),
    Column(id="analysis", label="Analysis"),
    Column(id="properties", label="Properties"),
    Column(id="direction", label="Direction"),
    Column(id="interface", label="Interface"),
    Column(id="source", label="Source"),
    Column(id="external_id", label="External id"),
)
ALWAYS = "started"
DEFAULT = (
    "started",
    "strip",
    "agent",
    "customer",
    "length",
    "response",
    "barge_ins",
    "tools",
    "ended",
    "analysis",
)


def every_column() -> tuple[Column, ...]:
    """Return all columns there are, those of metrics last."""
    metrics = (
        Column(id=f"{METRIC_PREFIX}{one.slug}", label=one.name, is_number=True) for one in registry.definitions()
    )
    return (*FIXED, *metrics)


def chosen_columns(ids: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of those ids in the order of the table; the default ones when none is known."""
    known = {column.id for column in every_column()}
    wanted = set([one for one in ids if one in known][:MAX_CHOSEN]) or set(DEFAULT)
    return tuple(column for column in every_column() if column.id in wanted | {ALWAYS})
