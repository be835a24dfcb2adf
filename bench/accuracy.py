"""How well calls are heard: Callscope and its peers on the same generated calls, with the bars beside them.

    python bench/accuracy.py [--calls 2] [--write docs/reference/accuracy.md]

The voices are not those the thresholds were tuned on, and neither are the seeds. All tools are asked for speech
segments only; the same rules make turns of them, so that the table compares hearing and nothing else.
"""

import argparse
import sys
import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the call maker of the tests makes the calls

import call_ai_metrics  # noqa: E402
from faster_whisper.vad import VadOptions, get_speech_timestamps  # noqa: E402

from callscope.core.call import Role  # noqa: E402
from callscope.core.conversation import Segment, TimingBasis  # noqa: E402
from callscope.speech.analysis import analyze_recording  # noqa: E402
from callscope.speech.turns import build_conversation  # noqa: E402
from tests.support.scoring import Scores  # noqa: E402
from tests.support.synthetic_calls import CHANNEL_OF, Condition, SyntheticCall, make_call  # noqa: E402
from tests.support.voices import SAMPLE_RATE_HZ, Voice, committed_voices, human_voices, is_installed, synthesised_voice  # noqa: E402

BEGIN, END = "<!-- accuracy:begin -->", "<!-- accuracy:end -->"
TEST_SEEDS = range(9000, 9100)
"""Tuning used seeds below 100 and the voices `flite slt`, `flite rms`, `en-us+m3`, `en-gb+f2` and the human ones."""
COLUMNS = (
    "condition",
    "voices",
    "tool",
    "turns found",
    "response time error p50 / p90, ms",
    "bar",
    "interruptions F1",
    "stop latency error p50, ms",
    "backchannels F1",
)
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What must be reached: share of turns found, and p50 and p90 of the response time's error in ms."""

    found: float
    p50_ms: float
    p90_ms: float


BARS = {
    Condition.CLEAN: Bar(found=0.99, p50_ms=15, p90_ms=35),
    Condition.NOISE_45: Bar(found=0.99, p50_ms=20, p90_ms=80),
    Condition.BLEED_25: Bar(found=0.99, p50_ms=20, p90_ms=40),
    Condition.BLEED_12: Bar(found=0.99, p50_ms=20, p90_ms=40),
    Condition.MULAW: Bar(found=0.99, p50_ms=20, p90_ms=45),
    Condition.NOISE_30: Bar(found=0.97, p50_ms=60, p90_ms=180),
}

Tool = Callable[[SyntheticCall, Path], list[Segment]]


def hear_with_callscope(_call: SyntheticCall, path: Path) -> list[Segment]:
    """Return Callscope's segments of the file."""
    segments = analyze_recording(path).segments
    assert segments is not None, "a stereo recording has parties"
    return list(segments)


def hear_with_call_ai_metrics(call: SyntheticCall, _path: Path) -> list[Segment]:
    """Return the segments of `call-ai-metrics`, with its defaults."""
    report = call_ai_metrics.analyze(call.samples, sample_rate=SAMPLE_RATE_HZ, speakers=["customer", "agent"])
    return [_segment(Role(item.speaker), item.start_s * 1000, item.end_s * 1000) for item in report.segments]


def hear_with_silero(call: SyntheticCall, _path: Path) -> list[Segment]:
    """Return bare Silero's segments, thresholds as shipped, pauses below 200 ms bridged, nothing padded."""
    options = VadOptions(min_silence_duration_ms=200, min_speech_duration_ms=100, speech_pad_ms=0)
    return [
        _segment(role, piece["start"] / SAMPLES_PER_MS, piece["end"] / SAMPLES_PER_MS)
        for role, channel in CHANNEL_OF.items()
        for piece in get_speech_timestamps(call.samples[channel].copy(), options)
    ]


def _segment(role: Role, start_ms: float, end_ms: float) -> Segment:
    return Segment(role=role, start_offset_ms=round(start_ms), end_offset_ms=round(end_ms))


TOOLS: dict[str, Tool] = {
    "Callscope": hear_with_callscope,
    "call-ai-metrics": hear_with_call_ai_metrics,
    "Silero alone": hear_with_silero,
}


def test_casts() -> dict[str, list[dict[Role, Voice]]]:
    """Return who speaks: synthesisers where installed, else the committed clips, and human readers."""
    casts: dict[str, list[dict[Role, Voice]]] = {}
    if is_installed("espeak-ng") and is_installed("flite"):
        pairs = [
            (("flite", "awb"), ("espeak-ng", "en-us+f3")),
            (("espeak-ng", "en-gb-scotland+m1"), ("flite", "kal16")),
        ]
        casts["generated"] = [
            {Role.AGENT: synthesised_voice(*agent), Role.CUSTOMER: synthesised_voice(*customer)}
            for agent, customer in pairs
        ]
    else:
        first, second = committed_voices()
        casts["generated"] = [{Role.AGENT: first, Role.CUSTOMER: second}]
    human = human_voices()
    if len(human) > 1:
        casts["human"] = [{Role.AGENT: human[0], Role.CUSTOMER: human[1]}]
    return casts


def write_wav(path: Path, call: SyntheticCall) -> None:
    """Write the call as 16 bit PCM."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.rint(np.clip(call.samples.T, -1, 1) * 32767).astype("<i2").tobytes())


def measure(casts: list[dict[Role, Voice]], condition: Condition, call_count: int) -> dict[str, Scores]:
    """Return every tool's scores under one condition."""
    scores = {name: Scores() for name in TOOLS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "call.wav"
        for cast in casts:
            for seed in TEST_SEEDS[:call_count]:
                call = make_call(seed, cast, condition)
                write_wav(path, call)
                for name, tool in TOOLS.items():
                    heard = build_conversation(tool(call, path), basis=TimingBasis.CHANNEL_AUDIO, confidence=1.0)
                    scores[name].add(call, heard)
    return scores


def table_row(voices: str, condition: Condition, name: str, scores: Scores) -> str:
    """Return one line of the table."""
    bar = BARS.get(condition)
    wanted = f"≥ {bar.found:.0%}, ≤ {bar.p50_ms:.0f} / {bar.p90_ms:.0f}" if bar else "none"
    total = scores.turns.hits + scores.turns.misses
    return (
        f"| {condition} | {voices} | {name} | {scores.turns.recall:.1%} of {total}, {scores.turns.extras} extra | "
        f"{scores.response_error_ms(0.5):.0f} / {scores.response_error_ms(0.9):.0f} | {wanted} | "
        f"{scores.interruptions.f1:.2f} | {scores.stop_error_ms(0.5):.0f} | {scores.backchannels.f1:.2f} |"
    )


def main() -> None:
    """Measure, print, and write the table between the markers of a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4, help="calls per cast and condition")
    parser.add_argument("--write", type=Path, help="page whose table is replaced")
    arguments = parser.parse_args()
    rows = [
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
    ]
    print("\n".join(rows), flush=True)
    for voices, casts in test_casts().items():
        for condition in Condition:
            for name, scores in measure(casts, condition, arguments.calls).items():
                rows.append(table_row(voices, condition, name, scores))
                print(rows[-1], flush=True)
    if arguments.write:
        page = arguments.write.read_text()
        before, rest = page.split(BEGIN)
        after = rest.split(END)[1]
        arguments.write.write_text(before + BEGIN + "\n" + "\n".join(rows) + "\n" + END + after)


if __name__ == "__main__":
    main()
