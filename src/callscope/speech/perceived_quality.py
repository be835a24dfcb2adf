"""How good listeners would find a channel's speech: DNSMOS P.835 (Reddy et al. 2022), with the weights of `speechmos`.

Only the package's network is read; its code, and what that requires, are not needed. Install it with
`pip install --no-deps speechmos`.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import Protocol

import numpy as np
import onnxruntime

from callscope.audio.decode import Samples
from callscope.core.recording import PerceivedQuality

PACKAGE = "speechmos"
WEIGHTS = "speechmos/dnsmos_models/sig_bak_ovr.onnx"
NOT_INSTALLED = (
    "Judging voice quality needs the weights of DNSMOS, which are not installed. "
    f"Install them with: pip install --no-deps {PACKAGE}"
)
_LEVEL_DBFS = -26.0
"""The level speech tests are played at; the network's verdict would otherwise follow the recording gain."""
_CALIBRATION = np.array(
    [
        [-0.08397278, 1.22083953, 0.0052439],
        [-0.13166888, 1.60915514, -0.39604546],
        [-0.06766283, 1.11546468, 0.04602535],
    ]
)
"""The published parabolas from the network's three outputs (signal, background, overall) to the listeners' scale."""
_LOWEST, _HIGHEST = 1.0, 5.0


class QualityJudge(Protocol):
    """Whoever judges excerpts of `EXCERPT_SAMPLES` samples at 16 kHz."""

    def judge(self, excerpts: Sequence[Samples]) -> PerceivedQuality | None:
        """Return the mean verdict, None over nothing."""
        ...


@dataclass(frozen=True, slots=True)
class JudgeUnavailable:
    """There is no judge on this machine, and why."""

    reason: str


def load_judge() -> "QualityJudge | JudgeUnavailable":
    """Return DNSMOS, or why there is none on this machine."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        return JudgeUnavailable(NOT_INSTALLED)
    return Dnsmos(str(package.locate_file(WEIGHTS)), f"DNSMOS P.835 ({PACKAGE} {package.version})")


class Dnsmos:
    """The network, one excerpt at a time: 0.4 s of processor time each."""

    def __init__(self, path: str, method: str) -> None:
        self._session = _session(path)
        self._method = method

    def judge(self, excerpts: Sequence[Samples]) -> PerceivedQuality | None:
        """Return the mean verdict over `excerpts`; see `QualityJudge`."""
        if not excerpts:
            return None
        verdicts = np.array([self._session.run(None, {"input_1": _at_level(one)[None]})[0][0] for one in excerpts])
        scores = [
            np.clip(np.polyval(parabola, raw), _LOWEST, _HIGHEST)
            for parabola, raw in zip(_CALIBRATION, verdicts.T, strict=True)
        ]
        signal, background, overall = (round(float(score.mean()), 2) for score in scores)
        return PerceivedQuality(
            signal=signal,
            background=background,
            overall=overall,
            window_count=len(excerpts),
            method=self._method,
        )


@functools.cache
def _session(path: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _at_level(samples: Samples) -> Samples:
    root_mean_square = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    gain = 10 ** (_LEVEL_DBFS / 20) / max(root_mean_square, 1e-6)
    levelled: Samples = np.clip(samples * np.float32(gain), -1, 1)
    return levelled
