"""Write the telemetry of two example calls: `python demo/make_traces.py` hears their recordings and writes `traces/`.

One trace is shaped as LiveKit Agents makes them, one as Pipecat does. Times are nanoseconds from the start of the call
on the agent's clock, which starts late against the recording and runs a little slow, as two machines' clocks do.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Turn, TurnKind
from callscope.services.measuring import measure_recording

HERE = Path(__file__).parent
DRIFT_PPM = 60
MODEL = {"gen_ai.request.model": "small-talker-2", "gen_ai.provider.name": "example"}


@dataclass
class Recorder:
    """Spans of one trace on the agent's clock, `late_ms` behind the recording."""

    name: str
    scope: str
    late_ms: float
    chance: random.Random
    spans: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, start_ms: float, end_ms: float, parent: str | None, **attributes: Any) -> str:  # noqa: ANN401 - OTLP's own kinds of value
        """Record a span at recording times and return its id; double underscores in attribute names are dots."""
        span_id = _digest(f"{self.name}/{len(self.spans)}", 8)
        self.spans.append(
            {
                "traceId": _digest(self.name, 16),
                "spanId": span_id,
                **({"parentSpanId": parent} if parent else {}),
                "name": name,
                "kind": 1,
                "startTimeUnixNano": self._clock(start_ms),
                "endTimeUnixNano": self._clock(max(start_ms, end_ms)),
                "attributes": [_attribute(key.replace("__", "."), value) for key, value in attributes.items()],
            }
        )
        return span_id

    def _clock(self, at_ms: float) -> str:
        return str(round((at_ms / (1 + DRIFT_PPM / 1e6) + self.late_ms) * 1e6))

    def document(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Return the trace as an OTLP request."""
        shared = {"attributes": [_attribute(key, value) for key, value in resource.items()]}
        scope = {"name": self.scope}
        return {"resourceSpans": [{"resource": shared, "scopeSpans": [{"scope": scope, "spans": self.spans}]}]}


def livekit(recorder: Recorder, conversation: Conversation, duration_ms: int) -> None:
    """Record a call as LiveKit Agents does."""
    root = recorder.add("agent_session", 0, duration_ms, None, lk__agent_name="billing-desk")
    for segment in conversation.segments:
        is_agent = segment.role is Role.AGENT
        # A voice leaves before it is heard; a caller is noticed after he began.
        late_ms = recorder.chance.uniform(-45, -15) if is_agent else recorder.chance.uniform(20, 70)
        name = "agent_speaking" if is_agent else "user_speaking"
        recorder.add(name, segment.start_offset_ms + late_ms, segment.end_offset_ms + late_ms, root)
    for number, (turn, heard_ms) in enumerate(_answers(conversation)):
        said = turn.start_offset_ms - heard_ms
        waited, heard, thought, tooled, spoke = _shares(recorder.chance, heard_ms, has_tool=number % 3 == 1)
        user = recorder.add("user_turn", said - 800, said + waited + heard, root)
        recorder.add("eou_wait", said, said + waited, user)
        recorder.add("stt_node", said + waited, said + waited + heard, user)
        at = said + waited + heard
        reported_s = (thought + tooled + spoke) / 1000
        agent = recorder.add("agent_turn", at, turn.end_offset_ms, root, lk__e2e_latency=reported_s)
        if tooled:
            asked = thought * 0.45
            _livekit_model(recorder, agent, at, at + asked, asked * 0.8)
            recorder.add(
                "function_tool", at + asked, at + asked + tooled, agent, lk__function_tool__name="look_up_invoice"
            )
            at, thought = at + asked + tooled, thought - asked
        _livekit_model(recorder, agent, at, at + thought + 700, thought)
        voice = recorder.add("tts_node", at + thought, turn.end_offset_ms - 200, agent, lk__response__ttfb=spoke / 1000)
        recorder.add("tts_request", at + thought, turn.end_offset_ms - 250, voice, gen_ai__provider__name="example")


def _livekit_model(recorder: Recorder, parent: str, start_ms: float, end_ms: float, first_ms: float) -> None:
    node = recorder.add("llm_node", start_ms, end_ms, parent, lk__response__ttft=first_ms / 1000)
    tokens = {"gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 38}
    recorder.add("llm_request", start_ms, end_ms, node, **MODEL, **tokens)


def pipecat(recorder: Recorder, conversation: Conversation, duration_ms: int) -> None:
    """Record a call as Pipecat does."""
    root = recorder.add("conversation", 0, duration_ms, None, conversation__id="demo-refund-follow-up")
    agent = [turn for turn in conversation.turns if turn.role is Role.AGENT and turn.kind is TurnKind.TURN]
    for number, turn in enumerate(agent, start=1):
        heard_ms = turn.response_time_ms or 700
        said = turn.start_offset_ms - heard_ms
        waited, heard, thought, _, spoke = _shares(recorder.chance, heard_ms, has_tool=False)
        wrapped = recorder.add(
            "turn",
            said - 1200,
            turn.end_offset_ms,
            root,
            turn__number=number,
            turn__user_bot_latency_seconds=(heard_ms - 120) / 1000,
        )
        recorder.add("stt", said - 1000, said + waited + heard, wrapped, metrics__ttfb=(waited + heard) / 1000)
        at = said + waited + heard
        recorder.add("llm", at, at + thought + 500, wrapped, metrics__ttfb=thought / 1000, **MODEL)
        recorder.add("tts", at + thought, turn.end_offset_ms - 300, wrapped, metrics__ttfb=spoke / 1000)


def _answers(conversation: Conversation) -> Iterator[tuple[Turn, int]]:
    for turn in conversation.turns:
        if turn.role is Role.AGENT and turn.kind is TurnKind.TURN and turn.response_time_ms:
            yield turn, turn.response_time_ms


def _shares(chance: random.Random, heard_ms: int, *, has_tool: bool) -> tuple[float, float, float, float, float]:
    """Return how a wait falls to end of turn, transcription, model, tool and voice; some is left unexplained."""
    weights = [chance.uniform(3, 5), chance.uniform(0.3, 0.8), chance.uniform(2, 4), 0.0, chance.uniform(0.8, 1.6)]
    if has_tool:
        weights[3] = chance.uniform(2, 4)
    scale = heard_ms / (sum(weights) + chance.uniform(0.8, 1.6))
    waited, heard, thought, tooled, spoke = (weight * scale for weight in weights)
    return waited, heard, thought, tooled, spoke


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def _attribute(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - OTLP's own kinds of value
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}
    shown = str(value) if isinstance(value, int) else round(value, 4) if isinstance(value, float) else value
    return {"key": key, "value": {kinds[type(value)]: shown}}


def heard(recording: str) -> tuple[Conversation, int]:
    """Return who spoke when in an example recording, and its length."""
    measured = measure_recording(HERE / "recordings" / recording)
    if measured.conversation is None:
        raise SystemExit(f"Nobody could be timed in {recording}.")
    return measured.conversation, measured.analysis.duration_ms


def main() -> None:
    """Write both traces."""
    for name, file, make, scope, late_ms, resource in (
        ("double-charge", "double-charge.ogg", livekit, "livekit-agents", 1350.0, {"service.name": "billing-desk"}),
        ("refund-follow-up", "refund-follow-up.mp3", pipecat, "pipecat.turn", 820.0, {"service.name": "follow-up"}),
    ):
        conversation, duration_ms = heard(file)
        recorder = Recorder(name=name, scope=scope, late_ms=late_ms, chance=random.Random(name))  # noqa: S311 - the same each time
        make(recorder, conversation, duration_ms)
        if make is livekit:
            resource["roark.external_id"] = f"demo-{name}"
        target = HERE / "traces" / f"{name}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(
            json.dumps(recorder.document(resource), separators=(",", ":")).replace('{"traceId"', '\n{"traceId"') + "\n"
        )


if __name__ == "__main__":
    main()
