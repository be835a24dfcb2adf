"""How good listeners would find a channel's speech: DNSMOS P.835 (Reddy et al. 2022) and P.808 (2021) of `speechmos`.

Only the package's networks are read; its code, and what that requires, are not needed. Install it with
`pip install --no-deps speechmos`.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from callscope.audio.decode import Samples
from callscope.core.recording import PerceivedQuality
from callscope.speech.mel import mel_power

PACKAGE = "speechmos"
WEIGHTS = "speechmos/dnsmos_models/sig_bak_ovr.onnx"
OPINION_WEIGHTS = "speechmos/dnsmos_models/model_v8.onnx"
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
_FRAME_SAMPLES, _BAND_COUNT, _LEFT_OUT_SAMPLES = 321, 120, 160
"""What the P.808 network was trained on: mel bands of these frames, the excerpt's last hop left out."""
_RANGE_DB = 80.0


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
    paths = (str(package.locate_file(path)) for path in (WEIGHTS, OPINION_WEIGHTS))
    return Dnsmos(*paths, method=f"DNSMOS P.835 and P.808 ({PACKAGE} {package.version})")


class Dnsmos:
    """The networks, one excerpt at a time: half a second of processor time each."""

    def __init__(self, path: str, opinion_path: str, *, method: str) -> None:
        self._session = _session(path)
        self._opinion = _session(opinion_path)
        self._method = method

    def judge(self, excerpts: Sequence[Samples]) -> PerceivedQuality | None:
        """Return the mean verdict over `excerpts`; see `QualityJudge`."""
        if not excerpts:
            return None
        levelled = [_at_level(excerpt) for excerpt in excerpts]
        verdicts = np.array([self._session.run(None, {"input_1": each[None]})[0][0] for each in levelled])
        opinions = [self._opinion.run(None, {"input_1": _mel(each)[None]})[0].item() for each in levelled]
        scores = [
            np.clip(np.polyval(parabola, raw), _LOWEST, _HIGHEST)
            for parabola, raw in zip(_CALIBRATION, verdicts.T, strict=True)
        ]
        signal, background, overall = (round(float(score.mean()), 2) for score in scores)
        return PerceivedQuality(
            signal=signal,
            background=background,
            overall=overall,
            mean_opinion=round(float(np.mean(np.clip(opinions, _LOWEST, _HIGHEST))), 2),
            window_count=len(excerpts),
            method=self._method,
        )


@functools.cache
def _session(path: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _mel(samples: Samples) -> npt.NDArray[np.float32]:
    """Return mel power in decibels below its highest, brought to -1 to 1, float32 [frames, bands]."""
    power = mel_power(samples[:-_LEFT_OUT_SAMPLES], frame_samples=_FRAME_SAMPLES, band_count=_BAND_COUNT)
    level_db = 10 * np.log10(np.maximum(power, np.float32(1e-10)))
    below_db = np.maximum(level_db - level_db.max(), -_RANGE_DB)
    return np.asarray(2 * below_db / _RANGE_DB + 1, dtype=np.float32)


def _at_level(samples: Samples) -> Samples:
    root_mean_square = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    gain = 10 ** (_LEVEL_DBFS / 20) / max(root_mean_square, 1e-6)
    levelled: Samples = np.clip(samples * np.float32(gain), -1, 1)
    return levelled
