"""Sound files made on the spot: signals, and any container and codec the product reads."""

from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float32]
"""float32 [channels, samples], full scale ±1."""

_LAYOUTS = {1: "mono", 2: "stereo", 4: "quad", 6: "5.1"}


def write_audio(
    path: Path, signal: Signal, rate_hz: int, codec: str, *, options: Mapping[str, str] | None = None
) -> Path:
    """Encode `signal` into the container that the suffix of `path` names."""
    layout = _LAYOUTS[signal.shape[0]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout, options=dict(options or {}))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(signal, dtype=np.float32), format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        frame.pts = 0
        resampler = av.AudioResampler(
            format=stream.format.name, layout=layout, rate=rate_hz, frame_size=stream.frame_size or None
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def bursts(rate_hz: int, *, seconds: int, channel_count: int = 2, frequency_hz: float = 1000.0) -> Signal:
    """Return silence with a 20 ms tone burst at every whole second but 0."""
    signal = np.zeros((channel_count, rate_hz * seconds), dtype=np.float32)
    burst = 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(rate_hz // 50) / rate_hz)
    for second in range(1, seconds):
        signal[:, second * rate_hz : second * rate_hz + burst.size] = burst
    return signal


def burst_onsets_ms(samples: Signal, *, seconds: int, rate_hz: int = 16_000, threshold: float = 0.1) -> list[float]:
    """Return where the burst of each whole second begins in the first channel, in milliseconds off that second."""
    onsets = []
    for second in range(1, seconds):
        start = second * rate_hz - rate_hz // 5
        near = np.abs(samples[0, start : start + rate_hz // 2])
        onsets.append((int(np.argmax(near > threshold)) - rate_hz // 5) * 1000 / rate_hz)
    return onsets
