"""How long the answer waited for the caller's words."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts
from callscope.core.span_meaning import SpanPart
from callscope.metrics.definition import Parameters, Reading
from callscope.metrics.responses import part_metric, reported_part


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the transcription time of every answer, and the summary."""
    yield from reported_part(facts, SpanPart.STT, what="transcription")


METRIC = part_metric(
    slug="response_transcription_time",
    name="Transcription time",
    description=("How much of the heard response time went by until the caller's words were recognised."),
    compute=measure,
    formula=(
        "Per answer: milliseconds of the wait covered by speech-to-text spans and by no part nearer to the answer."
    ),
    weaknesses=(
        "A recogniser that works while the caller still speaks is waited for only from the end of that speech on.",
    ),
)
