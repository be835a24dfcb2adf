"""How long the answer waited for the first sound of the voice."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts
from callscope.core.span_meaning import SpanPart
from callscope.metrics.definition import Parameters, Reading
from callscope.metrics.responses import part_metric, reported_part


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the time to the voice's first byte of every answer, and the summary."""
    yield from reported_part(facts, SpanPart.TTS, what="the voice")


METRIC = part_metric(
    slug="response_tts_first_byte_time",
    name="TTS first byte",
    description=("How much of the heard response time went by until the synthesis gave its first byte of sound."),
    compute=measure,
    formula=("Per answer: milliseconds of the wait from the start of a text-to-speech span to its first byte."),
    edge_cases=(
        "A voice span that does not say when its first byte came counts to its end or to the onset of the answer.",
    ),
)
