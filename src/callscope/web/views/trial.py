"""What a draft of a metric said of a call."""

from dataclasses import dataclass
from uuid import UUID

from callscope.core.metric import MetricContext
from callscope.services.call_metrics import AnchoredValue
from callscope.services.playground import Trial
from callscope.web.formatting import clock, moment_link, quantity, state_words

VALUES_SHOWN = 20
MICROS_PER_USD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEvidence:
    """A place of the call with what was said there; `href` opens the call's page at it."""

    at: str
    href: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialValue:
    """One value: of the call, or of the place `at`."""

    subject: str
    shown: str
    is_present: bool
    reason: str
    confidence: str
    evidence: tuple[TrialEvidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """All that a trial gave, at most `VALUES_SHOWN` values of `value_count`."""

    call_href: str
    values: tuple[TrialValue, ...]
    value_count: int
    cost: str


def view_trial(trial: Trial, call_id: UUID) -> TrialView:
    """Return a trial ready to show."""
    call_href = f"/calls/{call_id}"
    usage = trial.usage
    cost = ""
    if usage.request_count:
        dollars = trial.amount_micros / MICROS_PER_USD
        price = f", {dollars:.4f} US dollars" if dollars else ""
        cost = f"{usage.prompt_tokens:,} tokens read, {usage.completion_tokens:,} written{price}"
    values = [_value(one, call_href) for one in trial.group.values]
    return TrialView(call_href=call_href, values=tuple(values[:VALUES_SHOWN]), value_count=len(values), cost=cost)


def _value(anchored: AnchoredValue, call_href: str) -> TrialValue:
    value = anchored.computed.value
    party = "" if value.role is None else f"the {value.role.value}"
    place = "" if value.context is MetricContext.CALL else f"at {clock(value.segments[0].start_offset_ms)}"
    return TrialValue(
        subject=" ".join(part for part in (party, place) if part) or "the call",
        shown=state_words(value) if value.value is None else quantity(value.value, None),
        is_present=value.value is not None,
        reason=value.reason or "",
        confidence="" if value.confidence is None else f"{value.confidence:.0%}",
        evidence=tuple(
            TrialEvidence(
                at=clock(one.segment.start_offset_ms),
                href=call_href + moment_link(one.segment.start_offset_ms),
                words=one.segment.text,
                reason=one.reason,
            )
            for one in anchored.evidence
        ),
    )
