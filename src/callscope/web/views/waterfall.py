"""Spans as the page's script draws them: one column a property, names once, so that tens of thousands stay small."""

from collections.abc import Iterable, Sequence
from typing import Any

from callscope.core.span_meaning import Alignment, AlignmentMethod, Attribution, ResponseSplit, SpanPart
from callscope.core.trace import SpanOutline
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
    starts_ms = [(one.start_unix_ns - first_ns) / NS_PER_MS for one in drawn.outlines]
    ends_ms = [(one.end_unix_ns - first_ns) / NS_PER_MS for one in drawn.outlines]
    return {
        "duration_ms": max(1.0, drawn.summaries[0].duration_ns / NS_PER_MS),
        "note": "",
        "splits": [],
        "reported_parts": [],
        **_spans(drawn.outlines, starts_ms, ends_ms),
    }


def call_document(drawn: DrawnTraces) -> dict[str, Any]:
    """Return what is drawn of a call's traces: on the recording's clock, nothing where it could not be aligned."""
    attribution = drawn.attribution
    alignment = None if attribution is None else attribution.alignment
    outlines = drawn.outlines if alignment is not None else ()
    starts_ms = [alignment.offset_ms(one.start_unix_ns) for one in outlines] if alignment else []
    ends_ms = [alignment.offset_ms(one.end_unix_ns) for one in outlines] if alignment else []
    return {
        "note": _note(attribution),
        "splits": [_split(one) for one in (attribution.splits if attribution else ())],
        "reported_parts": sorted(part.value for part in (attribution.parts if attribution else ())),
        **_spans(outlines, starts_ms, ends_ms),
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


def _spans(outlines: Sequence[SpanOutline], starts_ms: Sequence[float], ends_ms: Sequence[float]) -> dict[str, Any]:
    places = {
        (one.trace_id, one.span_id): (start, end) for one, start, end in zip(outlines, starts_ms, ends_ms, strict=True)
    }
    ordered = in_tree_order(outlines)
    traces, names, services = (_Words() for _ in range(3))
    placed = [places[one.trace_id, one.span_id] for one, _ in ordered]
    return {
        "spans": {
            "trace": [traces.number(one.trace_id) for one, _ in ordered],
            "id": [one.span_id for one, _ in ordered],
            "name": [names.number(one.name) for one, _ in ordered],
            "service": [services.number(one.service) for one, _ in ordered],
            "part": _parts(one for one, _ in ordered),
            "depth": [depth for _, depth in ordered],
            "start_ms": [round(start, 3) for start, _ in placed],
            "end_ms": [round(max(start, end), 3) for start, end in placed],
            "errors": [index for index, (one, _) in enumerate(ordered) if one.is_error],
        },
        "traces": traces.words,
        "names": names.words,
        "services": services.words,
    }


def _parts(outlines: Iterable[SpanOutline]) -> list[str]:
    """Return the part of each span, "" for one that no convention names."""
    known: dict[tuple[Any, ...], str] = {}
    parts = []
    for one in outlines:
        telling = (one.name, one.scope_name, *one.attributes.items())
        if telling not in known:
            found = part_of(one.name, one.scope_name, one.attributes)
            known[telling] = "" if found is None else found[0].value
        parts.append(known[telling])
    return parts


def _split(split: ResponseSplit) -> dict[str, Any]:
    return {
        "at_ms": split.turn_start_offset_ms,
        "heard_ms": split.heard_ms,
        "stretches": [(one.part.value, one.start_offset_ms, one.end_offset_ms) for one in split.stretches],
        "unexplained_ms": split.unexplained_ms,
        "reported_ms": split.reported_ms,
        "reason": split.reason,
    }


class _Words:
    """Words by the number of their first use."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """Return the number of a word."""
        found = self._numbers.get(word)
        if found is None:
            found = self._numbers[word] = len(self.words)
            self.words.append(word)
        return found
