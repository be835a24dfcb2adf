"""How long the answer waited for the model's first token."""

from collections.abc import Iterator

from callscope.core.metric import CallFacts
from callscope.core.span_meaning import SpanPart
from callscope.metrics.definition import Parameters, Reading
from callscope.metrics.responses import part_metric, reported_part


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State the time to the model's first token of every answer, and the summary."""
    yield from reported_part(facts, SpanPart.LLM, what="the language model")


METRIC = part_metric(
    slug="response_llm_first_token_time",
    name="LLM first token",
    description=(
        "How much of the heard response time went by until the language model gave the first token of the answer."
    ),
    compute=measure,
    formula=(
        "Per answer: milliseconds of the wait from the start of the last model span in it to that span's first token, "
        "and the whole of earlier model spans, whose output asked for a tool."
    ),
    edge_cases=("A model span that does not say when its first token came counts to its end.",),
)
