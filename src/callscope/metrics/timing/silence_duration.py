"""How long nobody spoke."""

from collections.abc import Iterator

from callscope.core.metric import (
    CallFacts,
    Direction,
    EvidenceSpan,
    MetricContext,
    MetricInput,
    MetricScope,
    ValueType,
)
from callscope.metrics.definition import MILLISECONDS, MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.inputs import conversation_of
from callscope.metrics.intervals import Silence
from callscope.metrics.timeline import anyone_speaks_ms, silences_in


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State the total silence, with dead air as evidence."""
    segments = conversation_of(facts).segments
    if not segments:
        yield Reading.not_applicable("Nobody spoke.")
        return
    found = silences_in(facts)
    silence_ms = sum(silence.duration_ms for silence in found)
    dead = tuple(silence for silence in found if silence.duration_ms >= int(parameters["dead_air_ms"]))
    yield Reading(
        value=silence_ms,
        evidence=tuple(_span(silence) for silence in dead),
        statistics={
            "count": len(found),
            "dead_air_count": len(dead),
            "dead_air_ms": sum(silence.duration_ms for silence in dead),
            "numerator": silence_ms,
            "denominator": silence_ms + anyone_speaks_ms(facts),
        },
    )


def _span(silence: Silence) -> EvidenceSpan:
    return EvidenceSpan(
        start_offset_ms=silence.start_offset_ms,
        end_offset_ms=silence.end_offset_ms,
        role=None,
        reason=f"dead air: nobody spoke for {silence.duration_ms} ms",
    )


METRIC = MetricDefinition(
    slug="silence_duration",
    name="Silence",
    description="How long nobody spoke between the first and the last speech of the call; dead air is listed.",
    family="timing",
    value_type=ValueType.NUMERIC,
    unit=MILLISECONDS,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.TURNS,),
    version=1,
    compute=measure,
    parameters=(Parameter(name="dead_air_ms", default=3000, meaning="Shortest silence that counts as dead air."),),
    formula=(
        "Sum of the stretches in which neither party speaks. `numerator` and `denominator` give its share of the time "
        "between first and last speech."
    ),
    edge_cases=(
        "Silence before the first and after the last speech is not counted; the input check reports it.",
        "0 means that somebody spoke all the time. A call in which nobody speaks has no value.",
    ),
    weaknesses=("Music, tones and typing are no speech: an agent that plays hold music is silent here.",),
)
