"""What a span is, read by the attribute names of the library that made it."""

from collections.abc import Callable, Mapping

from callscope.core.span_meaning import Convention, SpanMeaning, SpanPart
from callscope.core.trace import Attributes, AttributeValue, Span

LIVEKIT_PARTS = {
    "agent_session": SpanPart.CALL,
    "user_turn": SpanPart.USER_TURN,
    "agent_turn": SpanPart.AGENT_TURN,
    "user_speaking": SpanPart.USER_SPEECH,
    "agent_speaking": SpanPart.AGENT_SPEECH,
    "eou_wait": SpanPart.END_OF_TURN,
    "eou_detection": SpanPart.END_OF_TURN,
    "stt_node": SpanPart.STT,
    "stt_request": SpanPart.STT,
    "llm_node": SpanPart.LLM,
    "llm_request": SpanPart.LLM,
    "llm_request_run": SpanPart.LLM,
    "realtime_inference": SpanPart.LLM,
    "function_tool": SpanPart.TOOL,
    "tts_node": SpanPart.TTS,
    "tts_request": SpanPart.TTS,
    "tts_request_run": SpanPart.TTS,
    "tts_stream_adapter": SpanPart.TTS,
}
LIVEKIT_TRANSPORT = ("room_", "track_", "job_", "pre_connect", "rpc")
PIPECAT_PARTS = {
    "conversation": SpanPart.CALL,
    "turn": SpanPart.AGENT_TURN,
    "stt": SpanPart.STT,
    "llm": SpanPart.LLM,
    "llm_tool_call": SpanPart.TOOL,
    "llm_tool_result": SpanPart.TOOL,
    "tts": SpanPart.TTS,
}
OPENINFERENCE_PARTS = {"LLM": SpanPart.LLM, "TOOL": SpanPart.TOOL}
GEN_AI_PARTS = {
    "chat": SpanPart.LLM,
    "text_completion": SpanPart.LLM,
    "generate_content": SpanPart.LLM,
    "execute_tool": SpanPart.TOOL,
    "stt": SpanPart.STT,
    "speech_to_text": SpanPart.STT,
    "transcription": SpanPart.STT,
    "tts": SpanPart.TTS,
    "text_to_speech": SpanPart.TTS,
}
FIRST_OUTPUT_SECONDS = (
    "lk.response.ttft",
    "lk.response.ttfb",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.server.time_to_first_token",
    "metrics.ttfb",
)
FIRST_OUTPUT_EVENTS = {"First Token Stream Event", "gen_ai.first_token", "first_token"}
REPORTED_SECONDS = ("lk.e2e_latency", "turn.user_bot_latency_seconds")
MODELS = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name")
PROVIDERS = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
INPUT_TOKENS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
OUTPUT_TOKENS = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion")
TEXTS: dict[SpanPart, tuple[str, ...]] = {
    SpanPart.USER_TURN: ("lk.user_transcript",),
    SpanPart.STT: ("transcript", "lk.user_transcript", "gen_ai.output.messages"),
    SpanPart.LLM: ("lk.response.text", "output", "output.value", "gen_ai.output.messages", "gen_ai.completion"),
    SpanPart.AGENT_TURN: ("lk.response.text",),
    SpanPart.TOOL: ("lk.function_tool.output", "gen_ai.tool.call.result", "tool.result", "output.value"),
    SpanPart.TTS: ("lk.input_text", "text", "input.value"),
}
TOOL_NAMES = ("lk.function_tool.name", "gen_ai.tool.name", "tool.name", "tool.function_name", "function_name")
MS_PER_S = 1000


def meaning_of(span: Span) -> SpanMeaning | None:
    """Return what a span is, None for one that no convention names: it is shown as it is."""
    found = part_of(span.name, span.origin.scope_name, span.attributes)
    return None if found is None else _meaning(span, *found)


def part_of(name: str, scope_name: str, attributes: Attributes) -> tuple[SpanPart, Convention] | None:
    """Return which part a span tells of, and by whose names, None when no convention names it."""
    for convention, read in READERS.items():
        part = read(name, scope_name, attributes)
        if part is not None:
            return part, convention
    return None


def outermost(spans: Mapping[str, Span], meanings: Mapping[str, SpanMeaning]) -> tuple[str, ...]:
    """Return the ids of spans that lie in no other of their part, so that nothing is counted twice.

    Frameworks wrap one request in several spans: the node, the request, each attempt.
    """
    return tuple(
        span_id
        for span_id, meaning in meanings.items()
        if not any(
            ancestor in meanings and meanings[ancestor].part is meaning.part for ancestor in ancestors(span_id, spans)
        )
    )


def ancestors(span_id: str, spans: Mapping[str, Span]) -> list[str]:
    """Return the ids of the spans that a span lies in, as far as they have come in, the nearest first."""
    found: list[str] = []
    parent = spans[span_id].parent_span_id
    # A sender may claim a circle.
    while parent is not None and parent in spans and parent not in found:
        found.append(parent)
        parent = spans[parent].parent_span_id
    return found


def spellings(name: str) -> tuple[str, str]:
    """Return the names an attribute may have: LiveKit puts `pii` into those of what people said, but not always did."""
    return name, name.replace("lk.", "lk.pii.", 1)


def _meaning(span: Span, part: SpanPart, convention: Convention) -> SpanMeaning:
    return SpanMeaning(
        part=part,
        convention=convention,
        first_output_ms=_first_output_ms(span),
        reported_latency_ms=_milliseconds(span, REPORTED_SECONDS),
        model=_text(span, MODELS),
        provider=_text(span, PROVIDERS),
        input_tokens=_count(span, INPUT_TOKENS),
        output_tokens=_count(span, OUTPUT_TOKENS),
        text=_text(span, TEXTS.get(part, ())),
        tool_name=_text(span, TOOL_NAMES) if part is SpanPart.TOOL else None,
    )


def _livekit(name: str, scope_name: str, attributes: Attributes) -> SpanPart | None:
    if scope_name != "livekit-agents" and not any(key.startswith("lk.") for key in attributes):
        return None
    if name.startswith(LIVEKIT_TRANSPORT):
        return SpanPart.TRANSPORT
    return LIVEKIT_PARTS.get(name)


def _pipecat(name: str, scope_name: str, _attributes: Attributes) -> SpanPart | None:
    return PIPECAT_PARTS.get(name) if scope_name.split(".", maxsplit=1)[0] == "pipecat" else None


def _openinference(_name: str, _scope_name: str, attributes: Attributes) -> SpanPart | None:
    return OPENINFERENCE_PARTS.get(str(attributes.get("openinference.span.kind")).upper())


def _gen_ai(_name: str, _scope_name: str, attributes: Attributes) -> SpanPart | None:
    return GEN_AI_PARTS.get(str(attributes.get("gen_ai.operation.name")).lower())


READERS: dict[Convention, Callable[[str, str, Attributes], SpanPart | None]] = {
    Convention.LIVEKIT: _livekit,
    Convention.PIPECAT: _pipecat,
    Convention.OPENINFERENCE: _openinference,
    Convention.GEN_AI: _gen_ai,
}
"""In this order: the frameworks' own names say more than the general ones they also set."""


def _first(span: Span, names: tuple[str, ...]) -> AttributeValue:
    for name in names:
        for spelled in spellings(name):
            value = span.attributes.get(spelled)
            if value is not None:
                return value
    return None


def _text(span: Span, names: tuple[str, ...]) -> str | None:
    value = _first(span, names)
    return value if isinstance(value, str) and value else None


def _count(span: Span, names: tuple[str, ...]) -> int | None:
    value = _first(span, names)
    return value if type(value) is int and value >= 0 else None


def _milliseconds(span: Span, names: tuple[str, ...]) -> float | None:
    value = _first(span, names)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value * MS_PER_S if is_number and isinstance(value, int | float) and value >= 0 else None


def _first_output_ms(span: Span) -> float | None:
    measured = _milliseconds(span, FIRST_OUTPUT_SECONDS)
    if measured is not None:
        return measured
    moments = [event.at_unix_ns for event in span.events if event.name in FIRST_OUTPUT_EVENTS]
    return (min(moments) - span.start_unix_ns) / 1e6 if moments else None
