"""How long a party holds the floor."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.conversation import Segment, Turn, TurnKind
from callscope.core.metric import (
    CallFacts,
    Direction,
    EvidenceSpan,
    MetricContext,
    MetricInput,
    MetricScope,
    ValueType,
)
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.statistics import summary_ms


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the length of every turn of each party, and their summary."""
    turns = [turn for turn in conversation_of(facts).turns if turn.kind is TurnKind.TURN]
    for role in Role:
        own = [turn for turn in turns if turn.role is role]
        if not own:
            yield Reading.not_applicable(f"The {role} took no turn.", role=role)
            continue
        yield _summary(role, own)
        for turn in own:
            yield Reading(value=_length_ms(turn), role=role, context=MetricContext.SEGMENT, segments=_extent(turn))


def _length_ms(turn: Turn) -> int:
    return turn.end_offset_ms - turn.start_offset_ms


def _extent(turn: Turn) -> tuple[Segment]:
    if len(turn.segments) == 1:
        return (turn.segments[0],)
    return (Segment(role=turn.role, start_offset_ms=turn.start_offset_ms, end_offset_ms=turn.end_offset_ms),)


def _summary(role: Role, turns: list[Turn]) -> Reading:
    summary = summary_ms([_length_ms(turn) for turn in turns])
    longest = max(turns, key=_length_ms)
    span = EvidenceSpan(
        start_offset_ms=longest.start_offset_ms,
        end_offset_ms=longest.end_offset_ms,
        role=role,
        reason=f"the longest turn of the {role}",
    )
    return Reading(value=summary["p50"], role=role, statistics=summary, evidence=(span,))


METRIC = MetricDefinition(
    slug="turn_duration",
    name="Turn duration",
    description="How long each turn lasts, pauses inside it included. The value of the call is the median.",
    family="turn_taking",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT, MetricContext.CALL),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    formula=(
        "Per turn: end of its last segment minus start of its first. For the call: the median (p50), with count, sum, "
        "mean, min, max, p90 and p95 beside it."
    ),
    edge_cases=("Backchannels are no turns and are left out.",),
    weaknesses=("A party left unanswered that speaks again after a long wait has one long turn with a hole in it.",),
)
