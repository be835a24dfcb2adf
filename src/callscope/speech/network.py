"""What a neural speech detector must offer, whichever engine runs it."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

WINDOW_SAMPLES = 512
"""Samples one probability speaks of, 32 ms at 16 kHz."""
CONTEXT_SAMPLES = 64
"""Samples before the window that the network looks at besides."""

Windows = npt.NDArray[np.float32]
"""float32 [windows, `CONTEXT_SAMPLES` + `WINDOW_SAMPLES`], consecutive unless silence was left out."""
Probabilities = npt.NDArray[np.float32]
"""float32 [windows], 0 no speech, 1 speech."""


class SpeechNetwork(Protocol):
    """A recurrent detector for one channel: what it heard before colours what it says next."""

    def probabilities(self, windows: Windows) -> Probabilities:
        """Return the probability of speech of each window and keep the state for the windows to come."""
        ...
