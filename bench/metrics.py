"""What the deterministic metrics of a call cost, against parsing its transcript as it was sent.

    python bench/metrics.py [--turns 400] [--minutes 30] [--slowest 10]

The call is made up: sentences as they are said on the telephone, a tenth of the turns interrupting, tools in between.
Cost is processor time of this process, the least of several rounds. The baseline is `json.loads` of the transcript
alone, the cheapest thing anybody who reads it must do. Metrics that guess by word lists (sentiment, emotion, voicemail)
are not deterministic; they are shown besides.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from callscope.core.call import Role, ToolInvocation  # noqa: E402
from callscope.core.conversation import Segment, TimingBasis  # noqa: E402
from callscope.core.metric import CallFacts, MetricValue  # noqa: E402
from callscope.core.transcript import TranscriptEntry  # noqa: E402
from callscope.metrics import registry  # noqa: E402
from callscope.metrics.definition import MEASURED_CONFIDENCE, MetricDefinition  # noqa: E402
from callscope.metrics.runner import compute  # noqa: E402
from callscope.speech.turns import build_conversation  # noqa: E402

RUNS = 15
STRETCH_NS = 20_000_000
MOST_TIMES_PARSING = 50
SENTENCES = {
    Role.AGENT: (
        "Thank you for calling Green Valley, this is Susan speaking, how can I help you today?",
        "Let me look that up for you, could you give me the order number please?",
        "I have found it. It was sent on Tuesday and should arrive by Friday at the latest.",
        "Is there anything else that I can do for you?",
        "I am sorry to hear that. Let me see what we can do about it.",
        "The appointment is at half past ten on Thursday the fourteenth. Does that suit you?",
        "Could you spell your last name for me?",
    ),
    Role.CUSTOMER: (
        "Hi, I am calling about the blender that I ordered two weeks ago.",
        "It is four seven one one, double zero, nine.",
        "That is really annoying, I have been waiting for days and nobody told me anything.",
        "Okay, great, thank you so much.",
        "No, I meant the other one, the red one with the glass jar.",
        "Yes.",
        "Can you send me a text message when it is on its way?",
    ),
}


def made_up_call(turn_count: int, minutes: float) -> CallFacts:
    """Return the facts of a two-channel call with a transcript and tools."""
    chance = random.Random(7)  # noqa: S311 - the same call every time, nothing secret
    step_ms = minutes * 60_000 / turn_count
    entries = []
    for position in range(turn_count):
        role = Role.AGENT if position % 2 == 0 else Role.CUSTOMER
        is_early = position > 0 and chance.random() < 0.1
        start_ms = round(position * step_ms) - (900 if is_early else 0)
        end_ms = round((position + chance.uniform(0.6, 0.95)) * step_ms)
        entries.append(_entry(position, role, chance.choice(SENTENCES[role]), start_ms, end_ms))
    segments = [Segment(role=e.role, start_offset_ms=e.start_offset_ms, end_offset_ms=e.end_offset_ms) for e in entries]
    return CallFacts(
        duration_ms=round(minutes * 60_000),
        conversation=build_conversation(segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=1.0),
        conversation_reason=None,
        transcript=tuple(entries),
        tools=tuple(_tool(number, round(number * 20 * step_ms)) for number in range(turn_count // 20)),
    )


def _entry(position: int, role: Role, text: str, start_ms: int, end_ms: int) -> TranscriptEntry:
    return TranscriptEntry(
        id=UUID(int=position),
        role=role,
        participant_id=None,
        text=f"{text} {position}" if position % 3 else text,
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        language_code="en",
        payload=None,
    )


def _tool(number: int, start_ms: int) -> ToolInvocation:
    return ToolInvocation(
        id=UUID(int=number),
        name="find_order",
        description=None,
        parameters={"order": number},
        result="" if number % 5 == 0 else {"status": "sent"},
        start_offset_ms=start_ms,
        end_offset_ms=start_ms + 400,
        agent_id=None,
    )


def as_sent(transcript: Sequence[TranscriptEntry]) -> str:
    """Return the transcript as a client sends it."""
    return json.dumps(
        [
            {
                "role": entry.role.upper(),
                "text": entry.text,
                "startOffsetMs": entry.start_offset_ms,
                "endOffsetMs": entry.end_offset_ms,
                "languageCode": entry.language_code,
            }
            for entry in transcript
        ]
    )


def least_ms(*works: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Return the least processor time of each work over several rounds, in milliseconds.

    They take turns, each repeated to fill about as long a stretch, so that other work on the machine hurts all alike.
    """
    repeats = [max(1, round(STRETCH_NS / max(1, _cost_ns(work, 3)))) for work in works]
    least = [float("inf")] * len(works)
    for _ in range(runs):
        for position, (work, times) in enumerate(zip(works, repeats, strict=True)):
            least[position] = min(least[position], _cost_ns(work, times) / 1e6)
    return least


def _cost_ns(work: Callable[[], object], times: int) -> float:
    started = time.process_time_ns()
    for _ in range(times):
        work()
    return (time.process_time_ns() - started) / times


def main() -> None:
    """Print the ratio for the whole catalogue and the metrics that cost most; fail above the bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--slowest", type=int, default=10, help="how many single metrics to list")
    arguments = parser.parse_args()
    facts = made_up_call(arguments.turns, arguments.minutes)
    catalogue = [each for each in registry.load(()) if each.calculation is None]

    def measured(chosen: Sequence[MetricDefinition]) -> tuple[MetricValue, ...]:
        return compute(replace(facts), chosen)

    certain = [each for each in catalogue if each.confidence == MEASURED_CONFIDENCE]
    body = as_sent(facts.transcript)
    parse_ms, certain_ms, whole_ms = least_ms(
        lambda: json.loads(body), lambda: measured(certain), lambda: measured(catalogue)
    )
    print(f"{arguments.turns} turns, {arguments.minutes:g} minutes, transcript {len(body):,} bytes")
    print(f"{'parsing the transcript':44} {parse_ms:8.3f} ms")
    for what, chosen, cost_ms in (
        ("deterministic", certain, certain_ms),
        ("with those guessed by words", catalogue, whole_ms),
    ):
        name = f"{len(chosen)} {what}, {len(measured(chosen))} values"
        print(f"{name:44} {cost_ms:8.3f} ms  {cost_ms / parse_ms:5.1f} x")
    costs = least_ms(*(lambda each=each: measured([each]) for each in catalogue), runs=5)
    alone = {each.slug: cost_ms for each, cost_ms in zip(catalogue, costs, strict=True)}
    for slug, cost_ms in sorted(alone.items(), key=lambda item: -item[1])[: arguments.slowest]:
        print(f"  {slug:42} {cost_ms:8.3f} ms  {cost_ms / parse_ms:5.1f} x")
    if certain_ms > MOST_TIMES_PARSING * parse_ms:
        sys.exit(f"The deterministic metrics cost more than {MOST_TIMES_PARSING} times parsing the transcript.")


if __name__ == "__main__":
    main()
