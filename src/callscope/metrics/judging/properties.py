"""Properties of a call held against what was said in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from callscope.core.metric import EvidenceSpan, PropertyVerdict, VerdictKind
from callscope.core.metric_policy import MetricSetting, SettingName
from callscope.core.property_name import stored_name
from callscope.metrics.judging.answer import AnswerRejected, Schema, Verdict, quoted_in, read_confidence
from callscope.metrics.judging.material import Line

MAX_PROPERTIES = 50

Verdicts = tuple[PropertyVerdict, ...]


def checked(properties: Mapping[str, str], setting: MetricSetting | None) -> dict[str, str]:
    """Return the properties to check: those the setting names, else all."""
    is_narrowed = setting is not None and setting.name is SettingName.VERIFIED_PROPERTIES and setting.texts
    wanted = {stored_name(name) for name in setting.texts} if setting is not None and is_narrowed else set(properties)
    return dict([(name, value) for name, value in properties.items() if name in wanted][:MAX_PROPERTIES])


def schema(properties: Mapping[str, str]) -> Schema:
    """Return the schema of an answer about properties."""
    item = {
        "property": {"type": "string", "enum": list(properties)},
        "verdict": {"type": "string", "enum": [kind.value for kind in VerdictKind]},
        "observedValue": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "quote": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "reasoning": {"type": "string"},
    }
    verdict = {"type": "object", "properties": item, "required": list(item), "additionalProperties": False}
    return {
        "type": "object",
        "properties": {
            "verdicts": {"type": "array", "items": verdict},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["verdicts", "confidence"],
        "additionalProperties": False,
    }


def read_verdicts(
    answer: Mapping[str, Any], properties: Mapping[str, str], lines: Sequence[Line]
) -> tuple[Verdict, Verdicts]:
    """Return whether any property contradicts what was said, and one verdict a property in the order asked.

    Raises AnswerRejected, also for a quote that nobody said.
    """
    items = answer.get("verdicts")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise AnswerRejected("`verdicts` must be an array of objects.")
    found = {item.get("property"): item for item in items}
    missing = [name for name in properties if name not in found]
    if missing:
        raise AnswerRejected(f"You gave no verdict on {missing}. Give one for every property.")
    verdicts = tuple(_verdict(name, expected, found[name], lines) for name, expected in properties.items())
    return _together(verdicts, read_confidence(answer)), verdicts


def _together(verdicts: Verdicts, confidence: float) -> Verdict:
    mismatches = [each for each in verdicts if each.verdict is VerdictKind.MISMATCH]
    evidence = tuple(each.span for each in mismatches if each.span is not None)
    said = "; ".join(f"{each.name}: {each.reason}" for each in mismatches)
    return Verdict(
        value=bool(mismatches),
        reasoning=said or f"None of {len(verdicts)} properties contradicts what was said.",
        confidence=confidence,
        evidence=evidence,
    )


def _verdict(name: str, expected: str, item: Mapping[str, Any], lines: Sequence[Line]) -> PropertyVerdict:
    try:
        kind = VerdictKind(str(item.get("verdict")))
    except ValueError as error:
        raise AnswerRejected(f"`verdict` of {name} must be one of {[kind.value for kind in VerdictKind]}.") from error
    reason = str(item.get("reasoning") or "")
    if kind is VerdictKind.NOT_MENTIONED:
        return PropertyVerdict(
            name=name, expected_value=expected, verdict=kind, observed_value=None, reason=reason, span=None
        )
    observed = item.get("observedValue")
    if kind is VerdictKind.MISMATCH and not isinstance(observed, str):
        raise AnswerRejected(f"`observedValue` of {name} must say what was said instead.")
    return PropertyVerdict(
        name=name,
        expected_value=expected,
        verdict=kind,
        observed_value=observed if kind is VerdictKind.MISMATCH else None,
        reason=reason,
        span=_span(name, item.get("quote"), reason, lines),
    )


def _span(name: str, quote: object, reason: str, lines: Sequence[Line]) -> EvidenceSpan:
    line = quoted_in(quote, lines) if isinstance(quote, str) else None
    if line is None:
        raise AnswerRejected(f"The quote {quote!r} about {name} is not in the transcript. Quote a line exactly.")
    segment = line.segment
    return EvidenceSpan(
        start_offset_ms=segment.start_offset_ms, end_offset_ms=segment.end_offset_ms, role=line.role, reason=reason
    )
