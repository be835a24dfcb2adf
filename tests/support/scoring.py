"""How well a conversation was heard, against a synthetic call's truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from callscope.core.conversation import Conversation, Turn, TurnKind
from tests.support.synthetic_calls import SyntheticCall, TrueTurn

Truth = TypeVar("Truth")
Found = TypeVar("Found")

MATCH_MS = 300
"""A found event is the true one when its onset lies within this and role and kind agree."""


@dataclass(slots=True)
class Matches:
    """Counts of one kind of event."""

    hits: int = 0
    misses: int = 0
    extras: int = 0

    @property
    def recall(self) -> float:
        """Share of the true events that were found; 1 when there were none."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 when there was nothing to find and nothing was."""
        total = 2 * self.hits + self.misses + self.extras
        return 2 * self.hits / total if total else 1.0


@dataclass(slots=True)
class Scores:
    """Sums over calls: turns, backchannels, interruptions (told by whether the other yielded), and errors in ms."""

    turns: Matches = field(default_factory=Matches)
    backchannels: Matches = field(default_factory=Matches)
    interruptions: Matches = field(default_factory=Matches)
    response_errors_ms: list[int] = field(default_factory=list)
    stop_errors_ms: list[int] = field(default_factory=list)

    def add(self, call: SyntheticCall, heard: Conversation) -> None:
        """Score one call."""
        turns = [turn for turn in heard.turns if turn.kind is TurnKind.TURN]
        shorts = [turn for turn in heard.turns if turn.kind is TurnKind.BACKCHANNEL]
        true_turns = [turn for turn in call.turns if not turn.is_backchannel]
        pairs = _match(true_turns, turns, _turn_distance, self.turns)
        _match([turn for turn in call.turns if turn.is_backchannel], shorts, _turn_distance, self.backchannels)
        for truth, found in pairs:
            if truth.response_time_ms is not None and found.response_time_ms is not None:
                self.response_errors_ms.append(abs(found.response_time_ms - truth.response_time_ms))
        interruptions = _match(
            call.interruptions,
            list(heard.interruptions),
            lambda truth, found: (
                abs(found.at_offset_ms - truth.at_ms)
                if (found.by, found.yielded) == (truth.by, truth.yielded)
                else None
            ),
            self.interruptions,
        )
        for truth, found in interruptions:
            if truth.stop_latency_ms is not None and found.stop_latency_ms is not None:
                self.stop_errors_ms.append(abs(found.stop_latency_ms - truth.stop_latency_ms))

    def response_error_ms(self, quantile: float) -> float:
        """Return a quantile of the absolute errors of response time."""
        return float(np.quantile(self.response_errors_ms, quantile)) if self.response_errors_ms else float("nan")

    def stop_error_ms(self, quantile: float) -> float:
        """Return a quantile of the absolute errors of stop latency."""
        return float(np.quantile(self.stop_errors_ms, quantile)) if self.stop_errors_ms else float("nan")


def _turn_distance(truth: TrueTurn, found: Turn) -> int | None:
    return abs(found.start_offset_ms - truth.start_ms) if found.role is truth.role else None


def _match(
    truths: Sequence[Truth],
    found: list[Found],
    distance: Callable[[Truth, Found], int | None],
    matches: Matches,
) -> list[tuple[Truth, Found]]:
    """Pair each truth with the nearest unpaired finding; count hits, misses and extras."""
    left = list(found)
    pairs = []
    for truth in truths:
        near = [(away, index) for index, item in enumerate(left) if (away := distance(truth, item)) is not None]
        away, index = min(near, default=(MATCH_MS + 1, -1))
        if away <= MATCH_MS:
            pairs.append((truth, left.pop(index)))
    matches.hits += len(pairs)
    matches.misses += len(truths) - len(pairs)
    matches.extras += len(left)
    return pairs
