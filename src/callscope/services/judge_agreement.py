"""A judge asked about the labelled calls."""

import asyncio

from callscope.core.judge import JudgeEndpoint, TokenUsage
from callscope.core.metric_definition import Judgement
from callscope.metrics import registry
from callscope.metrics.definition import to_defined
from callscope.metrics.judging.agreement import Comparison, LabelledCall, compare, labelled_calls
from callscope.metrics.judging.dialogue import judge
from callscope.services.judging import Judge


async def measure_agreement(
    judge_: Judge, endpoint: JudgeEndpoint, slug: str
) -> tuple[tuple[Comparison, ...], TokenUsage]:
    """Return each label of a metric beside what the judge says, and what that used.

    Raises ServiceAway, FetchFailed.
    """
    asked = [call for call in labelled_calls() if slug in call.labels]
    answers = await asyncio.gather(*(_ask(judge_, endpoint, call, slug) for call in asked))
    usage = sum((used for _, used in answers), TokenUsage())
    return tuple(comparison for comparison, _ in answers), usage


async def _ask(judge_: Judge, endpoint: JudgeEndpoint, call: LabelledCall, slug: str) -> tuple[Comparison, TokenUsage]:
    metric = to_defined(registry.get(slug))
    if not isinstance(metric.calculation, Judgement):
        raise TypeError(f"{slug} is not judged")
    heard = await judge_.hold(endpoint, judge(metric, metric.calculation, call.material, judge_.manner(endpoint)))
    return compare(call, slug, heard.result), heard.usage
