"""How a transcript's clock runs against the recording's: one offset, one drift, found on where turns begin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.core.call import Role

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockParameters:
    """What is searched, and what counts as a find."""

    most_offset_ms: int = 20_000
    offset_step_ms: int = 50
    most_drift_ratio: float = 0.003
    drift_step_ms: int = 300
    """Largest movement of the call's end from one drift tried to the next."""
    near_ms: int = 400
    """A start this near an onset of speech of the same party matches it."""
    least_gain: float = 0.15
    """How much more of the starts must match before a clock is corrected."""
    most_starts: int = 300
    """Starts that are looked at, evenly taken: a 12-hour call has thousands."""


DEFAULT = ClockParameters()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFit:
    """recording time = `offset_ms` + (1 + `drift_ratio`) x transcript time.

    `matched_ratio` is the closeness-weighted share of starts that meet an onset, 0 to 1; `residual_ms` the median
    distance of those that do, None when none does.
    """

    offset_ms: float
    drift_ratio: float
    matched_ratio: float
    residual_ms: float | None

    def to_recording_ms(self, transcript_ms: float) -> float:
        """Return where in the recording a moment of the transcript lies."""
        return self.offset_ms + (1 + self.drift_ratio) * transcript_ms


def fit_clock(
    starts: Mapping[Role, Sequence[int]], onsets: Mapping[Role, Sequence[int]], parameters: ClockParameters = DEFAULT
) -> ClockFit:
    """Return the clock under which most `starts` of entries meet `onsets` of speech of the same party.

    Offset 0 and drift 0 stand unless another clock is clearly better: few turns fit many clocks by chance.
    """
    pairs = [
        (_thinned(np.sort(np.array(starts[role], dtype=np.float64)), parameters), np.sort(np.array(onsets[role])))
        for role in Role
        if len(starts.get(role, ())) and len(onsets.get(role, ()))
    ]
    identity = ClockFit(offset_ms=0.0, drift_ratio=0.0, matched_ratio=0.0, residual_ms=None)
    if not pairs:
        return identity
    unmoved = _refined(pairs, identity, parameters)
    found = _refined(pairs, _coarse(pairs, parameters), parameters)
    kept = found if found.matched_ratio >= unmoved.matched_ratio + parameters.least_gain else unmoved
    return kept if kept.matched_ratio > 0 else identity


def _thinned(starts: Times, parameters: ClockParameters) -> Times:
    return starts[:: -(-len(starts) // parameters.most_starts)]


def _coarse(pairs: Sequence[tuple[Times, Times]], parameters: ClockParameters) -> ClockFit:
    """Return the best of a grid of offsets and drifts, the smaller correction among equals."""
    span_ms = max(float(starts[-1]) for starts, _ in pairs)
    drift_count = int(np.ceil(parameters.most_drift_ratio * span_ms / parameters.drift_step_ms))
    drifts = parameters.most_drift_ratio * np.arange(-drift_count, drift_count + 1) / max(drift_count, 1)
    offsets = np.arange(-parameters.most_offset_ms, parameters.most_offset_ms + 1, parameters.offset_step_ms)
    best = ClockFit(offset_ms=0.0, drift_ratio=0.0, matched_ratio=-1.0, residual_ms=None)
    for drift in sorted(drifts, key=abs):
        scores = _scores(pairs, offsets, float(drift), parameters)
        at = int(np.lexsort((np.abs(offsets), -scores))[0])
        if scores[at] > best.matched_ratio + 1e-9:
            best = ClockFit(
                offset_ms=float(offsets[at]),
                drift_ratio=float(drift),
                matched_ratio=float(scores[at]),
                residual_ms=None,
            )
    return best


def _scores(
    pairs: Sequence[tuple[Times, Times]], offsets: npt.NDArray[np.int64], drift: float, parameters: ClockParameters
) -> Times:
    """Return for each offset the closeness-weighted share of starts that meet an onset."""
    close = [
        np.clip(1 - np.abs(_distances(offsets[:, None] + (1 + drift) * starts, onsets)) / parameters.near_ms, 0, 1)
        for starts, onsets in pairs
    ]
    return np.asarray(np.concatenate(close, axis=1).mean(axis=1))


def _distances(moments: Times, onsets: Times) -> Times:
    """Return for each moment the signed distance to its nearest onset."""
    after = np.minimum(np.searchsorted(onsets, moments), len(onsets) - 1)
    later = onsets[after] - moments
    earlier = onsets[np.maximum(after - 1, 0)] - moments
    nearest: Times = np.where(np.abs(later) < np.abs(earlier), later, earlier)
    return nearest


def _refined(pairs: Sequence[tuple[Times, Times]], fit: ClockFit, parameters: ClockParameters) -> ClockFit:
    """Return `fit` moved to the median of what it matches, drift by the median of pairwise slopes (Theil-Sen)."""
    starts = np.concatenate([own for own, _ in pairs])
    distances = np.concatenate(
        [_distances(fit.offset_ms + (1 + fit.drift_ratio) * own, onsets) for own, onsets in pairs]
    )
    near = np.abs(distances) <= parameters.near_ms
    if not near.any():
        return fit
    drift, offset = _robust_line(starts[near], distances[near], parameters)
    moved = ClockFit(
        offset_ms=fit.offset_ms + offset, drift_ratio=fit.drift_ratio + drift, matched_ratio=0.0, residual_ms=None
    )
    left = np.concatenate(
        [_distances(moved.offset_ms + (1 + moved.drift_ratio) * own, onsets) for own, onsets in pairs]
    )
    close = np.clip(1 - np.abs(left) / parameters.near_ms, 0, 1)
    return ClockFit(
        offset_ms=moved.offset_ms,
        drift_ratio=moved.drift_ratio,
        matched_ratio=float(close.mean()),
        residual_ms=float(np.median(np.abs(left[close > 0]))) if (close > 0).any() else None,
    )


def _robust_line(times: Times, distances: Times, parameters: ClockParameters) -> tuple[float, float]:
    """Return slope and intercept; no slope from few points or a short call, where it would be noise."""
    apart_ms = 4 * parameters.drift_step_ms / parameters.most_drift_ratio
    first, second = np.triu_indices(len(times), k=1)
    far = np.abs(times[second] - times[first]) >= apart_ms / 4
    if np.count_nonzero(far) < len(times):
        return 0.0, float(np.median(distances))
    rise = (distances[second] - distances[first])[far]
    slope = float(np.median(rise / (times[second] - times[first])[far]))
    return slope, float(np.median(distances - slope * times))
