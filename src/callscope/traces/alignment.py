"""Where the trace's clock stands on the recording's axis: speech that both saw begin, laid on each other."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median

from callscope.core.call import Role
from callscope.core.span_meaning import Alignment, AlignmentMethod

TOLERANCE_MS = 250.0
"""How far an onset may lie from its like: detectors and transport differ by so much, not by more."""
SEARCH_MS = 600_000.0
"""How far the sender's idea of the call's start may be off."""
MOST_CANDIDATES = 64
"""Shifts that are tried; in a long call by far most of the others bring a single pair together."""
FEWEST_ONSETS = 3
SMALLEST_SHARE = 0.6
"""Of the onsets on the side that has fewer."""
RIVAL_SHARE = 0.75
"""Another place that fits nearly as well makes the answer a guess."""
FEWEST_FOR_DRIFT = 8
SHORTEST_FOR_DRIFT_MS = 60_000.0
LARGEST_DRIFT_PPM = 2000.0
START_TIME_TOLERANCE_MS = 1000.0
MAD_TO_DEVIATION = 1.4826
ONE_PARTY_DISAGREEMENT_MS = 200.0
"""What the other party, whom the trace does not tell of, may say otherwise: transport and playout take so long."""
THEIL_SEN_LOSS = 1.05
"""How much wider the slopes of this method scatter than those of least squares, where the noise is normal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """A party begins to speak at `at_ms`, on whichever clock."""

    role: Role
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why two clocks cannot be laid on each other."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How much faster the recording runs. `ppm` is None where it cannot be told from none."""

    ppm: float | None
    uncertainty_ppm: float | None


NO_DRIFT = Drift(ppm=None, uncertainty_ppm=None)
Pair = tuple[Onset, Onset]


def align(traced: Sequence[Onset], heard: Sequence[Onset], *, started_unix_ms: float) -> Alignment | Refusal:
    """Lay onsets of the trace (Unix milliseconds) on those of the recording (offsets).

    The shift that brings most onsets onto their like wins. Drift is fitted where the call is long enough; what the
    parties disagree by is part of the uncertainty, because a network lies between the agent and the recorder.
    """
    if not traced:
        return Refusal(reason="The trace has no span that tells when somebody began to speak.")
    if not heard:
        return Refusal(reason="Nobody is heard to begin to speak in the recording.")
    shifts = _candidates(traced, heard, started_unix_ms)
    best = max(shifts, key=lambda shift: len(_pairs(traced, heard, shift)), default=started_unix_ms)
    pairs = _pairs(traced, heard, best)
    fewer = min(len(traced), len(heard))
    if len(pairs) < FEWEST_ONSETS or len(pairs) < SMALLEST_SHARE * fewer:
        return _by_start_time(traced, heard, started_unix_ms, matched_count=len(pairs))
    rivals = (len(_pairs(traced, heard, shift)) for shift in shifts if abs(shift - best) > 2 * TOLERANCE_MS)
    if max(rivals, default=0) >= RIVAL_SHARE * len(pairs):
        return Refusal(reason="The trace fits the recording in more than one place nearly as well.")
    return _fit(pairs, onset_count=len(traced))


def _candidates(traced: Sequence[Onset], heard: Sequence[Onset], started_unix_ms: float) -> list[float]:
    """Return one shift for each of the places where most single onsets would meet their like."""
    shifts: dict[int, list[float]] = {}
    for one in traced:
        for other in heard:
            shift = one.at_ms - other.at_ms
            if one.role is other.role and abs(shift - started_unix_ms) <= SEARCH_MS:
                shifts.setdefault(round(2 * shift / TOLERANCE_MS), []).append(shift)
    crowded = sorted(shifts.values(), key=len, reverse=True)[:MOST_CANDIDATES]
    return [median(near) for near in crowded]


def _pairs(traced: Sequence[Onset], heard: Sequence[Onset], shift_ms: float) -> list[Pair]:
    """Return each onset of the trace with the nearest unused one of the recording within the tolerance."""
    pairs: list[Pair] = []
    for role in Role:
        offsets = sorted(onset.at_ms for onset in heard if onset.role is role)
        used: set[int] = set()
        for onset in traced:
            if onset.role is not role or not offsets:
                continue
            wanted = onset.at_ms - shift_ms
            place = bisect_left(offsets, wanted)
            near = [index for index in (place - 1, place) if 0 <= index < len(offsets) and index not in used]
            index = min(near, key=lambda index: abs(offsets[index] - wanted), default=-1)
            if index >= 0 and abs(offsets[index] - wanted) <= TOLERANCE_MS:
                used.add(index)
                pairs.append((onset, Onset(role=role, at_ms=offsets[index])))
    return pairs


def _fit(pairs: Sequence[Pair], *, onset_count: int) -> Alignment:
    drift = _drift(pairs)
    rate = 1 + (drift.ppm or 0.0) / 1e6
    starts = [traced.at_ms - heard.at_ms / rate for traced, heard in pairs]
    sample_0_unix_ms = _between_parties(pairs, starts)
    spread = MAD_TO_DEVIATION * median(abs(start - sample_0_unix_ms) for start in starts)
    return Alignment(
        method=AlignmentMethod.SPEECH_ONSETS,
        sample_0_unix_ms=sample_0_unix_ms,
        drift_ppm=drift.ppm,
        drift_uncertainty_ppm=drift.uncertainty_ppm,
        uncertainty_ms=2 * spread / len(pairs) ** 0.5 + _disagreement_ms(pairs, starts) / 2,
        matched_onset_count=len(pairs),
        onset_count=onset_count,
    )


def _between_parties(pairs: Sequence[Pair], starts: Sequence[float]) -> float:
    """Return the middle of what the parties say: transport delays them in opposite directions."""
    return sum(by_role := _by_role(pairs, starts)) / len(by_role)


def _disagreement_ms(pairs: Sequence[Pair], starts: Sequence[float]) -> float:
    by_role = _by_role(pairs, starts)
    return max(by_role) - min(by_role) if len(by_role) > 1 else ONE_PARTY_DISAGREEMENT_MS


def _by_role(pairs: Sequence[Pair], starts: Sequence[float]) -> list[float]:
    of_role = {
        role: [start for (traced, _), start in zip(pairs, starts, strict=True) if traced.role is role] for role in Role
    }
    return [median(found) for found in of_role.values() if found]


def _drift(pairs: Sequence[Pair]) -> Drift:
    """Return how much faster the recording runs, by the median of all slopes (Theil 1950, Sen 1968)."""
    times = [heard.at_ms for _, heard in pairs]
    if len(pairs) < FEWEST_FOR_DRIFT or max(times) - min(times) < SHORTEST_FOR_DRIFT_MS:
        return NO_DRIFT
    slopes = [
        (second[1].at_ms - first[1].at_ms) / (second[0].at_ms - first[0].at_ms)
        for index, first in enumerate(pairs)
        for second in pairs[index + 1 :]
        if first[0].role is second[0].role and abs(second[0].at_ms - first[0].at_ms) > SHORTEST_FOR_DRIFT_MS / 2
    ]
    if not slopes:
        return NO_DRIFT
    ppm = (median(slopes) - 1) * 1e6
    uncertainty_ppm = _slope_uncertainty_ppm(pairs, ppm)
    is_told = uncertainty_ppm < abs(ppm) <= LARGEST_DRIFT_PPM
    return Drift(ppm=ppm if is_told else None, uncertainty_ppm=uncertainty_ppm)


def _slope_uncertainty_ppm(pairs: Sequence[Pair], ppm: float) -> float:
    """Return two standard errors of a slope, from how far the pairs lie from the line."""
    starts = [traced.at_ms - heard.at_ms / (1 + ppm / 1e6) for traced, heard in pairs]
    level = {
        role: median(start for (one, _), start in zip(pairs, starts, strict=True) if one.role is role)
        for role in {one.role for one, _ in pairs}
    }
    misses = [abs(start - level[one.role]) for (one, _), start in zip(pairs, starts, strict=True)]
    times = [heard.at_ms for _, heard in pairs]
    lever_ms = sqrt(sum((at - fmean(times)) ** 2 for at in times))
    return 2 * THEIL_SEN_LOSS * MAD_TO_DEVIATION * median(misses) / lever_ms * 1e6


def _by_start_time(
    traced: Sequence[Onset], heard: Sequence[Onset], started_unix_ms: float, *, matched_count: int
) -> Alignment | Refusal:
    """Believe the call's stated start if the few onsets there are agree with it."""
    fewer = min(len(traced), len(heard))
    misses = [
        min(
            (abs(onset.at_ms - started_unix_ms - other.at_ms) for other in heard if other.role is onset.role),
            default=float("inf"),
        )
        for onset in traced
    ]
    if fewer < FEWEST_ONSETS and max(misses) <= START_TIME_TOLERANCE_MS:
        return Alignment(
            method=AlignmentMethod.START_TIME,
            sample_0_unix_ms=started_unix_ms,
            drift_ppm=None,
            drift_uncertainty_ppm=None,
            uncertainty_ms=max(TOLERANCE_MS, *misses),
            matched_onset_count=len(misses),
            onset_count=len(traced),
        )
    return Refusal(
        reason=f"Only {matched_count} of {len(traced)} speech onsets of the trace are heard at fitting places in the "
        f"recording; {FEWEST_ONSETS} and {SMALLEST_SHARE:.0%} of the side with fewer are needed."
    )
