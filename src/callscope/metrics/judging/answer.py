"""What a judge must answer: the JSON schema of it, and the check that nothing in it was invented."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from callscope.core.metric import EvidenceSpan, ValueType
from callscope.core.metric_definition import DefinedMetric, Judgement
from callscope.metrics.judging.knowledge import Passage
from callscope.metrics.judging.material import JudgedUnit, Line

MAX_EVIDENCE = 8
MAX_FINDINGS = 12
SHORTEST_QUOTE = 2
_NOT_WORDS = re.compile(r"[^\w]+")
_FENCE = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)

Schema = dict[str, Any]
TextT = TypeVar("TextT", Line, Passage)


class AnswerRejected(ValueError):
    """An answer that cannot be taken; the message tells the judge why, so that it can be asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A checked answer. `value` is None when the question does not arise in the call."""

    value: float | int | bool | str | None
    reasoning: str
    confidence: float
    evidence: tuple[EvidenceSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in one part of a long call that matters for the question."""

    line: int
    note: str


def value_schema(value_type: ValueType, judgement: Judgement) -> Schema:
    """Return the schema of a value."""
    match value_type:
        case ValueType.BOOLEAN:
            return {"type": "boolean"}
        case ValueType.COUNT | ValueType.OFFSET:
            return {"type": "integer", "minimum": 0}
        case ValueType.SCALE:
            return {"type": "integer", "minimum": judgement.scale_min, "maximum": judgement.scale_max}
        case ValueType.NUMERIC:
            return {"type": "number"}
        case ValueType.TEXT:
            return {"type": "string"}
        case ValueType.CLASSIFICATION:
            labels = {"type": "string", "enum": [option.label for option in judgement.options]}
            most = judgement.max_classifications or 1
            return labels if most == 1 else {"type": "array", "items": labels, "minItems": 1, "maxItems": most}


def call_schema(metric: DefinedMetric, judgement: Judgement, passages: Sequence[Passage] = ()) -> Schema:
    """Return the schema of an answer about the whole call, whose evidence may quote passages of documents too."""
    return _object(
        evidence=_evidence(MAX_EVIDENCE, **(_PASSAGE_FIELDS if passages else {})),
        reasoning={"type": "string"},
        applies={"type": "boolean"},
        value=_nullable(value_schema(metric.value_type, judgement)),
        confidence=_CONFIDENCE,
    )


def units_schema(metric: DefinedMetric, judgement: Judgement) -> Schema:
    """Return the schema of an answer about parts of a call."""
    verdict = _object(
        unit={"type": "integer"},
        reasoning={"type": "string"},
        value=value_schema(metric.value_type, judgement),
        confidence=_CONFIDENCE,
    )
    return _object(verdicts={"type": "array", "items": verdict})


def findings_schema() -> Schema:
    """Return the schema of an answer about one part of a call too long to be shown at once."""
    return _object(findings=_evidence(MAX_FINDINGS))


def read_object(content: str) -> Mapping[str, Any]:
    """Return the JSON object of an answer, also where it stands in a fence. Raises AnswerRejected."""
    fenced = _FENCE.match(content)
    try:
        answer = json.loads(fenced.group(1) if fenced else content)
    except ValueError as error:
        raise AnswerRejected("Your answer is not JSON. Answer with one JSON object and nothing else.") from error
    if not isinstance(answer, dict):
        raise AnswerRejected("Your answer must be one JSON object.")
    return answer


def read_call_verdict(
    answer: Mapping[str, Any],
    metric: DefinedMetric,
    judgement: Judgement,
    lines: Sequence[Line],
    passages: Sequence[Passage] = (),
) -> Verdict:
    """Return the verdict on the whole call. Raises AnswerRejected, also for a quote that stands nowhere."""
    evidence = tuple(_span(item, lines, passages) for item in _list(answer, "evidence"))
    applies = answer.get("applies", True)
    value = None if applies is False else _value(answer.get("value"), metric, judgement)
    return Verdict(
        value=value, reasoning=_reasoning(answer), confidence=read_confidence(answer), evidence=evidence[:MAX_EVIDENCE]
    )


def read_unit_verdicts(
    answer: Mapping[str, Any], metric: DefinedMetric, judgement: Judgement, units: Sequence[JudgedUnit]
) -> dict[int, Verdict]:
    """Return one verdict for each unit by its number. Raises AnswerRejected, also when one is missing."""
    known = {unit.number for unit in units}
    verdicts: dict[int, Verdict] = {}
    for item in _list(answer, "verdicts"):
        number = item.get("unit")
        if number in known:
            verdicts[number] = Verdict(
                value=_value(item.get("value"), metric, judgement),
                reasoning=_reasoning(item),
                confidence=read_confidence(item),
                evidence=(),
            )
    missing = sorted(known - verdicts.keys())
    if missing:
        raise AnswerRejected(f"You gave no verdict on {missing}. Give one verdict for every number in brackets ().")
    return verdicts


def read_findings(answer: Mapping[str, Any], lines: Sequence[Line]) -> tuple[Finding, ...]:
    """Return what was found in a part. Raises AnswerRejected for a quote that nobody said."""
    items = _list(answer, "findings")[:MAX_FINDINGS]
    return tuple(Finding(line=_quoted_line(item, lines).number, note=str(item.get("reason", ""))) for item in items)


def quoted_in(quote: str, lines: Sequence[Line]) -> Line | None:
    """Return the first line that holds the quote, whatever its case, accents and punctuation."""
    return _holding(quote, lines)


_CONFIDENCE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_PASSAGE_FIELDS: Mapping[str, Schema] = {
    "passage": _nullable({"type": "integer"}),
    "passageQuote": _nullable({"type": "string"}),
}


def _evidence(most: int, **further: Schema) -> Schema:
    item = _object(line={"type": "integer"}, quote={"type": "string"}, reason={"type": "string"}, **further)
    return {"type": "array", "items": item, "maxItems": most}


def _list(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = answer.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise AnswerRejected(f"`{name}` must be an array of objects.")
    return items


def _span(item: Mapping[str, Any], lines: Sequence[Line], passages: Sequence[Passage]) -> EvidenceSpan:
    line = _quoted_line(item, lines)
    segment = line.segment
    return EvidenceSpan(
        start_offset_ms=segment.start_offset_ms,
        end_offset_ms=segment.end_offset_ms,
        role=line.role,
        reason=" ".join([str(item.get("reason", "")), *_citation(item, passages)]),
    )


def _citation(item: Mapping[str, Any], passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return what a document says to a piece of evidence, as words: nothing where no passage is named."""
    number, quote = item.get("passage"), item.get("passageQuote")
    if not passages or (number is None and quote is None):
        return ()
    if not isinstance(quote, str):
        raise AnswerRejected("`passageQuote` must be words of the passage that `passage` names.")
    named = [passage for passage in passages if passage.number == number]
    found = _holding(quote, named) or _holding(quote, passages)
    if found is None:
        raise AnswerRejected(
            f"The quote {quote!r} is in no passage under KNOWLEDGE. Quote a passage exactly, or make both null."
        )
    return (f"{found.document} [K{found.number}] says: “{quote}”",)


def _quoted_line(item: Mapping[str, Any], lines: Sequence[Line]) -> Line:
    """Return the line a quote is from: the one named, or another when the judge miscounted."""
    quote, number = item.get("quote"), item.get("line")
    if not isinstance(quote, str):
        raise AnswerRejected("Each piece of evidence needs a `quote`: words of the transcript.")
    named = [line for line in lines if line.number == number]
    found = quoted_in(quote, named) or quoted_in(quote, lines)
    if found is None:
        raise AnswerRejected(
            f"The quote {quote!r} is not in the transcript. Quote the words of a line exactly, or leave it out."
        )
    return found


def _value(value: object, metric: DefinedMetric, judgement: Judgement) -> float | int | bool | str:
    match metric.value_type, value:
        case ValueType.BOOLEAN, bool():
            return value
        case ((ValueType.COUNT | ValueType.OFFSET), int()) if not isinstance(value, bool) and value >= 0:
            return value
        case ValueType.NUMERIC, int() | float() if not isinstance(value, bool):
            return value
        case ValueType.SCALE, int() | float() if not isinstance(value, bool) and _on_scale(value, judgement):
            return value
        case ValueType.TEXT, str() if value.strip():
            return value.strip()
        case ValueType.CLASSIFICATION, _:
            return _labels(value, judgement)
    wanted = json.dumps(value_schema(metric.value_type, judgement))
    raise AnswerRejected(f"`value` is {value!r}; it must fit {wanted}.")


def _on_scale(value: float, judgement: Judgement) -> bool:
    low, high = judgement.scale_min, judgement.scale_max
    return low is not None and high is not None and low <= value <= high


def _labels(value: object, judgement: Judgement) -> str:
    chosen = value if isinstance(value, list) else [value]
    labels = [option.label for option in judgement.options]
    most = judgement.max_classifications or 1
    if not chosen or len(chosen) > most or any(each not in labels for each in chosen):
        raise AnswerRejected(f"`value` is {value!r}; choose at most {most} of {labels}.")
    return ", ".join(dict.fromkeys(str(each) for each in chosen))


def _reasoning(answer: Mapping[str, Any]) -> str:
    reasoning = answer.get("reasoning")
    if not isinstance(reasoning, str) or not reasoning.strip():
        raise AnswerRejected("`reasoning` must say why, in a sentence or two.")
    return reasoning.strip()


def read_confidence(answer: Mapping[str, Any]) -> float:
    """Return how sure the judge says it is. Raises AnswerRejected."""
    confidence = answer.get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        raise AnswerRejected("`confidence` must be a number from 0 to 1.")
    return float(confidence)


def _holding(quote: str, texts: Sequence[TextT]) -> TextT | None:
    """Return the first of the texts that holds the words of a quote."""
    wanted = _words(quote)
    if len(wanted.strip()) < SHORTEST_QUOTE:
        return None
    return next((each for each in texts if wanted in _words(each.text)), None)


def _words(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in folded if not unicodedata.combining(character))
    return f" {_NOT_WORDS.sub(' ', kept).strip()} "
