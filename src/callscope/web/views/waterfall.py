"""Spans as the page's script draws them: one column a property, names once, so that tens of thousands stay small."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from callscope.core.span_meaning import Alignment, AlignmentMethod, Attribution, ResponseSplit, SpanPart
from callscope.core.trace import AttributeValue, SpanOutline
from callscope.core.trace_query import NS_PER_MS
from callscope.services.trace_drawing import DrawnTraces
from callscope.traces.meaning import part_of
from callscope.traces.tree import in_tree_order
from callscope.web.formatting import span as length

PART_NAMES = {
    SpanPart.END_OF_TURN: "end-of-turn wait",
    SpanPart.STT: "transcription",
    SpanPart.LLM: "LLM first token",
    SpanPart.TOOL: "tools",
    SpanPart.TTS: "TTS first byte",
}
"""The parts a wait is split into, in the order they are waited for."""


def trace_document(drawn: DrawnTraces) -> dict[str, Any]:
    """Return what is drawn of a trace by itself: its own clock, from its first start on."""
    first_ns = drawn.summaries[0].start_unix_ns
    return {
        "duration_ms": max(1.0, drawn.summaries[0].duration_ns / NS_PER_MS),
        "note": "",
        "splits": [],
        "reported_parts": [],
        **_spans(drawn.outlines, lambda unix_ns: (unix_ns - first_ns) / NS_PER_MS),
    }


def call_document(drawn: DrawnTraces) -> dict[str, Any]:
    """Return what is drawn of a call's traces: on the recording's clock, nothing where it could not be aligned."""
    attribution = drawn.attribution
    alignment = None if attribution is None else attribution.alignment
    placed = _spans((), float) if alignment is None else _spans(drawn.outlines, alignment.offset_ms)
    return {
        "note": _note(attribution),
        "splits": [_split(one) for one in (attribution.splits if attribution else ())],
        "reported_parts": sorted(part.value for part in (attribution.parts if attribution else ())),
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


def _spans(outlines: Sequence[SpanOutline], place: Callable[[int], float]) -> dict[str, Any]:
    ordered = in_tree_order(outlines)
    spans = [one for one, _ in ordered]
    starts_ms = [round(place(one.start_unix_ns), 3) for one in spans]
    ends_ms = [round(place(one.end_unix_ns), 3) for one in spans]
    traces, names, services = (_Words() for _ in range(3))
    return {
        "spans": {
            "trace": [traces[one.trace_id] for one in spans],
            "id": [one.span_id for one in spans],
            "name": [names[one.name] for one in spans],
            "service": [services[one.service] for one in spans],
            "part": _part_names(spans),
            "depth": [depth for _, depth in ordered],
            "start_ms": starts_ms,
            "end_ms": list(map(max, starts_ms, ends_ms)),
            "errors": [index for index, one in enumerate(spans) if one.is_error],
        },
        "traces": list(traces),
        "names": list(names),
        "services": list(services),
    }


def _part_names(spans: Iterable[SpanOutline]) -> list[str]:
    """Return the part of each span, "" for one that no convention names."""
    known: dict[tuple[Any, ...], str] = {}
    parts = []
    for one in spans:
        telling = (one.name, one.scope_name, one.openinference_kind, one.gen_ai_operation, one.has_livekit_attribute)
        part = known.get(telling)
        if part is None:
            part = known[telling] = _part_name(one)
        parts.append(part)
    return parts


def _part_name(one: SpanOutline) -> str:
    attributes: dict[str, AttributeValue] = {"openinference.span.kind": one.openinference_kind}
    attributes["gen_ai.operation.name"] = one.gen_ai_operation
    if one.has_livekit_attribute:
        attributes["lk."] = True
    found = part_of(one.name, one.scope_name, attributes)
    return "" if found is None else found[0].value


def _split(split: ResponseSplit) -> dict[str, Any]:
    return {
        "at_ms": split.turn_start_offset_ms,
        "heard_ms": split.heard_ms,
        "stretches": [(one.part.value, one.start_offset_ms, one.end_offset_ms) for one in split.stretches],
        "unexplained_ms": split.unexplained_ms,
        "reported_ms": split.reported_ms,
        "reason": split.reason,
    }


class _Words(dict[str, int]):
    """Words by the number of their first use, in its order."""

    def __missing__(self, word: str) -> int:
        """Give a new word the next number."""
        number = self[word] = len(self)
        return number
