"""Which of the turns that start in the other party's speech are interruptions."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.conversation import Segment, Turn, TurnKind
from callscope.core.metric import CallFacts, Direction, EvidenceSpan, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import InterruptionEvent, events
from callscope.metrics.intervals import Track
from callscope.metrics.timeline import tracks


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State of each turn that starts in the other party's speech whether it interrupts."""
    conversation = conversation_of(facts)
    for role in Role:
        breaks = {each.interruption.at_offset_ms: each for each in events(facts) if each.interruption.by is role}
        early = [turn for turn in conversation.turns if turn.role is role and _starts_in_overlap(turn)]
        others = tracks(facts)[role.other]
        yield from (_verdict(turn, breaks.get(turn.start_offset_ms), others) for turn in early)
        if not early:
            reason = f"No turn of the {role} started while the {role.other} was speaking."
            yield Reading.not_applicable(reason, role=role)


def _starts_in_overlap(turn: Turn) -> bool:
    return turn.kind is TurnKind.TURN and turn.overlap_at_onset_ms > 0


def _verdict(turn: Turn, event: InterruptionEvent | None, others: Track[Segment]) -> Reading:
    if event is not None:
        return event.reading(value=True, role=turn.role)
    span = EvidenceSpan(
        start_offset_ms=turn.start_offset_ms,
        end_offset_ms=turn.start_offset_ms + turn.overlap_at_onset_ms,
        role=turn.role,
        reason=f"the {turn.role} started {turn.overlap_at_onset_ms} ms before the {turn.role.other} had finished",
    )
    return Reading(
        value=False,
        role=turn.role,
        context=MetricContext.SEGMENT_RANGE,
        segments=(others.last_begun(turn.start_offset_ms), turn.segments[0]),
        evidence=(span,),
    )


METRIC = MetricDefinition(
    slug="interruption",
    name="Interruption",
    description="Whether a turn that starts in the other party's speech breaks in on it. One value per such turn.",
    family="turn_taking",
    value_type=ValueType.BOOLEAN,
    unit=None,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT_RANGE,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.OVERLAP,),
    version=1,
    compute=measure,
    formula=(
        "True when the turn's onset lies in the other party's segment and overlaps it by more than the overlap "
        "threshold stored with the value; false when it overlaps less: a quick answer."
    ),
    edge_cases=(
        "The value speaks of the stretch from the segment broken in on to the one that broke in.",
        "A turn that starts in silence has no value: `response_time` speaks of it.",
        "Backchannels take no floor and have no value.",
    ),
    weaknesses=("Whether an interruption was called for is not judged here; `interruption_appropriateness` is.",),
)
