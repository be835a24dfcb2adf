"""What a judge is shown of a call, and the parts of it that are judged one by one."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callscope.core.call import Role, ToolInvocation
from callscope.core.conversation import Conversation, Interruption, Segment
from callscope.core.metric_definition import DefinedMetric, GradedContext, JudgedEvents, Judgement, Needed
from callscope.core.metric_policy import MetricSetting, SettingName
from callscope.core.transcript import TranscriptEntry
from callscope.metrics.judging.knowledge import Knowledge

MS_PER_MINUTE = 60_000
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of the transcript as the judge sees it, numbered from 1."""

    number: int
    role: Role
    text: str
    start_ms: int
    end_ms: int

    @property
    def shown(self) -> str:
        """The line as text; its words cannot look like another line."""
        minutes, rest_ms = divmod(self.start_ms, MS_PER_MINUTE)
        return f"[{self.number}] {minutes:02d}:{rest_ms / 1000:04.1f} {self.role.value.upper()}: {self.text}"

    @property
    def segment(self) -> Segment:
        """Where in the call it was said."""
        return Segment(role=self.role, start_offset_ms=self.start_ms, end_offset_ms=max(self.end_ms, self.start_ms + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMaterial:
    """All of a call that judges may be shown. `agent_prompt` is what its agent was told, None where unknown.

    `knowledge` is what the documents say that a metric is held against, None where it is held against none.
    """

    lines: tuple[Line, ...]
    conversation: Conversation | None = None
    tools: tuple[ToolInvocation, ...] = ()
    agent_prompt: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    knowledge: Knowledge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedUnit:
    """A part of a call that gets a verdict of its own: `segments` are its place, `line` the last line it reaches."""

    number: int
    shown: str
    role: Role | None
    segments: tuple[Segment, ...]
    line: int


def lines_of(transcript: Sequence[TranscriptEntry]) -> tuple[Line, ...]:
    """Return the transcript as numbered lines."""
    return tuple(
        Line(
            number=number,
            role=entry.role,
            text=_SPACE.sub(" ", entry.text).strip(),
            start_ms=entry.start_offset_ms,
            end_ms=entry.end_offset_ms,
        )
        for number, entry in enumerate(transcript, start=1)
    )


def units_of(metric: DefinedMetric, judgement: Judgement, material: CallMaterial) -> tuple[JudgedUnit, ...]:
    """Return what is judged one by one: events, lines of a party, or the agent's replies; nothing for most metrics."""
    role = None if metric.role is None else metric.role.role
    if judgement.events is not None:
        return tuple(_event_units(judgement.events, material))
    if GradedContext.SEGMENT in metric.contexts:
        return tuple(_line_unit(line) for line in material.lines if line.role is role)
    if GradedContext.TURN in metric.contexts:
        pairs = zip(material.lines, material.lines[1:], strict=False)
        return tuple(
            _reply_unit(said, reply) for said, reply in pairs if reply.role is role and said.role is not reply.role
        )
    return ()


def background(judgement: Judgement, material: CallMaterial, setting: MetricSetting | None) -> str:
    """Return what is shown besides the transcript, as headed paragraphs; "" when nothing is."""
    parts = []
    wants_prompt = {Needed.AGENT_PROMPT, Needed.KNOWLEDGE} & set(judgement.needs)
    if wants_prompt and material.agent_prompt:
        parts.append(f"INSTRUCTIONS THE AGENT WAS GIVEN\n{material.agent_prompt}")
    if material.tools and judgement.events is None:
        wanted = setting.texts if setting is not None and setting.name is SettingName.TOOL_DEFINITION_IDS else ()
        shown = [tool for tool in material.tools if not wanted or tool.name in wanted]
        parts.append("TOOL INVOCATIONS\n" + "\n".join(_tool(number, tool) for number, tool in enumerate(shown, 1)))
    if setting is not None and setting.name.is_text:
        parts.append(f"WHAT THE TEAM EXPECTS OF THE AGENT\n{setting.texts[0]}")
    if material.knowledge is not None:
        parts.append(material.knowledge.shown)
    return "\n\n".join(parts)


def _event_units(kind: JudgedEvents, material: CallMaterial) -> Iterator[JudgedUnit]:
    by = {JudgedEvents.AGENT_INTERRUPTIONS: Role.AGENT, JudgedEvents.CUSTOMER_BARGE_INS: Role.CUSTOMER}.get(kind)
    conversation = material.conversation
    found = () if conversation is None else conversation.interruptions
    wanted = [each for each in found if by in (None, each.by)]
    for number, interruption in enumerate(wanted, start=1):
        segments = _segments_at(interruption, conversation.segments if conversation else ())
        if segments:
            yield JudgedUnit(
                number=number,
                shown=_interruption(number, interruption),
                role=interruption.by,
                segments=segments,
                line=_line_at(interruption.at_offset_ms, material.lines),
            )


def _segments_at(interruption: Interruption, segments: Sequence[Segment]) -> tuple[Segment, ...]:
    at = interruption.at_offset_ms
    spoken = [each for each in segments if each.start_offset_ms <= at < each.end_offset_ms]
    interrupted = next((each for each in spoken if each.role is interruption.by.other), None)
    interrupting = next((each for each in spoken if each.role is interruption.by), None)
    return () if interrupted is None or interrupting is None else (interrupted, interrupting)


def _interruption(number: int, interruption: Interruption) -> str:
    minutes, rest_ms = divmod(interruption.at_offset_ms, MS_PER_MINUTE)
    stopped = (
        f"stopped after {interruption.stop_latency_ms} ms" if interruption.yielded else "went on speaking regardless"
    )
    return (
        f"({number}) At {minutes:02d}:{rest_ms / 1000:04.1f} the {interruption.by} began to speak while the "
        f"{interruption.by.other} was speaking, for {interruption.overlap_ms} ms at once; "
        f"the {interruption.by.other} {stopped}."
    )


def _line_at(at_ms: int, lines: Sequence[Line]) -> int:
    return max((line.number for line in lines if line.start_ms <= at_ms), default=1)


def _line_unit(line: Line) -> JudgedUnit:
    return JudgedUnit(
        number=line.number,
        shown=f"({line.number}) line [{line.number}]",
        role=line.role,
        segments=(line.segment,),
        line=line.number,
    )


def _reply_unit(said: Line, reply: Line) -> JudgedUnit:
    return JudgedUnit(
        number=reply.number,
        shown=f"({reply.number}) line [{reply.number}], the reply to line [{said.number}]",
        role=reply.role,
        segments=(said.segment, reply.segment),
        line=reply.number,
    )


def _tool(number: int, tool: ToolInvocation) -> str:
    seconds = tool.start_offset_ms / 1000
    parameters = json.dumps(dict(tool.parameters), ensure_ascii=False, default=str)
    result = (
        tool.result if isinstance(tool.result, str) else json.dumps(dict(tool.result), ensure_ascii=False, default=str)
    )
    about = f" ({tool.description})" if tool.description else ""
    return f"{number}. at {seconds:.1f} s {tool.name}{about} with {parameters} returned {result or 'nothing'}"
