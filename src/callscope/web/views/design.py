"""The design page: every token by name, and figures to show the components with."""

from dataclasses import dataclass
from datetime import datetime

from callscope.web.views.metrics import Figure

COLOUR_GROUPS = (
    ("Ground and ink", ("ground", "surface", "sunken", "ink", "ink-soft", "line", "line-strong")),
    ("Doing", ("link", "focus", "primary", "primary-ink")),
    (
        "A call",
        ("agent", "agent-soft", "customer", "customer-soft", "wave-idle", "overlap", "failed", "tool", "tool-soft"),
    ),
    ("Parts of a response", ("part-end-of-turn", "part-stt", "part-llm", "part-tts")),
    ("Waiting for an answer", ("gap-quick", "gap-fair", "gap-slow", "gap-severe", "gap-other")),
    ("States", ("good-soft", "good-ink", "wait-soft", "wait-ink", "bad-soft", "bad-ink", "run-soft", "run-ink")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignPage:
    """What the page shows."""

    colours: tuple[tuple[str, tuple[str, ...]], ...]
    figures: tuple[Figure, ...]
    now: datetime


def view_design(now: datetime) -> DesignPage:
    """Return the page."""
    figures = (
        Figure(label="Agent response p95", shown="1.84 s", detail="p50 720 ms", href="#numbers", tone="warn"),
        Figure(label="Barge-ins failed", shown="3", detail="of 17 by the customer", href="#numbers", tone="bad"),
        Figure(label="Overlap", shown="does not apply", detail="one channel only", href=None, tone="absent"),
    )
    return DesignPage(colours=COLOUR_GROUPS, figures=figures, now=now)
