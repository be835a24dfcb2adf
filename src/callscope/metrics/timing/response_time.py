"""How long a party lets the other wait for an answer."""

from collections.abc import Iterator, Sequence

from callscope.core.call import Role
from callscope.core.conversation import Conversation, TurnKind
from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    ValueType,
)
from callscope.metrics.answers import Answer, answers, wait_before
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.responses import anchors
from callscope.metrics.statistics import summary_ms


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the wait before every answer of each party, and their summary."""
    conversation = conversation_of(facts)
    for role in Role:
        given = answers(facts)[role]
        yield _summary(role, conversation, given)
        anchored = anchors(role, conversation)
        for turn, wait_ms in given:
            yield Reading(
                value=wait_ms,
                role=role,
                context=MetricContext.SEGMENT_RANGE,
                segments=anchored[turn.start_offset_ms],
            )


def _summary(role: Role, conversation: Conversation, given: Sequence[Answer]) -> Reading:
    overlapping = sum(
        turn.role is role and turn.kind is TurnKind.TURN and turn.overlap_at_onset_ms > 0 for turn in conversation.turns
    )
    if not given:
        return Reading.not_applicable(
            f"The {role} never answered after the {role.other} had finished.",
            role=role,
            statistics={"count": 0, "started_in_overlap_count": overlapping},
        )
    summary = summary_ms([wait_ms for _, wait_ms in given])
    slowest = max(given, key=lambda answer: answer[1])
    return Reading(
        value=summary["p50"],
        role=role,
        statistics={**summary, "started_in_overlap_count": overlapping},
        evidence=(wait_before(*slowest),),
    )


METRIC = MetricDefinition(
    slug="response_time",
    name="Response time",
    description=(
        "How long a party waits before it answers: from the end of the other party's last speech to the onset of its "
        "own turn. One value per answer; the value of the call is the median."
    ),
    family="timing",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT_RANGE, MetricContext.CALL),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TURNS,),
    version=2,
    compute=measure,
    formula=(
        "Per answer: onset of the turn minus end of the other party's last speech before it. For the call: the median "
        "(p50), with count, sum, mean, min, max, p90 and p95 beside it."
    ),
    edge_cases=(
        "The value of an answer speaks of the stretch from the segment it answers to its own first segment.",
        "The turn that opens the call answers nobody: it has `time_to_first_word` instead.",
        "A turn that starts in overlap is counted in `started_in_overlap_count` and never averaged in.",
        'Backchannels ("mhm") take no floor and have no response time.',
        "A turn that nobody answers is counted by `missed_response_count`.",
    ),
    weaknesses=(
        "It is what the caller heard. What the agent's parts took (transcription, model, voice) is another clock.",
        "On transcript times it is only as true as the times the sender wrote down.",
    ),
)
