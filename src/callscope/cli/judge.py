"""`callscope judge`: the model that judges calls."""

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callscope.boot.settings import Network
    from callscope.core.judge import JudgeEndpoint, JudgeRules, TokenUsage
    from callscope.metrics.judging.agreement import Comparison

app = typer.Typer()
judge = typer.Typer(help="The model that judges calls.", no_args_is_help=True)
app.add_typer(judge, name="judge")

MICROS_PER_USD = 1_000_000


@judge.callback()
def _judge() -> None:
    """Keep the name of a command that stands alone."""


@judge.command()
def agreement(
    url: Annotated[str | None, typer.Option(help="Server to ask instead of CALLSCOPE_JUDGE_URL.")] = None,
    model: Annotated[str | None, typer.Option(help="Model to ask instead of CALLSCOPE_JUDGE_MODEL.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Slug of a judged metric to ask about, again for more; default: all.")
    ] = None,
    *,
    disagreements: Annotated[bool, typer.Option(help="Show every answer that differs from its label.")] = True,
) -> None:
    """Ask the judge about the labelled calls that come with Callscope, and tell how far it agrees with people."""
    import asyncio

    from callscope.boot.settings import Settings
    from callscope.boot.wiring import judge_rules
    from callscope.core.errors import CallscopeError

    settings = Settings()
    changes = {name: value for name, value in (("judge_url", url), ("judge_model", model)) if value is not None}
    rules = judge_rules(settings.model_copy(update=changes))
    if rules.endpoint is None:
        raise CallscopeError(
            "Which judge? Set CALLSCOPE_JUDGE_URL and CALLSCOPE_JUDGE_MODEL, or give --url and --model."
        )
    slugs = _checked(metric or ())
    comparisons, usage = asyncio.run(_measure(rules, rules.endpoint, settings.fetch_allow_networks, slugs))
    _show(comparisons, disagreements=disagreements)
    cost = usage.cost(rules.prices.get(rules.endpoint.model))
    typer.echo(
        f"{usage.request_count} requests, {usage.prompt_tokens} tokens read, {usage.completion_tokens} written, "
        f"${cost.total_micros / MICROS_PER_USD:.4f} by the price table."
    )


def _checked(slugs: "Iterable[str]") -> frozenset[str]:
    """Return the slugs, all there are for none. Raises CallscopeError for one that no labelled call speaks of."""
    from callscope.core.errors import CallscopeError
    from callscope.metrics.judging.agreement import labelled_calls

    labelled = frozenset(slug for call in labelled_calls() for slug in call.labels)
    unknown = sorted(set(slugs) - labelled)
    if unknown:
        raise CallscopeError(f"No labelled call speaks of {unknown[0]}. They speak of: {', '.join(sorted(labelled))}.")
    return frozenset(slugs) or labelled


async def _measure(
    rules: "JudgeRules", endpoint: "JudgeEndpoint", allowed_networks: "tuple[Network, ...]", slugs: "frozenset[str]"
) -> "tuple[tuple[Comparison, ...], TokenUsage]":
    from callscope.outbound.client import OutboundClient
    from callscope.services.judge_agreement import measure_agreement
    from callscope.services.judging import Judge

    outbound = OutboundClient(allowed_networks=allowed_networks)
    try:
        return await measure_agreement(Judge(outbound, rules), endpoint, slugs)
    finally:
        await outbound.aclose()


def _show(comparisons: "tuple[Comparison, ...]", *, disagreements: bool) -> None:
    by_slug: dict[str, list[Comparison]] = defaultdict(list)
    for comparison in comparisons:
        by_slug[comparison.slug].append(comparison)
    for slug, own in sorted(by_slug.items()):
        typer.echo(f"{slug:<42} {sum(each.agrees for each in own)} of {len(own)}")
    agreed = sum(each.agrees for each in comparisons)
    quoted = sum(each.evidence_count > 0 for each in comparisons)
    typer.echo(f"{'all':<42} {agreed} of {len(comparisons)}, {quoted} with evidence from the transcript")
    for each in comparisons:
        if disagreements and not each.agrees:
            typer.echo(f"- {each.call_name}: {each.slug} should be {each.label}, is {each.said}. {each.reason}")
