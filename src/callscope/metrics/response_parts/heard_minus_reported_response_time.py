"""How much longer the caller waited than the agent says."""

from collections.abc import Iterator

from callscope.core.call import Role
from callscope.core.metric import CallFacts, EvidenceSpan, MetricContext
from callscope.core.span_meaning import ResponseSplit
from callscope.metrics.definition import Parameters, Reading
from callscope.metrics.inputs import attribution_of, conversation_of
from callscope.metrics.responses import anchors, part_metric
from callscope.metrics.statistics import summary_ms

Answer = tuple[ResponseSplit, int]
"""An answer with heard minus reported milliseconds."""


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the difference of every answer whose latency the agent reported, and the summary."""
    splits = attribution_of(facts).splits
    answers = [(split, split.heard_ms - split.reported_ms) for split in splits if split.reported_ms is not None]
    if not splits:
        yield Reading.not_applicable("The agent never answered after the customer had finished.", role=Role.AGENT)
        return
    if not answers:
        yield Reading.data_missing("The trace reports the latency of no answer.", role=Role.AGENT)
        return
    yield _summary(answers, unreported_count=len(splits) - len(answers))
    anchored = anchors(Role.AGENT, conversation_of(facts))
    for split, difference_ms in answers:
        yield Reading(
            value=difference_ms,
            role=Role.AGENT,
            context=MetricContext.SEGMENT_RANGE,
            segments=anchored[split.turn_start_offset_ms],
            evidence=(_wait(split),),
        )


def _summary(answers: list[Answer], *, unreported_count: int) -> Reading:
    figures = summary_ms([difference_ms for _, difference_ms in answers])
    furthest, _ = max(answers, key=lambda answer: abs(answer[1]))
    return Reading(
        value=figures["p50"],
        role=Role.AGENT,
        statistics={**figures, "unreported_answer_count": unreported_count},
        evidence=(_wait(furthest),),
    )


def _wait(split: ResponseSplit) -> EvidenceSpan:
    return EvidenceSpan(
        start_offset_ms=split.heard_from_offset_ms,
        end_offset_ms=split.turn_start_offset_ms,
        role=Role.AGENT,
        reason=f"heard {split.heard_ms} ms, reported {split.reported_ms} ms",
    )


METRIC = part_metric(
    slug="heard_minus_reported_response_time",
    name="Heard minus reported response time",
    description=(
        "How much longer the caller waited for an answer, by the recording, than the agent reports of itself. Negative "
        "where the agent reports more."
    ),
    compute=measure,
    formula="Per answer: response time measured on the recording minus the latency that the agent's span reports.",
    edge_cases=("Answers whose latency the agent does not report are counted in `unreported_answer_count`.",),
    weaknesses=(
        (
            "The two count from different starts: the agent from when it took the caller to have finished, the "
            "recording from when the caller did. That is the point of it."
        ),
    ),
)
