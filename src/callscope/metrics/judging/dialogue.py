"""The whole way from a call to values: which questions are asked, and what follows from the answers.

A dialogue is a generator: it yields requests and is sent the text of each answer, so that who asks, and how, is not
its business. An answer that cannot be taken is asked for again, with the reason.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from callscope.core.call import Role
from callscope.core.metric import MetricContext, MetricValue, ValueState, ValueType, VerdictKind
from callscope.core.metric_definition import DefinedMetric, GradedContext, Judgement, Needed
from callscope.core.metric_policy import MetricSetting
from callscope.metrics.judging import prompt, properties
from callscope.metrics.judging.answer import (
    AnswerRejected,
    Finding,
    Schema,
    Verdict,
    call_schema,
    findings_schema,
    read_call_verdict,
    read_findings,
    read_object,
    read_unit_verdicts,
    units_schema,
)
from callscope.metrics.judging.material import CallMaterial, JudgedUnit, Line, background, units_of
from callscope.metrics.judging.parts import neighbourhood, parts_of
from callscope.metrics.judging.prompt import PROMPT_VERSION, RULES, Question

MOST_TRIES = 3
UNITS_PER_QUESTION = 20
SHOWN_OF_BAD_ANSWER = 4000

ONLY_SIMULATED = "Only calls with a simulated customer have this; this call had a real one."
NO_TRANSCRIPT = "The call has no transcript, which is what a judge reads."
NOT_TIMED = "Who spoke when is not known."
NO_TOOLS = "The agent used no tool in this call."
NO_AGENT_PROMPT = "What the agent was told is not known: the call came without `agent.prompt`."
NO_KNOWLEDGE = (
    "What the agent was given to know is not known: the call came without `agent.prompt` and without tools, and no "
    "knowledge base was named. Name some in a policy, as this metric's setting `knowledgeBaseDocumentIds`."
)

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to a chat model."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send, and the schema that the answer must fit."""

    messages: tuple[Message, ...]
    schema: Schema


Dialogue = Generator[Request, str, ResultT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """Who is asked and how much it is shown at once: characters of transcript, about four to a token."""

    judge: str
    transcript_chars: int = 48_000

    @property
    def knowledge_chars(self) -> int:
        """See `knowledge_chars`."""
        return knowledge_chars(self.transcript_chars)


def knowledge_chars(transcript_chars: int) -> int:
    """Return how much of a team's documents a judge is shown beside so much of a transcript: half as much."""
    return transcript_chars // 2


def judge(
    metric: DefinedMetric,
    judgement: Judgement,
    material: CallMaterial,
    manner: Manner,
    setting: MetricSetting | None = None,
) -> Dialogue[tuple[MetricValue, ...]]:
    """Return every value the metric has in a call: of the call, then of its parts where these are judged."""
    lack = _lack(judgement, material)
    if lack is not None:
        return (absent(metric, lack[0], lack[1]),)
    question = Question(metric=metric, judgement=judgement, background=background(judgement, material, setting))
    try:
        if Needed.PROPERTIES in judgement.needs:
            return (yield from _about_properties(question, material, manner, setting))
        units = units_of(metric, judgement, material)
        if judgement.events is not None and not units:
            return (absent(metric, ValueState.NOT_APPLICABLE, "No such event was found in the call."),)
        of_call = [] if judgement.events else [(yield from _about_call(question, material, manner))]
        return (*of_call, *(yield from _about_units(question, units, material, manner)))
    except AnswerRejected as rejection:
        reason = f"The judge's answer could not be taken, {MOST_TRIES} times. The last time: {rejection}"
        return (absent(metric, ValueState.ERROR, reason),)


def absent(metric: DefinedMetric, state: ValueState, reason: str) -> MetricValue:
    """Return the statement that a judged metric has no value, and why."""
    return MetricValue(
        slug=metric.slug,
        version=metric.version,
        role=_role(metric),
        context=MetricContext.CALL,
        state=state,
        value=None,
        confidence=None,
        reason=reason,
        method="judge",
        parameters={"prompt_version": PROMPT_VERSION},
    )


def ask(text: str, schema: Schema, read: Callable[[Mapping[str, Any]], ResultT]) -> Dialogue[ResultT]:
    """Ask, and ask again with the reason while the answer cannot be taken. Raises AnswerRejected after the last try."""
    messages = [Message(role="system", content=RULES), Message(role="user", content=text)]
    for _ in range(MOST_TRIES):
        content = yield Request(messages=tuple(messages), schema=schema)
        try:
            return read(read_object(content))
        except AnswerRejected as rejection:
            rejected = rejection
            messages[2:] = [
                Message(role="assistant", content=content[:SHOWN_OF_BAD_ANSWER]),
                Message(role="user", content=f"{rejection} Give your whole answer again."),
            ]
    raise rejected


def _about_call(question: Question, material: CallMaterial, manner: Manner) -> Dialogue[MetricValue]:
    passages = () if material.knowledge is None else material.knowledge.passages
    schema = call_schema(question.metric, question.judgement, passages)
    shown, part_count = yield from _shown(question, material, manner)
    verdict = yield from ask(
        prompt.call_question(question, shown, schema),
        schema,
        lambda answer: read_call_verdict(answer, question.metric, question.judgement, material.lines, passages),
    )
    if verdict.value is None:
        return absent(question.metric, ValueState.NOT_APPLICABLE, verdict.reasoning)
    return _value(question.metric, verdict, manner, part_count=part_count)


def _shown(question: Question, material: CallMaterial, manner: Manner, also: str = "") -> Dialogue[tuple[str, int]]:
    """Return the transcript, or of a long one what matters in its parts with the lines themselves; and their number."""
    parts = parts_of(material.lines, manner.transcript_chars)
    if len(parts) == 1:
        return prompt.transcript(parts[0]), 1
    findings: list[Finding] = []
    for number, part in enumerate(parts, start=1):
        schema = findings_schema()
        text = prompt.findings_question(question, part, part=number, part_count=len(parts), schema=schema, also=also)
        findings += yield from ask(text, schema, findings_reader(part))
    lines = neighbourhood(material.lines, {finding.line for finding in findings}, manner.transcript_chars)
    return prompt.excerpts(lines, findings, len(material.lines)), len(parts)


def findings_reader(part: Sequence[Line]) -> Callable[[Mapping[str, Any]], tuple[Finding, ...]]:
    """Return what reads the answer about one part of a long call."""
    return lambda answer: read_findings(answer, part)


def _about_units(
    question: Question, units: Sequence[JudgedUnit], material: CallMaterial, manner: Manner
) -> Dialogue[tuple[MetricValue, ...]]:
    schema = units_schema(question.metric, question.judgement)
    values: list[MetricValue] = []
    for batch, lines in _batches(units, material.lines, manner.transcript_chars):
        verdicts = yield from ask(
            prompt.units_question(question, batch, lines, schema), schema, _units_reader(question, batch)
        )
        values += [_value(question.metric, verdicts[unit.number], manner, unit=unit) for unit in batch]
    return tuple(values)


def _units_reader(question: Question, batch: Sequence[JudgedUnit]) -> Callable[[Mapping[str, Any]], dict[int, Verdict]]:
    return lambda answer: read_unit_verdicts(answer, question.metric, question.judgement, batch)


def _batches(
    units: Sequence[JudgedUnit], lines: Sequence[Line], budget_chars: int
) -> Iterator[tuple[Sequence[JudgedUnit], Sequence[Line]]]:
    """Yield units with the lines about them, as many of each as may be shown at once."""
    for start in range(0, len(units), UNITS_PER_QUESTION):
        batch = units[start : start + UNITS_PER_QUESTION]
        yield batch, neighbourhood(lines, {unit.line for unit in batch}, budget_chars, width=6, ends=0)


def _about_properties(
    question: Question, material: CallMaterial, manner: Manner, setting: MetricSetting | None
) -> Dialogue[tuple[MetricValue, ...]]:
    metric = question.metric
    checked = properties.checked(material.properties, setting)
    if not checked:
        return (absent(metric, ValueState.NOT_APPLICABLE, "The call has no property to verify."),)
    schema = properties.schema(checked)
    listed = "The properties in question: " + "; ".join(f"{name}: {value}" for name, value in checked.items())
    shown, part_count = yield from _shown(question, material, manner, listed)
    told, verdicts = yield from ask(
        prompt.properties_question(question, checked, shown, schema),
        schema,
        lambda answer: properties.read_verdicts(answer, checked, material.lines),
    )
    if metric.value_type is ValueType.COUNT:
        told = replace(told, value=sum(each.verdict is VerdictKind.MISMATCH for each in verdicts))
    return (_value(metric, told, manner, part_count=part_count, property_verdicts=verdicts),)


def _value(
    metric: DefinedMetric,
    verdict: Verdict,
    manner: Manner,
    *,
    unit: JudgedUnit | None = None,
    part_count: int = 1,
    property_verdicts: properties.Verdicts = (),
) -> MetricValue:
    graded = GradedContext.SEGMENT if unit is not None and len(unit.segments) == 1 else GradedContext.TURN
    return MetricValue(
        slug=metric.slug,
        version=metric.version,
        role=_role(metric),
        context=MetricContext.CALL if unit is None else graded.value_context,
        state=ValueState.SUCCESS,
        value=verdict.value,
        confidence=verdict.confidence,
        reason=verdict.reasoning,
        segments=() if unit is None else unit.segments,
        evidence=verdict.evidence,
        statistics={"part_count": part_count} if part_count > 1 else {},
        method=f"judge {manner.judge}",
        parameters={"prompt_version": PROMPT_VERSION},
        property_verdicts=property_verdicts,
    )


def _lack(judgement: Judgement, material: CallMaterial) -> tuple[ValueState, str] | None:
    """Return why the question is not asked of this call, None when it is."""
    needs = judgement.needs
    reasons = (
        (Needed.SIMULATION in needs, ValueState.NOT_APPLICABLE, ONLY_SIMULATED),
        (not material.lines, ValueState.DATA_MISSING, NO_TRANSCRIPT),
        (judgement.events is not None and material.conversation is None, ValueState.DATA_MISSING, NOT_TIMED),
        (Needed.TOOLS in needs and not material.tools, ValueState.NOT_APPLICABLE, NO_TOOLS),
        (Needed.AGENT_PROMPT in needs and not material.agent_prompt, ValueState.DATA_MISSING, NO_AGENT_PROMPT),
        (Needed.KNOWLEDGE in needs and not _has_knowledge(material), ValueState.DATA_MISSING, NO_KNOWLEDGE),
    )
    return next(((state, reason) for is_so, state, reason in reasons if is_so), None)


def _has_knowledge(material: CallMaterial) -> bool:
    return bool(material.agent_prompt or material.tools or material.knowledge)


def _role(metric: DefinedMetric) -> Role | None:
    return None if metric.role is None else metric.role.role
