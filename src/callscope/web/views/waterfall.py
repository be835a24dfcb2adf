"""Spans as the page's script gets them: one column a property, names once, so that tens of thousands stay small."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from callscope.core.span_meaning import Alignment, AlignmentMethod, Attribution
from callscope.core.trace import AttributeValue, SpanOutlines
from callscope.core.trace_query import NS_PER_MS
from callscope.services.trace_drawing import DrawnTraces
from callscope.traces.meaning import part_of
from callscope.web.formatting import span as length
from callscope.web.views.span_tree import in_tree_order

Column = TypeVar("Column")

NS_PER_US = 1000
US_PER_MS = 1000
SPAN_ID_BYTES = 8


def trace_document(drawn: DrawnTraces) -> dict[str, Any]:
    """Return what is drawn of a trace by itself: its own clock, from its first start on."""
    first_ns = drawn.summaries[0].start_unix_ns
    return {
        "duration_ms": max(1.0, drawn.summaries[0].duration_ns / NS_PER_MS),
        "note": "",
        "traces": _trace_ids(drawn),
        **_spans(drawn.outlines, lambda unix_ns: (unix_ns - first_ns) // NS_PER_US),
    }


def call_document(drawn: DrawnTraces) -> dict[str, Any]:
    """Return what is drawn of a call's traces: on the recording's clock, nothing where it could not be aligned."""
    attribution = drawn.attribution
    alignment = None if attribution is None else attribution.alignment
    placed = _spans(SpanOutlines(), int) if alignment is None else _spans(drawn.outlines, _recording_clock(alignment))
    return {
        "note": _note(attribution),
        "traces": _trace_ids(drawn),
        **placed,
    }


def alignment_words(alignment: Alignment) -> str:
    """Return how a trace was laid on the recording, and how well that is known."""
    if alignment.method is AlignmentMethod.START_TIME:
        how = "laid on the recording by the call's stated start"
    else:
        how = (
            f"laid on the recording by {alignment.matched_onset_count} of {alignment.onset_count} moments at which "
            "somebody began to speak"
        )
    drift = "" if alignment.drift_ppm is None else f"; its clock drifts by {alignment.drift_ppm:+.0f} ppm"
    if alignment.drift_ppm is not None and alignment.drift_uncertainty_ppm is not None:
        drift += f" ± {alignment.drift_uncertainty_ppm:.0f}"
    return f"The trace is {how}, good to ± {length(alignment.uncertainty_ms)}{drift}."


def _note(attribution: Attribution | None) -> str:
    if attribution is None:
        return "No trace is linked to the call."
    if attribution.alignment is None:
        return attribution.reason or "The trace could not be laid on the recording."
    return alignment_words(attribution.alignment)


def _recording_clock(alignment: Alignment) -> Callable[[int], int]:
    return lambda unix_ns: round(alignment.offset_ms(unix_ns) * US_PER_MS)


def _trace_ids(drawn: DrawnTraces) -> list[str]:
    return [summary.trace_id for summary in drawn.summaries]


def _spans(outlines: SpanOutlines, place_us: Callable[[int], int]) -> dict[str, Any]:
    names, parts = _Words(), _Words()
    order, depths = in_tree_order(_parent_places(outlines))
    ids, part_names = _each(outlines.span_ids), list(_part_names(outlines))
    starts_us = [place_us(unix_ns) for unix_ns in _in_order(outlines.starts_unix_ns, order)]
    ends_us = map(place_us, _in_order(outlines.ends_unix_ns, order))
    return {
        "spans": {
            "ids": b"".join(_in_order(ids, order)).hex(),
            "depth": depths,
            "trace": list(_in_order(outlines.trace_places, order)),
            "name": [names[name] for name in _in_order(outlines.names, order)],
            "part": [parts[part] for part in _in_order(part_names, order)],
            "start_us": starts_us,
            "length_us": [max(0, end - start) for start, end in zip(starts_us, ends_us, strict=True)],
            "errors": [at for at, is_error in enumerate(_in_order(outlines.are_errors, order)) if is_error],
        },
        "names": list(names),
        "parts": list(parts),
    }


def _in_order(column: Sequence[Column], order: Sequence[int]) -> Iterator[Column]:
    return map(column.__getitem__, order)


def _parent_places(outlines: SpanOutlines) -> list[int]:
    """Return where the parent of each span stands, -1 for one without or whose parent has not come in."""
    traces = outlines.trace_places
    place_of = {identity: place for place, identity in enumerate(zip(traces, _each(outlines.span_ids), strict=True))}
    return [place_of.get(parent, -1) for parent in zip(traces, _each(outlines.parent_span_ids), strict=True)]


def _each(ids: bytes) -> list[bytes]:
    return [ids[first : first + SPAN_ID_BYTES] for first in range(0, len(ids), SPAN_ID_BYTES)]


def _part_names(outlines: SpanOutlines) -> Iterable[str]:
    """Yield the part of each span, "" for one that no convention names."""
    known: dict[tuple[Any, ...], str] = {}
    for telling in zip(
        outlines.names,
        outlines.scope_names,
        outlines.openinference_kinds,
        outlines.gen_ai_operations,
        outlines.have_livekit_attributes,
        strict=True,
    ):
        part = known.get(telling)
        if part is None:
            part = known[telling] = _part_name(*telling)
        yield part


def _part_name(
    name: str, scope_name: str, openinference_kind: str | None, gen_ai_operation: str | None, has_livekit: bool
) -> str:
    attributes: dict[str, AttributeValue] = {"openinference.span.kind": openinference_kind}
    attributes["gen_ai.operation.name"] = gen_ai_operation
    if has_livekit:
        attributes["lk."] = True
    found = part_of(name, scope_name, attributes)
    return "" if found is None else found[0].value


class _Words(dict[str, int]):
    """Words by the number of their first use, in its order."""

    def __missing__(self, word: str) -> int:
        """Give a new word the next number."""
        number = self[word] = len(self)
        return number
