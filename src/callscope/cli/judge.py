"""`callscope judge`: the model that judges calls."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from callscope.boot.settings import Network
    from callscope.core.judge import JudgeRules, TokenUsage
    from callscope.metrics.judging.agreement import Comparison, Label

app = typer.Typer()
judge = typer.Typer(help="The model that judges calls.", no_args_is_help=True)
app.add_typer(judge, name="judge")

MICROS_PER_USD = 1_000_000
SLUG_WIDTH = 40
HEADING = (
    f"{'metric':<{SLUG_WIDTH}} {'agree':>8} {'answered':>9} {'tokens read':>12} {'tokens written':>15} {'seconds':>8}"
)


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
    asyncio.run(_measure(rules, settings.fetch_allow_networks, _checked(metric or ()), disagreements=disagreements))


def _checked(slugs: "Iterable[str]") -> tuple[str, ...]:
    """Return the slugs, all there are for none. Raises CallscopeError for one that no labelled call speaks of."""
    from callscope.core.errors import CallscopeError
    from callscope.metrics.judging.agreement import labelled_calls

    labelled = {slug for call in labelled_calls() for slug in call.labels}
    unknown = sorted(set(slugs) - labelled)
    if unknown:
        raise CallscopeError(f"No labelled call speaks of {unknown[0]}. They speak of: {', '.join(sorted(labelled))}.")
    return tuple(sorted(set(slugs) or labelled))


async def _measure(
    rules: "JudgeRules", allowed_networks: "tuple[Network, ...]", slugs: "Iterable[str]", *, disagreements: bool
) -> None:
    """Ask metric by metric, and show each as soon as it is answered: a small model of one's own takes minutes."""
    import time

    from callscope.core.judge import TokenUsage
    from callscope.outbound.client import OutboundClient
    from callscope.services.judge_agreement import measure_agreement
    from callscope.services.judging import Judge

    if rules.endpoint is None:
        raise TypeError("there is nobody to ask")
    outbound = OutboundClient(allowed_networks=allowed_networks)
    judge = Judge(outbound, rules)
    comparisons: list[Comparison] = []
    usage, began_s = TokenUsage(), time.monotonic()
    try:
        typer.echo(HEADING)
        for slug in slugs:
            since_s = time.monotonic()
            own, used = await measure_agreement(judge, rules.endpoint, slug)
            _show_metric(slug, own, used, time.monotonic() - since_s)
            comparisons += own
            usage += used
    finally:
        await outbound.aclose()
    _show_metric("all", comparisons, usage, time.monotonic() - began_s)
    _show_kinds(comparisons)
    cost = usage.cost(rules.prices.get(rules.endpoint.model))
    typer.echo(f"{usage.request_count} requests, ${cost.total_micros / MICROS_PER_USD:.4f} by the price table.")
    if disagreements:
        _show_disagreements(comparisons)


def _show_metric(slug: str, own: "Sequence[Comparison]", usage: "TokenUsage", took_s: float) -> None:
    agreed = f"{sum(each.agrees for each in own)} of {len(own)}"
    answered = sum(each.said is not None for each in own)
    typer.echo(
        f"{slug:<{SLUG_WIDTH}} {agreed:>8} {answered:>9} {usage.prompt_tokens:>12} {usage.completion_tokens:>15} "
        f"{took_s:>8.1f}"
    )


def _show_kinds(comparisons: "Sequence[Comparison]") -> None:
    """Tell agreement beyond chance. No metric has labels enough for a figure of its own; those of one kind do."""
    from callscope.metrics.judging.agreement import LabelKind, kappa

    for kind in LabelKind:
        own = [each for each in comparisons if each.kind is kind]
        if not own:
            continue
        beyond = None if kind is LabelKind.NUMBER else kappa(own)
        told = "" if beyond is None else f", kappa {beyond:.2f} (0 is chance, 1 is full agreement)"
        typer.echo(f"{kind}: {sum(each.agrees for each in own)} of {len(own)} agree{told}.")
    answered = [each for each in comparisons if each.said is not None]
    typer.echo(f"{sum(each.evidence_count > 0 for each in answered)} of {len(answered)} answers quote the transcript.")


def _show_disagreements(comparisons: "Iterable[Comparison]") -> None:
    for each in comparisons:
        if not each.agrees:
            said = "is missing" if each.said is None else f"is {each.said}"
            typer.echo(f"- {each.call_name}: {each.slug} should be {_in_words(each.label)}, {said}. {each.reason}")


def _in_words(label: "Label") -> str:
    if isinstance(label, bool | int | str):
        return str(label)
    return (" or " if isinstance(label[0], str) else " to ").join(str(each) for each in label)
