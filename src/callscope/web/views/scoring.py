"""The offer to score stored calls: which calls, what it comes to, what it would cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from callscope.core.call_filters import parse_moment
from callscope.core.errors import InvalidInput
from callscope.services.backfills import MOST_CALLS, Estimate, Selection

DEFAULT_LAST = 100
MICROS_PER_USD = 1_000_000
LABELS = {"lastCalls": "Calls", "startedFrom": "Started from", "startedBefore": "Started before"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFields:
    """What stands in the form, as typed; `which` is `last` or `range`."""

    which: str = "last"
    last_calls: str = str(DEFAULT_LAST)
    started_from: str = ""
    started_before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePage:
    """The page. `collect_href` leads to a policy that collects the metric of new calls, empty for a policy."""

    title: str
    subject: str
    back_href: str
    action: str
    collect_href: str
    is_new: bool
    fields: ScoreFields
    problems: Mapping[str, str]
    estimate: Estimate | None
    figures: tuple[tuple[str, str], ...]
    lacks_judge: bool


def to_selection(fields: ScoreFields) -> Selection:
    """Return the calls that are meant. Raises InvalidInput."""
    if fields.which == "range":
        return Selection(
            last_count=None,
            started_from=_moment(fields.started_from, "startedFrom"),
            started_before=_moment(fields.started_before, "startedBefore"),
        )
    text = fields.last_calls.strip()
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CALLS:
        raise InvalidInput.at("lastCalls", message=f"A whole number from 1 to {MOST_CALLS:,} is needed.")
    return Selection(last_count=int(text), started_from=None, started_before=None)


def estimate_figures(estimate: Estimate) -> tuple[tuple[str, str], ...]:
    """Return what a backfill comes to, line by line."""
    figures = [("Calls", f"{estimate.call_count:,}"), ("Values to compute", f"{estimate.item_count:,}")]
    if not estimate.judged_item_count:
        return (*figures, ("Cost", "nothing: no judge is asked"))
    dollars = estimate.amount_micros / MICROS_PER_USD
    return (
        *figures,
        ("Questions to the judge", f"{estimate.judged_item_count:,}"),
        ("Tokens", f"about {estimate.prompt_tokens:,} read, {estimate.completion_tokens:,} written"),
        ("Cost", f"about {dollars:,.2f} US dollars" if dollars else "0: no price is known for the judge's model"),
        ("Estimated from", estimate.basis),
    )


def _moment(text: str, name: str) -> datetime | None:
    try:
        return parse_moment(text.strip()) if text.strip() else None
    except ValueError as error:
        raise InvalidInput.at(name, message=f"`{name}` {error}.") from error
