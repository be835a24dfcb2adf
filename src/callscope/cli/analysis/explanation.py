"""How a number came about, in plain words: what it means, what it was measured on, and the sums behind it."""

from collections.abc import Iterator

from callscope.core.metric import EvidenceSpan, MetricContext, MetricValue, ValueState
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition
from callscope.services.measuring import Measurement

_SHOWN = 10


def explain_metric(slug: str, measurement: Measurement) -> str:
    """Return the explanation of every value of a metric in the measured recording.

    Raises:
        MetricNotFound: there is no such metric.
    """
    definition = registry.get(slug)
    values = [value for value in measurement.values if value.slug == slug]
    lines = [f"{definition.name} ({slug}, version {definition.version})", definition.description, ""]
    lines += ["How it is computed", f"  {definition.formula}", ""]
    for value in values:
        if value.context is MetricContext.CALL:
            lines += _told(definition, value)
    events = [value for value in values if value.context is not MetricContext.CALL]
    lines += list(_events(definition, events))
    if values:
        lines += ["", *_basis(values[0], measurement)]
    return "\n".join(lines)


def _told(definition: MetricDefinition, value: MetricValue) -> list[str]:
    whose = f"the {value.role}" if value.role else "the call"
    if value.state is not ValueState.SUCCESS:
        return [f"For {whose} there is no value ({value.state}): {value.reason}", ""]
    told = [f"For {whose} it is {_number(value.value)} {definition.unit_symbol}".rstrip() + "."]
    told += [f"  {value.reason}"] if value.reason else []
    figures = ", ".join(f"{name} {_number(figure)}" for name, figure in value.statistics.items() if figure is not None)
    told += [f"  It rests on: {figures}."] if figures else []
    told += [f"  {_place(span)}" for span in value.evidence[:_SHOWN]]
    left = len(value.evidence) - _SHOWN
    return [*told, f"  … and {left} more places.", ""] if left > 0 else [*told, ""]


def _events(definition: MetricDefinition, events: list[MetricValue]) -> Iterator[str]:
    if not events:
        return
    yield f"Each of its {len(events)} events:"
    for event in events[:_SHOWN]:
        at_s = event.segments[-1].start_offset_ms / 1000
        figure = f"{_number(event.value)} {definition.unit_symbol}".rstrip()
        yield f"  at {at_s:.2f} s, {event.role or 'both'}: {figure}"
    if len(events) > _SHOWN:
        yield f"  … and {len(events) - _SHOWN} more; --json lists them all."


def _basis(value: MetricValue, measurement: Measurement) -> Iterator[str]:
    analysis = measurement.analysis
    yield "What it was measured on"
    yield f"  {value.method or 'nothing'}; the recording was analysed by {analysis.version}."
    if value.confidence is not None:
        yield f"  Confidence {value.confidence:.2f}; 1 means deterministic, on separated channels."
    for name, setting in sorted(value.parameters.items()):
        yield f"  {name} = {setting}"


def _place(span: EvidenceSpan) -> str:
    who = f" ({span.role})" if span.role else ""
    return f"{span.start_offset_ms / 1000:.2f} to {span.end_offset_ms / 1000:.2f} s{who}: {span.reason}"


def _number(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
