"""Both parties of a made-up call in one channel, with the truth that a diarizer is held against."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.core.call import Role
from callscope.speech.diarization.diarizer import Stretch
from tests.support.synthetic_calls import CHANNEL_OF, SAMPLES_PER_MS, Condition, make_call
from tests.support.voices import Voice

MERGE_GAP_MS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MonoCall:
    """Samples float32 [n] at 16 kHz; `segments` are where anyone speaks; `is_speaking` bool [2, ms] says who."""

    samples: npt.NDArray[np.float32]
    segments: tuple[tuple[int, int], ...]
    is_speaking: npt.NDArray[np.bool_]

    def share_assigned_right(self, stretches: Sequence[Stretch]) -> float:
        """Return the share of the time just one party speaks that went to it, under the better naming of voices.

        Time that no stretch covers is left out: whether there is speech is the detector's business.
        """
        named = self.share_right_as_named(stretches)
        return max(named, 1 - named)

    def share_right_as_named(self, stretches: Sequence[Stretch]) -> float:
        """Return the same share when voice 1 is the party of the second channel."""
        assigned = np.full(self.is_speaking.shape[1], -1)
        for stretch in stretches:
            assigned[stretch.start_ms : stretch.end_ms] = stretch.speaker
        counted = (self.is_speaking[0] != self.is_speaking[1]) & (assigned >= 0)
        return float(np.mean(assigned[counted] == self.is_speaking[1][counted]))


def make_mono_call(
    seed: int, agent: Voice, customer: Voice, condition: Condition = Condition.CLEAN, *, exchanges: int = 6
) -> MonoCall:
    """Return the call of `seed` mixed to one channel."""
    call = make_call(seed, {Role.AGENT: agent, Role.CUSTOMER: customer}, condition, exchanges=exchanges)
    is_speaking = np.zeros((2, call.samples.shape[1] // SAMPLES_PER_MS + 1), dtype=bool)
    for role, start, end in call.segments:
        is_speaking[CHANNEL_OF[role], start:end] = True
    return MonoCall(samples=call.samples.sum(axis=0), segments=_merged(call.segments), is_speaking=is_speaking)


def scripted_samples(script: Sequence[tuple[int, int, float]]) -> npt.NDArray[np.float32]:
    """Return samples that stand at a level from one offset to another, silent elsewhere: (start_ms, end_ms, level)."""
    samples = np.zeros((max(end for _, end, _ in script) + 500) * SAMPLES_PER_MS, dtype=np.float32)
    for start, end, level in script:
        samples[start * SAMPLES_PER_MS : end * SAMPLES_PER_MS] = level
    return samples


def _merged(segments: Sequence[tuple[Role, int, int]]) -> tuple[tuple[int, int], ...]:
    runs: list[tuple[int, int]] = []
    for _, start, end in sorted(segments, key=lambda segment: segment[1]):
        if runs and start - runs[-1][1] <= MERGE_GAP_MS:
            runs[-1] = (runs[-1][0], max(runs[-1][1], end))
        else:
            runs.append((start, end))
    return tuple(runs)
