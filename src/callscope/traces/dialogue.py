"""What spans say of a conversation: who said what, and which tools were used, as far as they have come in."""

import json
from collections.abc import Iterable, Mapping, Sequence

from callscope.core.call import Role
from callscope.core.span_meaning import SpanMeaning, SpanPart, TracedTool, TracedWords
from callscope.core.trace import Span
from callscope.traces.meaning import TEXTS, TOOL_NAMES, ancestors, meaning_of, outermost, spellings

TELLING = {
    Role.CUSTOMER: (SpanPart.USER_TURN, SpanPart.STT),
    Role.AGENT: (SpanPart.TTS, SpanPart.AGENT_TURN, SpanPart.LLM),
}
"""The parts that tell a party's words, best first: of an agent rather what was spoken than what was thought of."""
FINALITY = "is_final"
"""Set to false by recognizers on what they may still take back."""
TOOL_RESULT = "llm_tool_result"
"""Pipecat's speech-to-speech models tell of a tool twice: when it is called, and by this when it has answered."""
READ_ATTRIBUTES = (
    *dict.fromkeys(spelled for names in (*TEXTS.values(), TOOL_NAMES) for name in names for spelled in spellings(name)),
    FINALITY,
    "openinference.span.kind",
    "gen_ai.operation.name",
)
"""All attributes that are looked at here."""

Line = TracedWords | TracedTool


def read_dialogue(spans: Sequence[Span]) -> tuple[Line, ...]:
    """Return what was said and which tools were used, by start; words of a party in a row are one line.

    A framework's outer spans come in after those they enclose, when their work has ended: with them a line may change.
    """
    by_id = {span.span_id: span for span in spans if span.attributes.get(FINALITY) is not False}
    meanings = {span_id: meaning for span_id, span in by_id.items() if (meaning := meaning_of(span)) is not None}
    lines: list[Line] = [*_tools(by_id, meanings)]
    for role, parts in TELLING.items():
        lines += next((found for part in parts if (found := _words(role, part, by_id, meanings))), [])
    return _joined(sorted(lines, key=lambda line: line.start_unix_ns))


def _words(
    role: Role, part: SpanPart, by_id: Mapping[str, Span], meanings: Mapping[str, SpanMeaning]
) -> list[TracedWords]:
    """Return a part's words, each once: of spans within one another the outermost that has any."""
    texts = {
        span_id: text
        for span_id, meaning in meanings.items()
        if meaning.part is part and (text := _plain(meaning.text or ""))
    }
    return [
        TracedWords(
            role=role, text=text, start_unix_ns=by_id[span_id].start_unix_ns, end_unix_ns=by_id[span_id].end_unix_ns
        )
        for span_id, text in texts.items()
        if texts.keys().isdisjoint(ancestors(span_id, by_id))
    ]


def _tools(by_id: Mapping[str, Span], meanings: Mapping[str, SpanMeaning]) -> Iterable[TracedTool]:
    for span_id in outermost(by_id, meanings):
        span, name = by_id[span_id], meanings[span_id].tool_name
        if name and span.name != TOOL_RESULT:
            yield TracedTool(name=name, start_unix_ns=span.start_unix_ns, end_unix_ns=span.end_unix_ns)


def _plain(text: str) -> str:
    """Return what was said of a text that may be a list of messages in JSON, as OpenTelemetry's conventions have it."""
    if not text.startswith("[{"):
        return text.strip()
    try:
        messages = json.loads(text)
    except json.JSONDecodeError:
        return text.strip()
    parts = [part for message in messages if isinstance(message, dict) for part in _list(message.get("parts"))]
    said = (part.get("content") for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return " ".join(content.strip() for content in said if isinstance(content, str)).strip()


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _joined(lines: Iterable[Line]) -> tuple[Line, ...]:
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if isinstance(line, TracedWords) and isinstance(last, TracedWords) and line.role is last.role:
            joined[-1] = TracedWords(
                role=line.role,
                text=f"{last.text} {line.text}",
                start_unix_ns=last.start_unix_ns,
                end_unix_ns=max(last.end_unix_ns, line.end_unix_ns),
            )
        else:
            joined.append(line)
    return tuple(joined)
