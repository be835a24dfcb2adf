"""Voice vectors in two groups: average-linkage merging of stretches finds them, k-means on windows settles them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callscope.speech.diarization.embedder import Embeddings

Labels = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float64]

MOST_MERGED = 150
"""Longest stretches that take part in merging, whose cost is cubic; the others are assigned afterwards."""
LEAST_SHARE = 0.08
"""A group with less of the speech than this is an outlier while merging, not a voice."""
_SETTLING_ROUNDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoGroups:
    """Two groups of windows. `centroids` is float32 [2, dimensions], rows of length 1."""

    centroids: Embeddings
    minor_share: float
    """Weight of the smaller group over the weight of both."""

    @property
    def likeness(self) -> float:
        """Cosine between the centroids: near 1 when both are one voice."""
        return float(self.centroids[0] @ self.centroids[1])

    def margins(self, embeddings: Embeddings) -> npt.NDArray[np.float64]:
        """Return per row how much nearer it lies to the second group than to the first (difference of cosines)."""
        return np.asarray(embeddings @ (self.centroids[1] - self.centroids[0]), dtype=np.float64)


def split_in_two(embeddings: Embeddings, weights: Weights, groups: npt.NDArray[np.int64]) -> TwoGroups | None:
    """Return the best split of the rows in two, None when every row falls into one group.

    `weights` [rows] say how much speech each row stands for, `groups` [rows] which rows are likely one voice already
    (windows of one run of speech).
    """
    group_weights = np.bincount(groups, weights).astype(np.float64)
    sums = np.zeros((len(group_weights), embeddings.shape[1]))
    np.add.at(sums, groups, embeddings * weights[:, None])
    merged = np.argsort(group_weights)[::-1][:MOST_MERGED]
    seeds = _merge(_unit(sums[merged]), group_weights[merged])
    if seeds is None:
        return None
    return _settle(embeddings, weights, embeddings @ (seeds[1] - seeds[0]) > 0)


def _merge(rows: npt.NDArray[np.float64], weights: Weights) -> Embeddings | None:
    """Merge the two most alike groups until only one pair of real size remains; return the centroids of that pair."""
    members = [[index] for index in range(len(rows))]
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, -np.inf)
    pair = None
    while len(members) > 1:
        large = [group for group in members if weights[group].sum() >= LEAST_SHARE * weights.sum()]
        if len(large) > 1:
            largest = sorted(large, key=lambda group: -weights[group].sum())[:2]
            pair = np.stack([_centroid(rows[group], weights[group]) for group in largest])
        _merge_closest(members, likeness)
        likeness = _dropped(likeness, members)
    return pair


def _merge_closest(members: list[list[int]], likeness: npt.NDArray[np.float64]) -> None:
    """Join the closest two groups in place: mean likeness to the others, by count (average linkage)."""
    first, second = sorted(divmod(int(np.argmax(likeness)), len(members)))
    sizes = len(members[first]), len(members[second])
    joined = (likeness[first] * sizes[0] + likeness[second] * sizes[1]) / sum(sizes)
    likeness[first], likeness[:, first] = joined, joined
    likeness[first, first] = -np.inf
    members[first] = members[first] + members[second]
    members[second] = []


def _dropped(likeness: npt.NDArray[np.float64], members: list[list[int]]) -> npt.NDArray[np.float64]:
    """Return `likeness` without the group that was merged away, and forget it in `members`."""
    gone = members.index([])
    members.pop(gone)
    return np.delete(np.delete(likeness, gone, axis=0), gone, axis=1)


def _settle(embeddings: Embeddings, weights: Weights, labels: Labels) -> TwoGroups | None:
    for _ in range(_SETTLING_ROUNDS):
        if labels.all() or not labels.any():
            return None
        centroids = np.stack([_centroid(embeddings[side], weights[side]) for side in (~labels, labels)])
        settled = embeddings @ (centroids[1] - centroids[0]) > 0
        if (settled == labels).all():
            break
        labels = settled
    share = float(weights[labels].sum() / weights.sum())
    return TwoGroups(centroids=centroids, minor_share=min(share, 1 - share))


def _centroid(rows: npt.NDArray[np.floating], weights: Weights) -> Embeddings:
    return _unit((rows * weights[:, None]).sum(axis=0)).astype(np.float32)


def _unit(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    length = np.sqrt((rows**2).sum(axis=-1, keepdims=True))
    return np.asarray(rows / np.maximum(length, np.finfo(np.float64).tiny), dtype=np.float64)
